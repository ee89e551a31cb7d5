package drain

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

// rsyslogConfig has it write a line for each message, with its parts as rsyslog reads them.
const rsyslogConfig = `
global(workDirectory="%[1]s" maxMessageSize="32k")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="%[1]s/port")
template(name="parts" type="string" string="%%timestamp:::date-rfc3339%%|%%syslogfacility-text%%|%%syslogseverity-text%%|%%hostname%%|%%app-name%%|%%procid%%|%%msgid%%|%%structured-data%%|%%msg%%\n")
action(type="omfile" file="%[1]s/messages" template="parts")
`

// rsyslog runs the real thing and returns where it listens and where it writes.
func rsyslog(t *testing.T) (address, messages string) {
	t.Helper()
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		t.Skip("rsyslog is not installed")
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "conf"), fmt.Appendf(nil, rsyslogConfig, dir), 0o600))
	said := &heard{}
	server := exec.Command(program, "-n", "-f", filepath.Join(dir, "conf"), "-i", filepath.Join(dir, "pid"))
	server.Stdout, server.Stderr = said, said
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill() // it keeps nothing that anybody wants
		_ = server.Wait()         // however it ends
	})
	var port []byte
	for end := time.Now().Add(20 * time.Second); len(port) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("rsyslog does not listen:\n%s", said)
		}
		port, _ = os.ReadFile(filepath.Join(dir, "port")) // not there yet
	}
	return "127.0.0.1:" + strings.TrimSpace(string(port)), filepath.Join(dir, "messages")
}

func TestARealSyslogServerReadsWhatADrainSends(t *testing.T) {
	address, messages := rsyslog(t)
	w := newWorld(t)
	w.add("syslog://" + address)
	_, _ = w.begin()
	at := time.Now().Truncate(time.Microsecond)
	log := app.ServiceLog(w.service)
	texts := []string{"GET / 200", "", "grüß Gott, 世界", `[a] "b" \c ]`, "<14>1 not another message", strings.Repeat("long ", 3000)}
	for i, text := range texts {
		stream := []app.Stream{app.Stdout, app.Stderr, app.Gondor}[i%3]
		must(t, w.logs.Write(log, app.LogLine{Time: at, Stream: stream, Replica: "web-v3.0-1", Text: text}))
	}
	var lines []string
	w.eventually("all messages are written", func() bool {
		data, _ := os.ReadFile(messages) // not there yet
		lines = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		return len(lines) == len(texts)
	})
	for i, text := range texts {
		severity := []string{"info", "warning", "notice"}[i%3]
		stream := []string{"stdout", "stderr", "gondor"}[i%3]
		want := fmt.Sprintf(`%s|user|%s|%s|web|web-v3.0-1|service|[gondor@32473 id="%s:%d" stream="%s" site="team/shop" instance="primary" service="web" release="3"]|%s`,
			at.UTC().Format("2006-01-02T15:04:05.000000Z"), severity, w.instance.Domain, log, i+1, stream, text)
		if strings.Replace(lines[i], "+00:00|", "Z|", 1) != want {
			t.Errorf("rsyslog read\n%.300q\nwant\n%.300q", lines[i], want)
		}
	}
}
