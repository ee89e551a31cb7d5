package notify

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"gondor/app"
)

// Mail is the server that mail is handed to (RFC 6409), and who it is from.
type Mail struct {
	host     string
	port     int
	implicit bool // TLS from the first byte on (RFC 8314 section 3.3)
	user     string
	password string
	from     string
}

// The ports of mail servers when a URL names none.
const (
	submission  = 587 // RFC 6409 section 3.1
	submissions = 465 // RFC 8314 section 7.3
)

// ParseMail reads smtp://[USER:PASSWORD@]HOST[:PORT], where TLS is begun by STARTTLS, or
// smtps://…, where it is there from the beginning. Without TLS nothing is sent, but to this
// machine itself. from is the address that mail is from, and may have a name in front. An
// error of CodeInvalid is about "server" or "from".
func ParseMail(server, from string) (*Mail, error) {
	at, err := url.Parse(server)
	if err != nil || at.Hostname() == "" || at.Scheme != "smtp" && at.Scheme != "smtps" || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" {
		return nil, app.Invalid("server", "is not a mail server; write one such as %q, or smtps:// for TLS from the beginning", "smtp://USER:PASSWORD@smtp.example.com:587")
	}
	m := &Mail{host: at.Hostname(), port: submission, implicit: at.Scheme == "smtps", from: from}
	if m.implicit {
		m.port = submissions
	}
	if at.Port() != "" {
		if m.port, err = strconv.Atoi(at.Port()); err != nil || m.port < 1 || m.port > 65535 {
			return nil, app.Invalid("server", "has the port %s, which is none", at.Port())
		}
	}
	m.user = at.User.Username()
	m.password, _ = at.User.Password()
	if mail.NewMsg().From(from) != nil {
		return nil, app.Invalid("from", "%q is not an e-mail address; write one such as %q", from, "Gondor <gondor@example.com>")
	}
	return m, nil
}

// sendMail hands a message to the mail server.
func (n *Notifier) sendMail(ctx context.Context, to app.Address, m app.Message) error {
	if n.mail == nil {
		return n.Check(to)
	}
	message, err := n.mail.message(to.To, m)
	if err != nil {
		return err
	}
	client, err := mail.NewClient(n.mail.host, n.mail.options()...)
	if err != nil {
		return fmt.Errorf("use the mail server %s: %w", n.mail.host, err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("the mail server %s did not take it: %w", n.mail.host, err)
	}
	return nil
}

func (m *Mail) options() []mail.Option {
	options := []mail.Option{mail.WithPort(m.port), mail.WithTLSPolicy(mail.TLSMandatory)}
	switch {
	case m.implicit:
		options = append(options, mail.WithSSL())
	case isThisMachine(m.host):
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if m.user != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.user), mail.WithPassword(m.password))
	}
	return options
}

func isThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// message is the mail (RFC 5322). Its Message-ID is the same at each attempt, and what is told
// of one alert is one thread.
func (m *Mail) message(to string, told app.Message) (*mail.Msg, error) {
	message := mail.NewMsg()
	if err := message.From(m.from); err != nil {
		return nil, fmt.Errorf("write who the mail is from: %w", err)
	}
	if err := message.To(to); err != nil {
		return nil, fmt.Errorf("write who the mail is for: %w", err)
	}
	domain := m.host
	if _, after, found := strings.Cut(strings.TrimSuffix(m.from, ">"), "@"); found {
		domain = after
	}
	message.SetMessageIDWithValue(told.ID + "@" + domain)
	if told.Alert != "" {
		message.SetGenHeader(mail.HeaderReferences, "<alert-"+told.Alert+"@"+domain+">")
	}
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 section 5
	message.Subject(told.Subject())
	message.SetDate()
	message.SetBodyString(mail.TypeTextPlain, mailText(told))
	return message, nil
}

func mailText(m app.Message) string {
	var text strings.Builder
	text.WriteString(m.Title + "\n")
	if m.Text != "" {
		text.WriteString("\n" + strings.TrimSpace(m.Text) + "\n")
	}
	text.WriteString("\n" + m.URL + "\n")
	return text.String()
}
