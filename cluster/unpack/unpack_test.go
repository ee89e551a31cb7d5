package unpack

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// archive makes a tar of headers; a file holds its own name.
func archive(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestATreeIsUnpackedAsItIs(t *testing.T) {
	dir := t.TempDir()
	source := archive(
		t,
		tar.Header{Typeflag: tar.TypeDir, Name: "./", Mode: 0o700},
		tar.Header{Typeflag: tar.TypeReg, Name: "bin/run", Mode: 0o700},
		tar.Header{Typeflag: tar.TypeReg, Name: "page", Mode: 0o600},
		tar.Header{Typeflag: tar.TypeReg, Name: "page", Mode: 0o600},
		tar.Header{Typeflag: tar.TypeSymlink, Name: "link", Linkname: "bin/run"},
		tar.Header{Typeflag: tar.TypeLink, Name: "same", Linkname: "page"},
	)
	if err := Tar(bytes.NewReader(source), dir, 1<<20); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"bin/run": "-rwxr-xr-x", "page": "-rw-r--r--", "same": "-rw-r--r--", "link": "-rwxr-xr-x"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().String() != want {
			t.Errorf("%s is %v, %v; want %s", name, info, err, want)
		}
	}
}

func TestMoreThanTheLimitIsNotUnpacked(t *testing.T) {
	source := archive(t, tar.Header{Typeflag: tar.TypeReg, Name: "a-long-name"})
	if err := Tar(bytes.NewReader(source), t.TempDir(), 3); err == nil {
		t.Error("it was")
	}
}

func FuzzUnpackStaysInItsDirectory(f *testing.F) {
	f.Add(archive(f, tar.Header{Typeflag: tar.TypeReg, Name: "../outside"}))
	f.Add(archive(f, tar.Header{Typeflag: tar.TypeReg, Name: "/outside"}))
	f.Add(archive(f, tar.Header{Typeflag: tar.TypeLink, Name: "link", Linkname: "../neighbour"}))
	f.Add(archive(
		f,
		tar.Header{Typeflag: tar.TypeSymlink, Name: "up", Linkname: ".."},
		tar.Header{Typeflag: tar.TypeReg, Name: "up/outside"},
	))
	f.Fuzz(func(t *testing.T, source []byte) {
		above := t.TempDir()
		dir := filepath.Join(above, "inside")
		for _, one := range []string{dir, filepath.Join(above, "neighbour")} {
			if err := os.Mkdir(one, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		_ = Tar(bytes.NewReader(source), dir, 1<<16) // it may be refused
		entries, err := os.ReadDir(above)
		if err != nil || len(entries) != 2 {
			t.Errorf("outside there is %v, %v", entries, err)
		}
	})
}
