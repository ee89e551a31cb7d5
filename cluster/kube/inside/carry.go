package inside

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Carry copies a program to a target, with mode 0755, so that the target is never seen
// half written.
func Carry(program, target string) error {
	from, err := os.Open(program)
	if err != nil {
		return fmt.Errorf("open the program to carry: %w", err)
	}
	defer func() { _ = from.Close() }() // it was only read
	to, err := os.CreateTemp(filepath.Dir(target), ".carried-")
	if err != nil {
		return fmt.Errorf("carry the program: %w", err)
	}
	_, err = io.Copy(to, from)
	err = errors.Join(err, to.Chmod(0o755), to.Close())
	if err == nil {
		err = os.Rename(to.Name(), target)
	}
	if err != nil {
		return fmt.Errorf("carry the program: %w", errors.Join(err, os.Remove(to.Name())))
	}
	return nil
}
