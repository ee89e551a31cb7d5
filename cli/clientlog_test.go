package cli

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
)

func TestOfAConnectionThatGondorClosedNothingIsLogged(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(clientLog{slog.NewTextHandler(&out, nil)}).With("logger", "client").WithGroup("more")
	log.Error("Unhandled Error", "err", fmt.Errorf("next reader: %w", net.ErrClosed))
	log.Error("Websocket Ping failed: " + net.ErrClosed.Error())
	log.Error("Unhandled Error", "err", "the watch ended")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "logger=client") || !strings.Contains(got, `more.err="the watch ended"`) {
		t.Errorf("logged:\n%s", got)
	}
}
