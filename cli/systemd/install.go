package systemd

import (
	"bytes"
	"errors"
	"fmt"
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
	binary, err := os.ReadFile(program)
	if err != nil {
		return r, fmt.Errorf("read the program: %w", err)
	}
	if r.Binary, err = place(filepath.Join(root, Binary), 0o755, binary); err != nil {
		return r, fmt.Errorf("install the program: %w", err)
	}
	_, err = os.Stat(filepath.Join(root, UnitPath))
	r.Before = err == nil
	if r.Unit, err = place(filepath.Join(root, UnitPath), 0o644, unit); err != nil {
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
func place(path string, mode fs.FileMode, contents []byte) (bool, error) {
	before, err := os.ReadFile(path)
	if err == nil && bytes.Equal(before, contents) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	beside, err := os.CreateTemp(filepath.Dir(path), ".gondor-*")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(beside.Name()) }() // it was renamed, or nobody needs it
	_, err = beside.Write(contents)
	if err := errors.Join(err, beside.Chmod(mode), beside.Sync(), beside.Close()); err != nil {
		return false, err
	}
	return true, os.Rename(beside.Name(), path)
}
