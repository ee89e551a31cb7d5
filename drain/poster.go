package drain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// poster sends batches to an HTTP endpoint, as lines of JSON (application/x-ndjson). Any
// answer of 2xx says that it has them.
type poster struct {
	to       *url.URL
	client   *http.Client
	patience time.Duration
	now      func() time.Time
	most     int // bytes of one request, as the far end has taught us; 0: it takes all
}

func newPoster(to *url.URL, o Options) *poster {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = dialer(o.Timing.Patience).DialContext
	transport.TLSClientConfig = clientTLS(o.Roots)
	transport.MaxIdleConnsPerHost = 1
	return &poster{to: to, patience: o.Timing.Patience, now: o.Now, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (p *poster) form(to []byte, l line) []byte { return formJSON(to, l) }

func (p *poster) close() { p.client.CloseIdleConnections() }

// send posts a batch, in pieces when the far end takes no more at once.
func (p *poster) send(ctx context.Context, batch []byte) error {
	if p.most == 0 || len(batch) <= p.most {
		err := p.post(ctx, batch)
		var f *failure
		if !errors.As(err, &f) || !f.large {
			return err
		}
		p.most = len(batch) / 2
	}
	first, rest := halves(batch)
	if len(rest) == 0 {
		return p.post(ctx, batch) // one line
	}
	if err := p.send(ctx, first); err != nil {
		return err
	}
	return p.send(ctx, rest)
}

// halves are the first lines and the others, about as many bytes of each.
func halves(batch []byte) (first, rest []byte) {
	middle := len(batch) / 2
	if at := bytes.LastIndexByte(batch[:middle], '\n'); at >= 0 {
		return batch[:at+1], batch[at+1:]
	}
	at := middle + bytes.IndexByte(batch[middle:], '\n')
	return batch[:at+1], batch[at+1:]
}

func (p *poster) post(ctx context.Context, batch []byte) error {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.to.String(), bytes.NewReader(batch))
	if err != nil {
		return reason(p.to.Host, p.patience, err)
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("User-Agent", "gondor")
	response, err := p.client.Do(request)
	if err != nil {
		return reason(p.to.Host, p.patience, err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection is used again; the status says it all
	return p.judge(response)
}

// judge is nil for an answer that says that the batch was taken.
func (p *poster) judge(r *http.Response) error {
	if r.StatusCode >= 200 && r.StatusCode < 300 {
		return nil
	}
	status := fmt.Sprintf("%d %s", r.StatusCode, http.StatusText(r.StatusCode))
	f := &failure{
		text: fmt.Sprintf("%s answers %s", p.to.Host, status),
		wait: p.retryAfter(r.Header.Get("Retry-After")), large: r.StatusCode == http.StatusRequestEntityTooLarge,
	}
	switch {
	case r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooManyRequests, r.StatusCode >= 500:
	case r.StatusCode >= 400:
		f.slow, f.text = true, f.text+", as if the URL of the drain were not right; nothing is lost while the log keeps it"
	default:
		f.slow, f.text = true, f.text+" and leads elsewhere, where logs are not sent; make a drain with the URL that it leads to"
	}
	return f
}

// retryAfter reads the header of that name (RFC 9110 section 10.2.3); 0 for none.
func (p *poster) retryAfter(header string) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(p.now()))
	}
	return 0
}
