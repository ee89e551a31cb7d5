package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// mostAnswer is how much of an answer is read, so that its connection can be used again.
const mostAnswer = 64 << 10

// post sends a body of JSON. Its errors tell no more of the address than its host, as its
// path is a secret.
func post(ctx context.Context, client *http.Client, to string, header http.Header, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address is not a URL")
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Content-Type", "application/json")
	return send(client, request)
}

// send has a request answered by a status from 200 to 299.
func send(client *http.Client, request *http.Request) error {
	request.Header.Set("User-Agent", "Gondor")
	response, err := client.Do(request)
	if err != nil {
		return unanswered(request.URL, err)
	}
	defer func() { _ = response.Body.Close() }() // what is behind mostAnswer is not wanted
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, mostAnswer))
	switch {
	case response.StatusCode < 200 || response.StatusCode > 299:
		return fmt.Errorf("%s answered %s", request.URL.Host, response.Status)
	case err != nil:
		return fmt.Errorf("%s broke its answer off", request.URL.Host)
	}
	return nil
}

// unanswered says why there was no answer, without the URL that http.Client puts in front.
func unanswered(at *url.URL, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s did not answer in time", at.Host)
	}
	return fmt.Errorf("%s could not be reached: %w", at.Host, err)
}
