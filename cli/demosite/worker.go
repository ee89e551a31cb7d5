package demosite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// beatsFile is where the worker counts, in the DATA_DIR that both processes share.
const beatsFile = "beats"

// readBeats is how far the worker has counted, 0 before its first beat.
func readBeats(env func(string) string) int64 {
	text, err := os.ReadFile(filepath.Join(env("DATA_DIR"), beatsFile))
	if err != nil {
		return 0
	}
	beats, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return beats
}

// Work counts once a tick into a file, going on where an earlier worker ended, and says
// so now and then, until ctx ends.
func Work(ctx context.Context, env func(string) string, out io.Writer) error {
	beats := readBeats(env)
	if _, err := fmt.Fprintf(out, "The worker goes on at %d.\n", beats); err != nil {
		return err
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		beats++
		if err := writeBeats(env, beats); err != nil {
			return err
		}
		if beats%60 == 0 {
			if _, err := fmt.Fprintf(out, "Counted to %d.\n", beats); err != nil {
				return err
			}
		}
	}
}

// writeBeats replaces the file, so that whoever reads it finds a whole number.
func writeBeats(env func(string) string, beats int64) error {
	beside, err := os.CreateTemp(env("DATA_DIR"), ".beats.*")
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	defer func() { _ = os.Remove(beside.Name()) }() // gone already once it has its name
	_, err = fmt.Fprintln(beside, beats)
	if err := errors.Join(err, beside.Close()); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	return os.Rename(beside.Name(), filepath.Join(env("DATA_DIR"), beatsFile))
}
