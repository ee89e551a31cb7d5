package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gondor/app"
)

// Subprotocol is how Client and Kubernetes talk over an endpoint's WebSocket: binary
// messages whose first byte is a channel.
const Subprotocol = "v5.channel.k8s.io"

// The channels of Subprotocol.
const (
	channelStdin  = 0
	channelStdout = 1
	channelStderr = 2
	channelStatus = 3   // a metav1.Status in JSON, last
	channelResize = 4   // a window in JSON
	channelResume = 5   // a comeback in JSON, first
	channelClose  = 255 // its one byte names the channel that ends
)

// PipeOptions are what the header X-Pipe-Opts says of the attached terminal, in JSON.
type PipeOptions struct {
	TTY    bool `json:"tty"`
	Width  int  `json:"width"`
	Height int  `json:"height"`
	// Resume asks for the secret by which a terminal can be come back to; Secret and Received,
	// how many bytes of output had come, do that.
	Resume   bool   `json:"resume,omitempty"`
	Secret   string `json:"secret,omitempty"`
	Received int64  `json:"received,omitempty"`
}

// comeback is what the server tells a client that can come back.
type comeback struct {
	Secret string `json:"secret"`
}

// PipeOptionsHeader is the header of PipeOptions.
const PipeOptionsHeader = "X-Pipe-Opts"

// window is a resize message.
type window struct{ Width, Height int }

// status is as much of a metav1.Status of Kubernetes as tells how a process ended.
type status struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	Reason  string `json:"reason"`
	Details struct {
		Causes []struct {
			Reason  string `json:"reason"`
			Message string `json:"message"`
		} `json:"causes"`
	} `json:"details"`
}

// decodeStatus reads how a process ended.
func decodeStatus(data []byte) (app.Exit, error) {
	var s status
	if err := json.Unmarshal(data, &s); err != nil {
		return app.Exit{}, fmt.Errorf("read how the process ended: %w", err)
	}
	if s.Status == "Success" {
		return app.Exit{Ended: time.Now()}, nil
	}
	for _, cause := range s.Details.Causes {
		code, err := strconv.Atoi(cause.Message)
		if cause.Reason == "ExitCode" && err == nil && code > 0 && code < 256 {
			return app.Exit{Code: code, Message: s.Message, Ended: time.Now()}, nil
		}
	}
	return app.Exit{}, app.Fault(app.CodeFailed, "%s", s.Message)
}
