package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gondor/app"
)

// postSlack posts a message to an incoming webhook of Slack. Mattermost, Rocket.Chat and, at
// a URL that ends in /slack, Discord take the same.
func (n *Notifier) postSlack(ctx context.Context, to app.Address, m app.Message) error {
	body, err := json.Marshal(map[string]string{"text": slackText(m)})
	if err != nil {
		return fmt.Errorf("write the message: %w", err)
	}
	return post(ctx, n.http, to.To, nil, body)
}

// mostSlack is how much of a message's text is shown in a channel, in bytes; the dashboard has
// the rest.
const mostSlack = 1500

// slackText is a message in Slack's mrkdwn.
func slackText(m app.Message) string {
	mark := map[app.MessageStatus]string{app.MessageFiring: "🔴 ", app.MessageResolved: "🟢 "}[m.Status]
	text := mark + "*" + escape(m.Subject()) + "*"
	if m.Text != "" {
		text += "\n" + escape(shortened(m.Text, mostSlack))
	}
	return text + "\n<" + m.URL + "|Open the dashboard>"
}

// escape writes the three characters that mrkdwn reads as its own.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// shortened is a text of at most so many bytes, without half a character at its end.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}
