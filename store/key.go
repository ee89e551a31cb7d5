package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"gondor/app"
)

// keyCheckText is what the key check of the meta bucket opens to.
const keyCheckText = "gondor"

// OpenKey returns the vault of the installation's key file, VaultKeySize raw bytes of
// mode 0600, and makes the file when it is absent. From then on the store belongs to
// this key: a missing file or one with another key is refused, since the secrets that
// the store holds could not be opened, and so is a file that others than its owner may
// read, all with an error of CodeConflict.
func (s *Store) OpenKey(ctx context.Context, path string) (*app.Vault, error) {
	check, err := s.keyCheck(ctx)
	if err != nil {
		return nil, err
	}
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path, check)
	}
	if err != nil {
		return nil, err
	}
	vault, err := app.NewVault(key)
	if err != nil {
		return nil, err
	}
	if err := s.agree(ctx, vault, check, path); err != nil {
		return nil, err
	}
	return vault, nil
}

// agree refuses a vault that is not the store's, and makes it the store's when it has none.
func (s *Store) agree(ctx context.Context, vault *app.Vault, check app.Sealed, path string) error {
	if check == nil {
		return s.keepKeyCheck(ctx, vault)
	}
	if text, err := vault.Open(check); err != nil || text != keyCheckText {
		return app.Conflict("", "the key file %s is not the one that this store's secrets were sealed with; put that one in its place", path)
	}
	return nil
}

// keyCheck returns the sealed check, nil when the store belongs to no key yet.
func (s *Store) keyCheck(ctx context.Context) (check app.Sealed, err error) {
	err = s.view(ctx, func(t *transaction) error {
		check = bytes.Clone(t.bolt.Bucket(metaBucket).Get(keyCheckKey))
		return nil
	})
	return check, err
}

func (s *Store) keepKeyCheck(ctx context.Context, vault *app.Vault) error {
	return s.update(ctx, func(t *transaction) error {
		return t.write(func() error {
			return t.bolt.Bucket(metaBucket).Put(keyCheckKey, vault.Seal(keyCheckText))
		})
	})
}

// readKey reads the key file, which must be its owner's alone.
func readKey(path string) (key []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := checkKeyFile(file); err != nil {
		return nil, err
	}
	if key, err = io.ReadAll(io.LimitReader(file, app.VaultKeySize+1)); err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	if len(key) != app.VaultKeySize {
		return nil, app.Conflict("", "the key file %s does not have %d bytes; put the installation's own in its place", path, app.VaultKeySize)
	}
	return key, nil
}

func checkKeyFile(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return app.Conflict("", "%s is not a file; the key file must be a regular one", file.Name())
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return app.Conflict("", "the key file %s has mode %04o, others than its owner may use it; run: chmod 600 %[1]s", file.Name(), mode)
	}
	return nil
}

// makeKey makes the key file of a store that belongs to no key yet.
func makeKey(path string, check app.Sealed) ([]byte, error) {
	if check != nil {
		return nil, app.Conflict("", "the key file %s is missing, and the store holds secrets that only it can open; put it back from a backup", path)
	}
	key := make([]byte, app.VaultKeySize)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	err := writeFile(path, func(w io.Writer) error {
		_, err := w.Write(key)
		return err
	})
	return key, err
}
