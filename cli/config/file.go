package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"go.yaml.in/yaml/v3"

	"gondor/app"
)

// File is the client's configuration file. Several programs may use it at once.
type File struct{ path string }

// Open returns the file at $XDG_CONFIG_HOME/gondor/config.yml, or below ~/.config where
// that is not set. It need not exist. env looks up environment variables.
func Open(env func(string) string) (File, error) {
	base := env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(base) { // as the XDG Base Directory Specification has it
		home := env("HOME")
		if home == "" {
			return File{}, app.Invalid("", "neither XDG_CONFIG_HOME nor HOME is set, so there is no place for the configuration; set one, or GONDOR_URL and GONDOR_TOKEN")
		}
		base = filepath.Join(home, ".config")
	}
	return File{path: filepath.Join(base, "gondor", "config.yml")}, nil
}

// Path returns where the file is.
func (f File) Path() string { return f.path }

// Read returns the configuration, an empty one when there is no file.
func (f File) Read() (Config, error) {
	var c Config
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && len(bytes.TrimSpace(text)) > 0 {
		return c, app.Invalid("", "%s can't be read (%v); mend it, or remove it and sign in again", f.path, err)
	}
	return c, nil
}

// Update changes the configuration, alone among all programs that do. Nothing is
// written when change fails.
func (f File) Update(change func(*Config) error) error {
	unlock, err := f.lock()
	if err != nil {
		return fmt.Errorf("lock the configuration: %w", err)
	}
	defer unlock()
	c, err := f.Read()
	if err != nil {
		return err
	}
	if err := change(&c); err != nil {
		return err
	}
	if err := f.write(c); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// lock waits for its turn; the lock is a file of its own, as the configuration is
// replaced whenever it is written.
func (f File) lock() (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(f.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil // which lets go of the lock
}

// write replaces the file.
func (f File) write(c Config) error {
	text, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(f.path), ".config.*.yml") // of mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(beside.Name()) }() // gone already once it has its name
	_, err = beside.Write(text)
	if err := errors.Join(err, beside.Sync(), beside.Close()); err != nil {
		return err
	}
	return os.Rename(beside.Name(), f.path)
}
