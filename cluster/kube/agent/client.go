package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gondor/cluster/kube/registry/token"
)

// Client asks agents, for the control plane. It is safe for concurrent use.
type Client struct {
	key  []byte
	http *http.Client
}

// NewClient makes a Client of the agents that have the key. dial connects to them; nil: as
// anybody does.
func NewClient(key []byte, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Client {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 5 * time.Second}).DialContext
	}
	return &Client{key: key, http: &http.Client{Transport: &http.Transport{
		DialContext: dial, ResponseHeaderTimeout: 30 * time.Second, IdleConnTimeout: time.Minute,
	}}}
}

// Take tells the agent of a pod's address what the control plane has, and returns the pods
// that are kept there.
func (c *Client) Take(ctx context.Context, address string, all []Taken) ([]Pod, error) {
	body, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("tell an agent what was taken: %w", err)
	}
	answer, err := c.ask(ctx, http.MethodPost, address, "/pods", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("tell an agent what was taken: %w", err)
	}
	defer func() { _ = answer.Close() }() // only read
	var pods []Pod
	if err := json.NewDecoder(answer).Decode(&pods); err != nil {
		return nil, fmt.Errorf("read what an agent keeps: %w", err)
	}
	return pods, nil
}

// Lines gives out what Agent.Lines writes. The caller closes it.
func (c *Client) Lines(ctx context.Context, address, uid string, after time.Time) (io.ReadCloser, error) {
	path := "/pods/" + url.PathEscape(uid)
	if !after.IsZero() {
		path += "?after=" + url.QueryEscape(after.UTC().Format(time.RFC3339Nano))
	}
	answer, err := c.ask(ctx, http.MethodGet, address, path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("read what an agent keeps: %w", err)
	}
	return answer, nil
}

func (c *Client) ask(ctx context.Context, method, address, path string, body io.Reader) (io.ReadCloser, error) {
	at := "http://" + net.JoinHostPort(address, strconv.Itoa(Port)) + path
	question, err := http.NewRequestWithContext(ctx, method, at, body)
	if err != nil {
		return nil, err
	}
	question.SetBasicAuth(token.Sign(c.key, token.Admin()))
	answer, err := c.http.Do(question)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return nil, errors.Join(fmt.Errorf("it answers %s: %s", answer.Status, bytes.TrimSpace(said)), err, answer.Body.Close())
}
