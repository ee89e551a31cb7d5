package tree_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"gondor/app"
	"gondor/cluster/tree"
)

// made is a tree with a file, a directory in a directory, a link out and a pipe.
func made(t *testing.T) string {
	t.Helper()
	outside, dir := t.TempDir(), t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(outside, "secret"), []byte("needle"), 0o644),
		os.MkdirAll(filepath.Join(dir, "b", "deep"), 0o755),
		os.WriteFile(filepath.Join(dir, "a"), []byte("hay"), 0o640),
		os.WriteFile(filepath.Join(dir, "b", "deep", "file"), bytes.Repeat([]byte("hay"), 200_000), 0o750),
		os.Symlink(outside, filepath.Join(dir, "b", "link")),
		unix.Mkfifo(filepath.Join(dir, "c"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEveryThingOfATreeIsSeenOnceAndNothingBehindALink(t *testing.T) {
	want := []string{".", "a", "b", "b/deep", "b/deep/file", "b/link", "c"}
	var seen []string
	var mu sync.Mutex
	note := func(p tree.Place) error {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, p.Path)
		return nil
	}
	dir := made(t)
	if err := tree.Each(dir, note); err != nil || !slices.Equal(seen, want) {
		t.Errorf("in order: %v, %v; want %v", seen, err, want)
	}
	seen = nil
	err := tree.EachAtOnce(dir, note)
	if slices.Sort(seen); err != nil || !slices.Equal(seen, want) {
		t.Errorf("at once: %v, %v; want %v", seen, err, want)
	}
}

func TestAWalkEndsWithTheFirstError(t *testing.T) {
	stop := errors.New("stop")
	for name, each := range map[string]func(string, func(tree.Place) error) error{"in order": tree.Each, "at once": tree.EachAtOnce} {
		t.Run(name, func(t *testing.T) {
			err := each(made(t), func(p tree.Place) error {
				if p.Path == "b/deep" {
					return stop
				}
				if p.Path == "b/deep/file" {
					t.Error("it went on below")
				}
				return nil
			})
			if !errors.Is(err, stop) {
				t.Errorf("it says %v", err)
			}
			if err := each(filepath.Join(t.TempDir(), "nowhere"), func(tree.Place) error { return nil }); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("of a tree that is not there it says %v", err)
			}
		})
	}
}

func TestWhatIsUsedIsWhatItTakesOnDisk(t *testing.T) {
	dir := made(t)
	if used := tree.Usage(t.Context(), dir, filepath.Join(dir, "nowhere")); used < 600_000 || used > 700_000 {
		t.Errorf("%d bytes", used)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if used := tree.Usage(ended, dir); used > 100_000 {
		t.Errorf("%d bytes, after the end", used)
	}
}

// finder finds a text that is not cut.
type finder struct {
	text  string
	found bool
}

func (f *finder) Reset()    { f.found = false }
func (f *finder) Any() bool { return f.found }
func (f *finder) Write(p []byte) (int, error) {
	f.found = f.found || bytes.Contains(p, []byte(f.text))
	return len(p), nil
}

func TestASearchNamesTheFileAndFollowsNoLink(t *testing.T) {
	dir := made(t)
	search := tree.NewSearch(&finder{text: "needle"})
	if err := search.Tree(t.Context(), dir); err != nil {
		t.Errorf("it found what is outside: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b", "found"), []byte("a needle"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := search.Tree(t.Context(), dir); app.CodeOf(err) != app.CodeFailed || !strings.Contains(err.Error(), "b/found") {
		t.Errorf("it says %v", err)
	}
}

func TestWhatHasTakenAPlaceSinceIsNotOpened(t *testing.T) {
	dir := made(t)
	err := tree.Each(dir, func(p tree.Place) error {
		if p.Path != "a" {
			return nil
		}
		if err := errors.Join(os.Remove(filepath.Join(dir, "a")), os.Symlink("/etc/passwd", filepath.Join(dir, "a"))); err != nil {
			t.Fatal(err)
		}
		return p.Open(func(*tree.File) error { t.Error("it opened the link"); return nil })
	})
	if !errors.Is(err, unix.ELOOP) {
		t.Errorf("it says %v", err)
	}
}

func TestAFileOfATreeIsReadAndSealed(t *testing.T) {
	dir := made(t)
	err := tree.Each(dir, func(p tree.Place) error {
		if p.Path != "a" {
			return nil
		}
		if p.Info.Mode != 0o640 || p.Info.Size != 3 {
			t.Errorf("it is %+v", p.Info)
		}
		if err := p.Chown(os.Getuid(), os.Getgid()); err != nil {
			return err
		}
		return p.Open(func(f *tree.File) error {
			text := make([]byte, 9)
			if n, err := f.Read(text); string(text[:n]) != "hay" || err != nil {
				t.Errorf("it reads %q, %v", text[:n], err)
			}
			return errors.Join(f.Chown(os.Getuid(), os.Getgid()), f.Chmod(0o400))
		})
	})
	info, statErr := os.Stat(filepath.Join(dir, "a"))
	if err != nil || statErr != nil || info.Mode() != 0o400 {
		t.Errorf("it is %v: %v, %v", info, err, statErr)
	}
}

func TestATreeThatIsUnwritableIsRemoved(t *testing.T) {
	dir := made(t)
	for _, closed := range []string{"b/deep", "b", "."} {
		if err := os.Chmod(filepath.Join(dir, closed), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := tree.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}
