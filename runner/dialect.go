package runner

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gondor/app"
)

// The channels of both dialects.
const (
	channelStdin   = 0
	channelStdout  = 1
	channelStderr  = 2
	channelControl = 3
	channelResize  = 4   // only of channels
	channelResume  = 5   // only of channels, for clients that ask for it
	channelClose   = 255 // only of channels
)

// dialect is one way to speak over the WebSocket.
type dialect struct {
	protocol string        // the subprotocol, empty for none
	silence  time.Duration // without a sign of life after which the client has gone
	ping     time.Duration // between two pings to it
	// ending returns the messages that tell how the session ended.
	ending func(exit app.Exit, failure string) [][]byte
}

// plain is the dialect of the first clients, channels that of Kubernetes.
var (
	plain    = dialect{silence: 10 * time.Second, ping: 4 * time.Second, ending: plainEnding}
	channels = dialect{
		protocol: "v5.channel.k8s.io",
		silence:  60 * time.Second, ping: 15 * time.Second, ending: channelsEnding,
	}
)

// plainEnding writes the reason to the control channel, unless all is well, and closes it.
func plainEnding(exit app.Exit, failure string) [][]byte {
	end := []byte{channelControl}
	reason := failure
	if reason == "" && exit.Code != 0 {
		reason = reasonOf(exit)
	}
	if reason == "" {
		return [][]byte{end}
	}
	return [][]byte{append([]byte{channelControl}, reason...), end}
}

func reasonOf(exit app.Exit) string {
	if exit.Message != "" {
		return exit.Message
	}
	return fmt.Sprintf("exit status %d", exit.Code)
}

// status is a metav1.Status of Kubernetes, as far as it is used here.
type status struct {
	Metadata struct{} `json:"metadata"`
	Status   string   `json:"status"`
	Message  string   `json:"message,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Details  *details `json:"details,omitempty"`
	Code     int      `json:"code,omitempty"`
}

type details struct {
	Causes []cause `json:"causes"`
}

type cause struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// channelsEnding writes the status to the control channel.
func channelsEnding(exit app.Exit, failure string) [][]byte {
	data, err := json.Marshal(statusOf(exit, failure))
	if err != nil {
		panic(err) // a struct of strings and numbers always marshals
	}
	return [][]byte{append([]byte{channelControl}, data...)}
}

func statusOf(exit app.Exit, failure string) status {
	switch {
	case failure != "":
		return status{Status: "Failure", Message: failure, Reason: "InternalError", Code: 500}
	case exit.Code == 0:
		return status{Status: "Success"}
	}
	return status{
		Status: "Failure", Message: reasonOf(exit), Reason: "NonZeroExitCode",
		Details: &details{Causes: []cause{{Reason: "ExitCode", Message: strconv.Itoa(exit.Code)}}},
	}
}
