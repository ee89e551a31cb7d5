package builder

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"gondor/app"
	"gondor/cluster/runtimes"
)

// probePatience is how long a program of a base image may take to tell its version. What it
// does not tell is kept as not being there, and npm takes many seconds on a busy node.
const probePatience = time.Minute

// Probe writes the languages of the image that it runs in, as JSON.
func Probe(ctx context.Context, out io.Writer, log *slog.Logger) error {
	found, err := runtimes.New(os.Getenv("PATH"), false, probePatience, log).List(ctx)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(found); err != nil {
		return fmt.Errorf("tell the languages of an image: %w", err)
	}
	return nil
}

// Probed reads what Probe has written.
func Probed(in io.Reader) ([]app.Runtime, error) {
	var found []app.Runtime
	if err := json.NewDecoder(in).Decode(&found); err != nil {
		return nil, fmt.Errorf("read the languages of an image: %w", err)
	}
	return found, nil
}
