package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"gondor/app"
)

// attachment is who has joined an endpoint, by one WebSocket or, of a terminal, by one after
// the other. One goroutine reads it, one writes it; those that have something to send hand it
// to the writer.
type attachment struct {
	dial     func(context.Context, PipeOptions) (*websocket.Conn, error)
	streams  app.Streams
	outgoing chan []byte
	done     chan struct{} // closed when the reader has ended for good

	connection *websocket.Conn
	secret     string // by which a terminal can be come back to; empty: it can't
	received   int64  // bytes of its output

	mu     sync.Mutex
	window app.Window // the newest
}

// run carries the streams until the process has ended or ctx has.
func (a *attachment) run(ctx context.Context) (app.Exit, error) {
	var helpers sync.WaitGroup
	if a.streams.Resizes != nil {
		helpers.Go(a.sendResizes)
	}
	if a.streams.Stdin != nil {
		go a.sendStdin() // not waited for: a Read of a terminal can't be ended
	} else {
		helpers.Go(func() { a.send([]byte{channelClose, channelStdin}) })
	}
	exit, err := a.carry(ctx)
	for err != nil && a.comeBack(ctx, err) {
		exit, err = a.carry(ctx)
	}
	close(a.done)
	helpers.Wait()
	return exit, err
}

// carry reads and writes one connection to its end.
func (a *attachment) carry(ctx context.Context) (app.Exit, error) {
	connection, lost := a.connection, make(chan struct{})
	a.expectPings()
	stop := context.AfterFunc(ctx, func() { connection.Close() })
	defer stop()
	var writer sync.WaitGroup
	writer.Go(func() { a.write(connection, lost) })
	exit, err := a.read()
	close(lost)
	writer.Wait()
	connection.Close()
	return exit, err
}

// connect opens the connection, the first or another.
func (a *attachment) connect(ctx context.Context) (err error) {
	size := a.size()
	a.connection, err = a.dial(ctx, PipeOptions{
		TTY: a.streams.TTY, Width: size.Width, Height: size.Height,
		Resume: a.streams.TTY, Secret: a.secret, Received: a.received,
	})
	return err
}

// size is the newest size of the terminal.
func (a *attachment) size() app.Window {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.window
}

// comeBack joins a terminal again whose connection was lost, for as long as it waits. It
// reports false when that was not to be; what it was then is told by the loss.
func (a *attachment) comeBack(ctx context.Context, loss error) bool {
	var lost lostError
	if a.secret == "" || !errors.As(loss, &lost) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, comebackTime)
	defer cancel()
	for pause := 100 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 2*time.Second) {
		err := a.connect(ctx)
		if err == nil {
			return true
		}
		if app.CodeOf(err) != app.CodeUnavailable {
			return false // it is over
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return false
}

// comebackTime is how long a terminal waits for who was joined to it.
const comebackTime = time.Minute

// lostError says that the connection was lost.
type lostError struct{ error }

// Unwrap returns how.
func (e lostError) Unwrap() error { return e.error }

// expectPings ends the connection when nothing came for a while: the server pings
// where it has nothing to say. They are answered by the signs of life of write, which
// RFC 6455 section 5.5.3 allows, as the reader must not wait for the writer.
func (a *attachment) expectPings() {
	a.connection.SetPingHandler(func(string) error {
		a.extend()
		return nil
	})
}

func (a *attachment) extend() { _ = a.connection.SetReadDeadline(time.Now().Add(silence)) }

// read writes the output where it belongs until the status comes.
func (a *attachment) read() (app.Exit, error) {
	for {
		a.extend() // anew each time: while the output is written nobody listens
		_, message, err := a.connection.ReadMessage()
		if err != nil {
			return app.Exit{}, lostError{fmt.Errorf("the process could not be followed to its end: %w", err)}
		}
		if len(message) == 0 {
			continue
		}
		switch message[0] {
		case channelStatus:
			return decodeStatus(message[1:])
		case channelResume:
			a.remember(message[1:])
			continue
		}
		if err := a.deliver(message[0], message[1:]); err != nil {
			return app.Exit{}, err
		}
	}
}

func (a *attachment) deliver(channel byte, data []byte) error {
	out := map[byte]io.Writer{channelStdout: a.streams.Stdout, channelStderr: a.streams.Stderr}[channel]
	if out == nil || len(data) == 0 {
		return nil
	}
	if _, err := out.Write(data); err != nil {
		return fmt.Errorf("write the process's output: %w", err)
	}
	a.received += int64(len(data))
	return nil
}

// remember keeps the secret by which the terminal can be come back to.
func (a *attachment) remember(data []byte) {
	var told comeback
	if json.Unmarshal(data, &told) == nil {
		a.secret = told.Secret
	}
}

// send hands a message to the writer; false when the attachment has ended.
func (a *attachment) send(message []byte) bool {
	select {
	case a.outgoing <- message:
		return true
	case <-a.done:
		return false
	}
}

// write sends what is handed in, and signs of life, until the connection is lost or the
// process has ended. A failed connection fails the reader too, which is who tells of it.
func (a *attachment) write(connection *websocket.Conn, lost <-chan struct{}) {
	ticker := time.NewTicker(alive)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-lost:
			return
		case <-ticker.C:
			err = connection.WriteMessage(websocket.PongMessage, nil)
		case message := <-a.outgoing:
			err = connection.WriteMessage(websocket.BinaryMessage, message)
		}
		if err != nil {
			connection.Close()
			<-lost
			return
		}
	}
}

func (a *attachment) sendStdin() {
	for {
		chunk := make([]byte, 1+sourceChunk)
		chunk[0] = channelStdin
		n, err := a.streams.Stdin.Read(chunk[1:])
		if n > 0 && !a.send(chunk[:1+n]) {
			return
		}
		if err != nil {
			a.send([]byte{channelClose, channelStdin})
			return
		}
	}
}

func (a *attachment) sendResizes() {
	for {
		select {
		case <-a.done:
			return
		case size, open := <-a.streams.Resizes:
			if !open {
				return
			}
			a.mu.Lock()
			a.window = size
			a.mu.Unlock()
			data, err := json.Marshal(window(size))
			if err != nil || !a.send(append([]byte{channelResize}, data...)) {
				return
			}
		}
	}
}
