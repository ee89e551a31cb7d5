package systemd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gondor/app"
)

// Result says what an installation changed.
type Result struct {
	Binary bool // it was not there, or another one
	Unit   bool // the same
	Before bool // there was a unit
}

// Install puts a copy of the program and the unit below a root directory, "/" for this
// machine, and makes the data directory. What is the same already is left alone. Each file
// is there whole or not at all.
func Install(root, program string, s Server) (Result, error) {
	unit, err := Unit(s)
	if err != nil {
		return Result{}, err
	}
	var r Result
	if err := os.MkdirAll(filepath.Join(root, s.Data), 0o711); err != nil {
		return r, fmt.Errorf("make the data directory: %w", err)
	}
	if r.Binary, err = place(filepath.Join(root, Binary), 0o755, func() (io.ReadCloser, error) { return os.Open(program) }); err != nil {
		return r, fmt.Errorf("install the program: %w", err)
	}
	_, err = os.Stat(filepath.Join(root, UnitPath))
	r.Before = err == nil
	r.Unit, err = place(filepath.Join(root, UnitPath), 0o644, func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(unit)), nil
	})
	if err != nil {
		return r, fmt.Errorf("write the unit: %w", err)
	}
	return r, nil
}

// Installed returns the unit below the root; CodeNotFound when there is none.
func Installed(root string) ([]byte, error) {
	unit, err := os.ReadFile(filepath.Join(root, UnitPath))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, app.NotFound("unit")
	}
	if err != nil {
		return nil, fmt.Errorf("read the unit: %w", err)
	}
	return unit, nil
}

// place writes a file unless its contents are the same, and reports whether it did.
func place(path string, mode fs.FileMode, open func() (io.ReadCloser, error)) (_ bool, err error) {
	from, err := open()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	beside, err := os.CreateTemp(filepath.Dir(path), ".gondor-*")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(beside.Name()) }() // it was renamed, or nobody needs it
	_, err = io.Copy(beside, from)
	if err := errors.Join(err, beside.Chmod(mode), beside.Sync(), beside.Close()); err != nil {
		return false, err
	}
	if same, err := equal(path, beside.Name()); err != nil || same {
		return false, err
	}
	return true, os.Rename(beside.Name(), path)
}

// equal compares two files; one that is missing equals none.
func equal(path, other string) (bool, error) {
	a, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = a.Close() }()
	b, err := os.Open(other)
	if err != nil {
		return false, err
	}
	defer func() { _ = b.Close() }()
	return equalStreams(a, b)
}

// equalStreams reads both to their end or the first difference.
func equalStreams(a, b io.Reader) (bool, error) {
	left, right := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, err := readFull(a, left)
		if err != nil {
			return false, err
		}
		m, err := readFull(b, right)
		if err != nil || !bytes.Equal(left[:n], right[:m]) {
			return false, err
		}
		if n < len(left) {
			return true, nil
		}
	}
}

// readFull fills the buffer, or less at the end.
func readFull(r io.Reader, buf []byte) (int, error) {
	n, err := io.ReadFull(r, buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, nil
	}
	return n, err
}
