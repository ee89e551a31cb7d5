package health

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// slow is how long an answer to a warm-up may take before people are told what is waited
// for.
const slow = time.Second

// WarmUp asks the service at an address for the paths of c.WarmUp, one after the other, each
// for the time of c.Patience at most, and reads the answers to their ends. It returns nil
// when each was below 500, and otherwise a sentence for people about the first that was
// not. tell is called, in the goroutine of the caller, with what is waited for when that
// takes long.
func (p *Prober) WarmUp(ctx context.Context, c Check, address string, tell func(message string)) error {
	for _, path := range c.WarmUp {
		answered := make(chan error, 1)
		go func() { answered <- p.warm(ctx, c, path, address) }()
		var err error
		select {
		case err = <-answered:
		case <-time.After(slow):
			tell(fmt.Sprintf("has not answered GET %s yet, which warm_up asks for", path))
			err = <-answered
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Prober) warm(ctx context.Context, c Check, path, address string) error {
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	request, err := c.request(ctx, path, address)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "Gondor warm-up")
	answer, err := p.transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("did not answer GET %s, which warm_up asks for: %w", path, err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close() // read to its end, or broken off
	switch {
	case answer.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("answered %d %s to GET %s, which warm_up asks for", answer.StatusCode, http.StatusText(answer.StatusCode), path)
	case err != nil:
		return fmt.Errorf("did not answer GET %s, which warm_up asks for, to its end: %w", path, err)
	}
	return nil
}
