package build_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file, directory, symlink and hardLink are entries of a tar.
func file(name, contents string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(contents)), Linkname: contents}
}

func directory(name string) tar.Header {
	return tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}
}

func symlink(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}
}

func hardLink(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644}
}

// tarOf makes a tar; the Linkname of a file is its contents.
func tarOf(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range entries {
		contents := ""
		if h.Typeflag == tar.TypeReg {
			contents, h.Linkname = h.Linkname, ""
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, contents); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// claim writes another size into the first header of a tar, in the base-256 form.
func claim(data []byte, size uint64) []byte {
	data = slices.Clone(data)
	data[124] = 0x80
	for i := range 11 {
		data[135-i] = byte(size >> (8 * i))
	}
	copy(data[148:156], "        ")
	sum := 0
	for _, b := range data[:512] {
		sum += int(b)
	}
	copy(data[148:156], []byte{byte('0' + sum>>15&7), byte('0' + sum>>12&7), byte('0' + sum>>9&7), byte('0' + sum>>6&7), byte('0' + sum>>3&7), byte('0' + sum&7), 0, ' '})
	return data
}

func many(n int) []tar.Header {
	entries := make([]tar.Header, n)
	for i := range entries {
		entries[i] = file("f"+strings.Repeat("x", i), "")
	}
	return entries
}

// unpackBelow unpacks a tar; a Root refuses to step out of its directory.
func unpackBelow(t *testing.T, from io.Reader, dir string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	reader := tar.NewReader(from)
	for {
		h, err := reader.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := unpackOne(root, h, reader); err != nil {
			t.Fatalf("%q: %v", h.Name, err)
		}
	}
}

func unpackOne(root *os.Root, h *tar.Header, from io.Reader) error {
	name := filepath.Clean(h.Name)
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return root.Link(h.Linkname, name)
	}
	data, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	return root.WriteFile(name, data, 0o600)
}
