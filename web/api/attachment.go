package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"gondor/app"
)

// attachment is one open WebSocket of an endpoint. One goroutine reads it, one writes
// it; those that have something to send hand it to the writer.
type attachment struct {
	connection *websocket.Conn
	streams    app.Streams
	outgoing   chan []byte
	done       chan struct{} // closed when the reader has ended
}

// run carries the streams until the process has ended or ctx has.
func (a *attachment) run(ctx context.Context) (app.Exit, error) {
	a.expectPings()
	stop := context.AfterFunc(ctx, func() { a.connection.Close() })
	defer stop()
	var helpers sync.WaitGroup
	helpers.Go(a.write)
	if a.streams.Resizes != nil {
		helpers.Go(a.sendResizes)
	}
	if a.streams.Stdin != nil {
		go a.sendStdin() // not waited for: a Read of a terminal can't be ended
	} else {
		helpers.Go(func() { a.send([]byte{channelClose, channelStdin}) })
	}
	exit, err := a.read()
	close(a.done)
	helpers.Wait()
	a.connection.Close()
	return exit, err
}

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
			return app.Exit{}, fmt.Errorf("the process could not be followed to its end: %w", err)
		}
		if len(message) == 0 {
			continue
		}
		if message[0] == channelStatus {
			return decodeStatus(message[1:])
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
	return nil
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

// write sends what is handed in, and signs of life, until the attachment ends. A failed
// connection fails the reader too, which is who tells of it.
func (a *attachment) write() {
	ticker := time.NewTicker(alive)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-a.done:
			return
		case <-ticker.C:
			err = a.connection.WriteMessage(websocket.PongMessage, nil)
		case message := <-a.outgoing:
			err = a.connection.WriteMessage(websocket.BinaryMessage, message)
		}
		if err != nil {
			a.connection.Close()
			<-a.done
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
			data, err := json.Marshal(window(size))
			if err != nil || !a.send(append([]byte{channelResize}, data...)) {
				return
			}
		}
	}
}
