package builder

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"gondor/app"
	"gondor/cluster/kube/image"
)

// Order is what a builder carries out. It is the first line of its input, as JSON; the
// source follows, a checked tar.
type Order struct {
	Steps     []app.Step        `json:"steps"`
	Variables map[string]string `json:"variables"` // of the steps: they may reach neither artifact nor log
	Passed    map[string]string `json:"passed"`    // what the operator gives to every step

	Registry   image.Store `json:"registry"`
	Repository string      `json:"repository"` // "site/ID": artifacts and the cache
	Tag        string      `json:"tag"`        // of the artifact
	// Base is what the artifact becomes a layer of: a repository of the same registry, and
	// the digest of an image there.
	Base       string `json:"base"`
	BaseDigest string `json:"base_digest"`
	// Program is the image in the same registry whose layer the artifact gets on top.
	Program       string `json:"program,omitempty"`
	ProgramDigest string `json:"program_digest,omitempty"` // empty: it gets none

	Time   time.Duration `json:"time"`   // of all steps together
	Memory int64         `json:"memory"` // bytes, only told to people
	Disk   int64         `json:"disk"`   // bytes of the source and what the steps add to it
}

// CacheTag is the tag of what the builds of a site share.
const CacheTag = "cache"

// Message is one line of a builder's output, as JSON: a line of the build's log, or the
// end.
type Message struct {
	Stream app.Stream `json:"stream,omitempty"`
	Text   string     `json:"text,omitempty"`
	Built  bool       `json:"built,omitempty"`
	// Failed is why the build failed, for people; Code is app.CodeInternal for a fault that
	// is not the site's.
	Failed string   `json:"failed,omitempty"`
	Code   app.Code `json:"code,omitempty"`
}

// Send writes an order and the source behind it.
func Send(w io.Writer, o Order, source io.Reader) error {
	if err := json.NewEncoder(w).Encode(o); err != nil {
		return fmt.Errorf("send the order of a build: %w", err)
	}
	if _, err := io.Copy(w, source); err != nil {
		return fmt.Errorf("send the source of a build: %w", err)
	}
	return nil
}

// longestOrder bounds an order: variables and steps that stand in memory anyway.
const longestOrder = 64 << 20

// receive reads an order; what is left of the reader is the source.
func receive(r io.Reader) (Order, *bufio.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := buffered.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull || len(line) > longestOrder {
			return Order{}, nil, fmt.Errorf("read the order of a build: %w", err)
		}
	}
	var o Order
	if err := json.Unmarshal(line, &o); err != nil {
		return o, nil, app.Invalid("order", "can't be read") // and is not told: it holds secrets
	}
	return o, buffered, nil
}

// Receive reads what a builder writes and gives every message to fn, until the last or an
// error of fn's.
func Receive(r io.Reader, fn func(Message) error) error {
	messages := json.NewDecoder(r)
	for {
		var m Message
		if err := messages.Decode(&m); err != nil {
			return fmt.Errorf("read what the builder tells: %w", err)
		}
		if err := fn(m); err != nil {
			return err
		}
		if m.Built || m.Failed != "" {
			return nil
		}
	}
}
