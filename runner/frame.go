package runner

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"gondor/app"
)

// maxControl bounds a message that is not standard input.
const maxControl = 4 << 10

// frame is a client's message, read as far as its meaning needs.
type frame struct {
	kind   frameKind
	data   io.Reader  // of stdin: at least one byte
	window app.Window // of resize
}

type frameKind int

const (
	frameNothing frameKind = iota // a heartbeat, or what nobody listens to
	frameStdin
	frameStdinEnd
	frameResize
)

// decode reads a message of a client. Standard input is not held in memory, however
// long the message is. An error of CodeInvalid says that the client does not keep to
// the dialect; others are those of body.
func (d dialect) decode(body *bufio.Reader) (frame, error) {
	channel, err := body.ReadByte()
	switch {
	case errors.Is(err, io.EOF):
		return frame{}, nil
	case err != nil:
		return frame{}, err
	case channel == channelStdin:
		return d.decodeStdin(body)
	case d.protocol == "":
		return frame{}, nil
	case channel == channelResize:
		return decodeResize(body)
	case channel == channelClose:
		return decodeClose(body)
	}
	return frame{}, nil
}

// decodeStdin reads input; an empty message ends it where there is no channel for that.
func (d dialect) decodeStdin(body *bufio.Reader) (frame, error) {
	_, err := body.Peek(1)
	switch {
	case err == nil:
		return frame{kind: frameStdin, data: body}, nil
	case !errors.Is(err, io.EOF):
		return frame{}, err
	case d.protocol == "":
		return frame{kind: frameStdinEnd}, nil
	}
	return frame{}, nil
}

func decodeResize(body io.Reader) (frame, error) {
	data, err := readControl(body)
	if err != nil {
		return frame{}, err
	}
	var size struct{ Width, Height int }
	if json.Unmarshal(data, &size) != nil {
		return frame{}, app.Invalid("", `a resize message must be {"Width": N, "Height": N}`)
	}
	window := app.Window{Width: size.Width, Height: size.Height}
	return frame{kind: frameResize, window: window}, checkWindow(window)
}

func decodeClose(body io.Reader) (frame, error) {
	data, err := readControl(body)
	switch {
	case err != nil:
		return frame{}, err
	case len(data) != 1:
		return frame{}, app.Invalid("", "a close message must be one byte, the channel that ends")
	case data[0] == channelStdin:
		return frame{kind: frameStdinEnd}, nil
	}
	return frame{}, nil
}

func readControl(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxControl+1))
	if err != nil {
		return nil, fmt.Errorf("read a control message: %w", err)
	}
	if len(data) > maxControl {
		return nil, app.Invalid("", "a control message is longer than %d bytes", maxControl)
	}
	return data, nil
}
