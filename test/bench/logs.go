package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"gondor/app"
	"gondor/cluster/local/supervisor"
)

// What the torrent of lines is that Gondor keeps whole.
const (
	torrentTime    = 60 * time.Second
	torrentWriters = 10
	torrentRate    = 1000 // lines a second, of each
)

// Targets of logs.
const (
	searchTarget = time.Second // for an answer out of a full budget
	logBudget    = 256 << 20
)

// logs is a supervisor whose processes write.
type logs struct {
	client *supervisor.Client
	pid    int
	dir    string
}

// measureLogs has ten processes write ten thousand lines a second together, then fills the
// budget of their instance and searches it.
func measureLogs(ctx context.Context, b *bench, _ plan) (err error) {
	dir := filepath.Join(b.dir, "logs")
	argv := []string{b.gondor, "supervisor", "--dir", dir}
	client, err := supervisor.Launch(ctx, supervisor.LaunchOptions{Dir: dir, Argv: argv})
	if err != nil {
		return fmt.Errorf("start a supervisor: %w", err)
	}
	defer func() { err = errors.Join(err, client.Shutdown(context.WithoutCancel(ctx))) }()
	l := logs{client: client, dir: dir}
	if l.pid, err = processOf(argv); err != nil {
		return err
	}
	if err := l.torrent(ctx, b); err != nil {
		return err
	}
	if err := l.syncs(); err != nil {
		return err
	}
	if err := l.fill(ctx); err != nil {
		return err
	}
	return l.searches(ctx, b)
}

func torrentLog(i int) app.LogName { return app.LogName(fmt.Sprintf("instance/bench/service/s%d", i)) }

// torrent prints what the lines cost, and how many are lost.
func (l logs) torrent(ctx context.Context, b *bench) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	before, err := cpuOf(l.pid)
	if err != nil {
		return err
	}
	lines := int(torrentTime.Seconds()) * torrentRate
	began := time.Now()
	for i := range torrentWriters {
		err := l.client.Start(ctx, supervisor.Spec{
			ID: fmt.Sprint("writer-", i), Argv: []string{self, torrentRole, strconv.Itoa(lines), strconv.Itoa(torrentRate)},
			Dir: "/", UID: supervisor.Same, GID: supervisor.Same, Log: torrentLog(i), StopTimeout: time.Second,
		})
		if err != nil {
			return fmt.Errorf("start a writer: %w", err)
		}
	}
	for i := range torrentWriters {
		if exit, err := l.client.Wait(ctx, fmt.Sprint("writer-", i)); err != nil || exit.Code != 0 {
			return errors.Join(fmt.Errorf("a writer ended with %+v", exit), err)
		}
	}
	took := time.Since(began)
	after, err := cpuOf(l.pid)
	if err != nil {
		return err
	}
	lost, err := l.lost(ctx, lines)
	if err != nil {
		return err
	}
	total := torrentWriters * lines
	fmt.Printf("logs: %d processes wrote %.0f lines a second for %.0f s, %d bytes each: %.1f µs of the supervisor's CPU a line, %d lines lost\n",
		torrentWriters, float64(total)/took.Seconds(), took.Seconds(), torrentLine, float64((after-before).Microseconds())/float64(total), lost)
	b.verdicts.judge(lost == 0, "logs: of 10,000 lines a second none is lost", "%d of %d", lost, total)
	return nil
}

// lost counts the lines that are not where they should be.
func (l logs) lost(ctx context.Context, lines int) (int, error) {
	lost := 0
	for i := range torrentWriters {
		n := 0
		for line, err := range l.client.Lines(ctx, app.LogQuery{Log: torrentLog(i)}) {
			if err != nil {
				return 0, fmt.Errorf("read a log: %w", err)
			}
			if line.Stream == app.Stdout && line.Text == torrentText(n) {
				n++
			}
		}
		lost += lines - n
	}
	return lost, nil
}

// syncs prints how long the disk takes for what is written in a second.
func (l logs) syncs() error {
	f, err := os.Create(filepath.Join(l.dir, "sync"))
	if err != nil {
		return fmt.Errorf("make a file to sync: %w", err)
	}
	var took []time.Duration
	second := make([]byte, torrentWriters*torrentRate*(torrentLine+40))
	for range 9 {
		_, err = f.Write(second)
		began := time.Now()
		if err = errors.Join(err, f.Sync()); err != nil {
			break
		}
		took = append(took, time.Since(began))
	}
	if err = errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return fmt.Errorf("sync a file: %w", err)
	}
	slices.Sort(took)
	fmt.Printf("      a sync of what was written in one second, %.1f MB, takes this disk %.1f ms; nobody waits for it\n", megabytes(int64(len(second))), float64(took[len(took)/2].Microseconds())/1000)
	return nil
}

// fill writes until the budget is full, a line that is rare included.
func (l logs) fill(ctx context.Context) error {
	lines := make([]app.LogLine, 256)
	for n := 0; n < logBudget/150; {
		for i := range lines {
			n++
			text := fmt.Sprintf("10.0.0.1 - - [26/Nov/2026] \"GET /products/%d HTTP/1.1\" %d %d curl of a line like many others", n, 200+n%2, n)
			if n%20_000 == 0 {
				text = fmt.Sprintf("django.db.utils.OperationalError: database is locked, code=5%02d;", n/20_000%100)
			}
			lines[i] = app.LogLine{Time: time.Now(), Stream: app.Stdout, Replica: "web-v1.0-0", Text: text}
		}
		if err := l.client.Write(ctx, torrentLog(0), lines...); err != nil {
			return fmt.Errorf("fill the log: %w", err)
		}
	}
	return nil
}

// searches prints how long some take, over all logs of the instance.
func (l logs) searches(ctx context.Context, b *bench) error {
	use, err := l.client.LogUse()
	if err != nil {
		return err
	}
	var bytes int64
	for _, size := range use {
		bytes += size
	}
	for _, grep := range []string{"OperationalError", "(?i)operational.*locked", `code=5\d\d`, `5\d\d;`, `\b5\d\d\b`, "no such line"} {
		began, found := time.Now(), 0
		for i := range torrentWriters {
			for _, err := range l.client.Lines(ctx, app.LogQuery{Log: torrentLog(i), Grep: grep, Last: 1000}) {
				if err != nil {
					return fmt.Errorf("search: %w", err)
				}
				found++
			}
		}
		took := time.Since(began)
		fmt.Printf("      search of %.0f MB for %-24s %5d lines in %.2f s\n", megabytes(bytes), grep, found, took.Seconds())
		b.verdicts.judge(took < searchTarget && bytes > logBudget*9/10, "logs: "+grep+" is found in under a second", "%.2f s", took.Seconds())
	}
	return nil
}
