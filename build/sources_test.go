package build_test

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"time"

	"gondor/app"
	"gondor/build"
)

var _ app.Sources = (*build.Sources)(nil)

var limits = build.Limits{Packed: 4 << 20, Unpacked: 8 << 20, Entries: 100}

func TestReceiveKeepsAWholeTree(t *testing.T) {
	whole := tarOf(t, directory("./"), file("./index.html", "hello"), file("a/b/c", "deep"),
		symlink("a/up", "../index.html"), symlink("dangling", "a/none"), hardLink("twin", "index.html"))
	for name, upload := range map[string][]byte{"plain": whole, "gzipped": gzipped(t, whole)} {
		t.Run(name, func(t *testing.T) {
			s := build.NewSources(t.TempDir(), limits)
			if _, err := s.Receive(t.Context(), "one", bytes.NewReader(upload)); err != nil {
				t.Fatal(err)
			}
			tree, closer, err := s.Tree(t.Context(), "one")
			if err != nil {
				t.Fatal(err)
			}
			defer closer.Close()
			for path, want := range map[string]string{"index.html": "hello", "a/b/c": "deep", "a/up": "hello", "twin": "hello"} {
				if got, err := fs.ReadFile(tree, path); err != nil || string(got) != want {
					t.Errorf("%s is %q, %v; want %q", path, got, err, want)
				}
			}
		})
	}
}

func TestTreeIsAFileSystem(t *testing.T) {
	s := build.NewSources(t.TempDir(), limits)
	upload := tarOf(t, file("index.html", "hello"), file("a/b/c", "deep"), directory("a/"), directory("empty"), file("a/d", ""))
	if _, err := s.Receive(t.Context(), "one", bytes.NewReader(upload)); err != nil {
		t.Fatal(err)
	}
	tree, closer, err := s.Tree(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	if err := fstest.TestFS(tree, "index.html", "a/b/c", "a/d", "empty"); err != nil {
		t.Error(err)
	}
}

func TestReceiveRefuses(t *testing.T) {
	whole := tarOf(t, file("a", strings.Repeat("x", 5000)), file("zeros", strings.Repeat("\x00", 4096)))
	bomb := gzipped(t, tarOf(t, file("zeros", strings.Repeat("\x00", 9<<20))))
	sparse := tarOf(t, file("a", "1"))
	tests := map[string]struct {
		upload []byte
		code   app.Code
		says   string
	}{
		"a path that leads up":                    {tarOf(t, file("../x", "")), app.CodeInvalid, `with ".."`},
		"a path that leads up further in":         {tarOf(t, file("a/../../x", "")), app.CodeInvalid, `with ".."`},
		"a path that leads up as Windows has it":  {tarOf(t, file(`a\..\..\x`, "")), app.CodeInvalid, `with ".."`},
		"an absolute path":                        {tarOf(t, file("/etc/passwd", "")), app.CodeInvalid, "absolute path"},
		"a path with a drive":                     {tarOf(t, file(`C:\x`, "")), app.CodeInvalid, "absolute path"},
		"a name longer than a file system takes":  {tarOf(t, file(strings.Repeat("n", 256), "")), app.CodeInvalid, "longer than 255"},
		"a name that is not UTF-8":                {tarOf(t, file("caf\xe9", "")), app.CodeInvalid, "can't be used"},
		"a link to an absolute path":              {tarOf(t, symlink("a", "/etc/passwd")), app.CodeInvalid, "leads out"},
		"a link that leads up":                    {tarOf(t, symlink("a/b", "../../x")), app.CodeInvalid, "leads out"},
		"a link that leads up by another link":    {tarOf(t, directory("d/e"), symlink("l", "d/e"), symlink("m", "l/../../../x")), app.CodeInvalid, "leads out"},
		"a link that leads up by one that's late": {tarOf(t, symlink("a/m", "l/../x"), symlink("a/l", "..")), app.CodeInvalid, "leads out"},
		"links in a circle":                       {tarOf(t, symlink("a", "b"), symlink("b", "a")), app.CodeInvalid, "circle"},
		"a file below a link":                     {tarOf(t, symlink("a", "b"), file("a/x", "")), app.CodeInvalid, "not a directory"},
		"a file below a file":                     {tarOf(t, file("a", ""), file("a/x", "")), app.CodeInvalid, "not a directory"},
		"a link in place of a directory":          {tarOf(t, file("a/x", ""), symlink("a", "b")), app.CodeInvalid, "twice"},
		"a file twice":                            {tarOf(t, file("a", ""), file("./a", "")), app.CodeInvalid, "twice"},
		"a hard link that leads out":              {tarOf(t, hardLink("a", "../x")), app.CodeInvalid, "leads out"},
		"a hard link to nothing":                  {tarOf(t, hardLink("a", "x")), app.CodeInvalid, "not a file that comes before"},
		"a hard link to a link":                   {tarOf(t, file("f", ""), symlink("l", "f"), hardLink("a", "l")), app.CodeInvalid, "not a file that comes before"},
		"a hard link to itself":                   {tarOf(t, hardLink("a", "a")), app.CodeInvalid, "not a file that comes before"},
		"a device":                                {tarOf(t, tar.Header{Typeflag: tar.TypeChar, Name: "null"}), app.CodeInvalid, "neither a file"},
		"a pipe":                                  {tarOf(t, tar.Header{Typeflag: tar.TypeFifo, Name: "pipe"}), app.CodeInvalid, "neither a file"},
		"a tar without anything":                  {tarOf(t), app.CodeInvalid, "is empty"},
		"no bytes at all":                         {nil, app.CodeInvalid, "is empty"},
		"what is no tar":                          {bytes.Repeat([]byte("hello "), 200), app.CodeInvalid, "not a whole tar"},
		"what is no gzip though it begins so":     {[]byte("\x1f\x8bhello, this is not gzip"), app.CodeInvalid, "not a whole tar"},
		"a tar cut within a file":                 {whole[:2000], app.CodeInvalid, "ended before"},
		"a tar cut between two files":             {whole[:512+5120], app.CodeInvalid, "ended before"},
		"a tar cut behind a file of zeros":        {whole[:len(whole)-1024], app.CodeInvalid, "ended before"},
		"a tar cut within its closing blocks":     {whole[:len(whole)-512], app.CodeInvalid, "ended before"},
		"a gzip that is cut":                      {gzipped(t, whole)[:60], app.CodeInvalid, "ended before"},
		"a gzip without its checksum":             {gzipped(t, whole)[:len(gzipped(t, whole))-8], app.CodeInvalid, "ended before"},
		"a gzip with a wrong checksum":            {append(gzipped(t, whole)[:len(gzipped(t, whole))-8], make([]byte, 8)...), app.CodeInvalid, "not a whole tar"},
		"something behind the end":                {append(slices.Clone(whole), "more"...), app.CodeInvalid, "goes on behind"},
		"a bomb of zeros":                         {bomb, app.CodeTooLarge, "when unpacked"},
		"a file that claims to be huge":           {claim(sparse, 1<<40), app.CodeTooLarge, "when unpacked"},
		"more bytes than may be sent":             {tarOf(t, file("a", strings.Repeat("x", 5<<20))), app.CodeTooLarge, "as it is sent"},
		"too many files":                          {tarOf(t, many(101)...), app.CodeTooLarge, "more than 100 files"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := build.NewSources(dir, limits).Receive(t.Context(), "one", bytes.NewReader(test.upload))
			if app.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got error %v; want one of code %s that says %q", err, test.code, test.says)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("a refused upload left %v, %v", left, err)
			}
		})
	}
}

func TestReceiveDropsWhatLendsRights(t *testing.T) {
	s := build.NewSources(t.TempDir(), limits)
	upload := tarOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "su", Mode: 0o6755, Uid: 1000, Uname: "somebody", PAXRecords: map[string]string{"SCHILY.xattr.security.capability": "x"}})
	if _, err := s.Receive(t.Context(), "one", bytes.NewReader(upload)); err != nil {
		t.Fatal(err)
	}
	stored, err := s.Open(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	h, err := tar.NewReader(stored).Next()
	if err != nil || h.Mode != 0o755 || h.Uid != 0 || h.Uname != "" || len(h.PAXRecords) != 0 {
		t.Errorf("the stored entry is %+v, %v", h, err)
	}
}

func TestReceiveTakesWhatGitArchiveMakes(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed; what its archives look like can't be shown")
	}
	dir := t.TempDir()
	git := func(args ...string) []byte {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return out
	}
	git("init", "-q")
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	git("add", ".")
	git("commit", "-qm", "first")
	s := build.NewSources(filepath.Join(t.TempDir(), "made", "when needed"), limits)
	if _, err := s.Receive(t.Context(), "one", bytes.NewReader(git("archive", "HEAD"))); err != nil {
		t.Fatal(err)
	}
	commit, err := s.Commit(t.Context(), "one")
	if want := strings.TrimSpace(string(git("rev-parse", "HEAD"))); err != nil || commit != want {
		t.Errorf("the commit is %q, %v; want %q", commit, err, want)
	}
}

func TestReceiveStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	endless := iotest.OneByteReader(zeros{}) // the context must end it, no limit does in time
	_, err := build.NewSources(t.TempDir(), build.Limits{}).Receive(ctx, "one", io.MultiReader(bytes.NewReader(claim(tarOf(t, file("a", "1")), 1<<30)[:512]), endless))
	if err == nil || app.CodeOf(err) != app.CodeInternal {
		t.Errorf("got %v; want the context's own error", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestSourcesAreListedAndDiscarded(t *testing.T) {
	s, ctx := build.NewSources(t.TempDir(), limits), t.Context()
	if ids, err := s.IDs(ctx); err != nil || len(ids) != 0 {
		t.Fatalf("a new directory lists %v, %v", ids, err)
	}
	for _, id := range []app.ID[app.Build]{"b", "a"} {
		if _, err := s.Receive(ctx, id, bytes.NewReader(tarOf(t, file("x", "")))); err != nil {
			t.Fatal(err)
		}
	}
	if ids, err := s.IDs(ctx); err != nil || !slices.Equal(ids, []app.ID[app.Build]{"a", "b"}) {
		t.Errorf("the list is %v, %v", ids, err)
	}
	for range 2 { // the second time there is none, which is no error
		if err := s.Discard(ctx, "a"); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(ctx, "a"); !app.IsNotFound(err) {
		t.Errorf("opening a discarded source gave %v", err)
	}
	if ids, err := s.IDs(ctx); err != nil || !slices.Equal(ids, []app.ID[app.Build]{"b"}) {
		t.Errorf("the list is %v, %v", ids, err)
	}
}

// FuzzReceive shows that whatever is accepted is a tar whose every entry, once
// unpacked by a plain unpacker, lies within the directory.
func FuzzReceive(f *testing.F) {
	f.Add(tarOf(f, file("a/b", "x"), symlink("l", "a"), hardLink("h", "a/b")))
	f.Add(tarOf(f, symlink("l", ".."), file("l/x", "")))
	f.Add(gzipped(f, tarOf(f, directory("d"), file("d/x", "hello"))))
	f.Fuzz(func(t *testing.T, upload []byte) {
		dir := t.TempDir()
		s := build.NewSources(dir, build.Limits{Packed: 1 << 20, Unpacked: 1 << 20, Entries: 50})
		if _, err := s.Receive(t.Context(), "one", bytes.NewReader(upload)); err != nil {
			code := app.CodeOf(err)
			left, _ := os.ReadDir(dir)
			if code != app.CodeInvalid && code != app.CodeTooLarge || len(left) > 0 {
				t.Fatalf("%v, leaving %v", err, left)
			}
			return
		}
		stored, err := s.Open(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		defer stored.Close()
		unpackBelow(t, stored, t.TempDir())
		tree, closer, err := s.Tree(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		defer closer.Close()
		if err := fs.WalkDir(tree, ".", func(string, fs.DirEntry, error) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPlanReadsTheStoredTree(t *testing.T) {
	entries := []tar.Header{symlink("Procfile", "deploy/Procfile"), file("deploy/Procfile", "web: x\n"), file("requirements.txt", "flask")}
	s := build.NewSources(t.TempDir(), limits)
	if _, err := s.Receive(t.Context(), "one", bytes.NewReader(gzipped(t, tarOf(t, entries...)))); err != nil {
		t.Fatal(err)
	}
	got, err := s.Plan(t.Context(), "one", offered)
	if err != nil {
		t.Fatal(err)
	}
	want, err := build.Detect(files("Procfile", "web: x\n", "requirements.txt", "flask"), offered)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if _, err := s.Plan(t.Context(), "two", offered); !app.IsNotFound(err) {
		t.Errorf("the plan of a source that is not stored: %v", err)
	}
}
