package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// result is what the load saw of one proxy in one round.
type result struct {
	Seconds  float64
	Requests int
	Errors   int
	P50, P99 time.Duration
}

// generate sends requests over kept connections and prints a result:
// ADDRESS REQUESTS CONNECTIONS.
func generate(ctx context.Context, args []string) error {
	requests, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("read the number of requests: %w", err)
	}
	connections, err := strconv.Atoi(args[2])
	if err != nil {
		return fmt.Errorf("read the number of connections: %w", err)
	}
	r, err := load(ctx, args[0], requests, connections)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func load(ctx context.Context, address string, requests, connections int) (result, error) {
	var left, failed atomic.Int64
	left.Store(int64(requests))
	times := make([][]time.Duration, connections)
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for i := range connections {
		group.Go(func() error {
			c := client{address: address}
			defer c.close()
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				began := time.Now()
				if err := c.ask(); err != nil {
					failed.Add(1)
					c.close()
					continue
				}
				times[i] = append(times[i], time.Since(began))
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return result{}, err
	}
	all := slices.Sorted(slices.Values(slices.Concat(times...)))
	r := result{Seconds: time.Since(start).Seconds(), Requests: len(all), Errors: int(failed.Load())}
	if len(all) > 0 {
		r.P50, r.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return r, nil
}

// client asks over one connection for as long as it lives. It is lean, to leave the
// machine to the proxies.
type client struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

const question = "GET /some/page?with=query HTTP/1.1\r\nHost: " + host + "\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n" +
	"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: identity\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef\r\n\r\n"

func (c *client) ask() error {
	if c.conn == nil {
		opened, err := net.DialTimeout("tcp", c.address, 5*time.Second)
		if err != nil {
			return err
		}
		c.conn, c.in = opened, bufio.NewReader(opened)
	}
	if err := c.conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(c.conn, question); err != nil {
		return err
	}
	return c.answer()
}

// answer reads a 200 with a length; anything else is an error.
func (c *client) answer() error {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answered %q", line)
	}
	length := -1
	for len(bytes.TrimSpace(line)) > 0 {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length != 1024 {
		return fmt.Errorf("the answer has %d bytes", length)
	}
	_, err = c.in.Discard(length)
	return err
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}
