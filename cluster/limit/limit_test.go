package limit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestABuildEndsAtItsLimits(t *testing.T) {
	other := errors.New("a step failed")
	grows := func(by int64) func(context.Context, ...string) int64 {
		total := int64(0)
		return func(context.Context, ...string) int64 { total += by; return total }
	}
	for _, c := range []struct {
		name  string
		build Build
		says  string
	}{
		{"it takes too much disk", Build{Time: time.Hour, Disk: 5 << 20, Usage: grows(6 << 20)}, "more than 5 MB of disk"},
		{"it takes what is left of the disk", Build{Time: time.Hour, Disk: 1 << 40, Usage: grows(0), Reserve: 7 << 20, Free: func() (int64, error) { return 6 << 20, nil }}, "less than 7 MB of the disk free"},
		{"it takes too long", Build{Time: time.Millisecond, Disk: 1 << 20, Usage: grows(0)}, "longer than 1ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.build.Began = time.Now()
			limited, stop := c.build.Watch(t.Context())
			defer stop()
			<-limited.Done()
			if err := c.build.Blame(limited, other); !strings.Contains(err.Error(), c.says) {
				t.Errorf("it is told %v", err)
			}
		})
	}
	t.Run("it fails within them", func(t *testing.T) {
		b := Build{Began: time.Now(), Time: time.Hour, Disk: 1 << 20, Usage: grows(1)}
		limited, stop := b.Watch(t.Context())
		stop()
		if err := b.Blame(limited, other); !errors.Is(err, other) {
			t.Errorf("it is told %v", err)
		}
	})
}

func TestTheKernelsKillsAreCounted(t *testing.T) {
	for file, text := range map[string]string{
		"memory.events":             "low 0\nhigh 3\noom 2\noom_kill 2\n",
		"memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		if got := MemoryKills(dir); got != 2 {
			t.Errorf("%s tells of %d", file, got)
		}
	}
	if got := MemoryKills(t.TempDir()); got != 0 {
		t.Errorf("without a cgroup there are %d", got)
	}
}
