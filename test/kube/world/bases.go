package world

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// The base images of tests and the Debian packages that they are made of.
var bases = map[string][]string{
	"debian":     {"base-files"},
	"python":     {"python3", "python3-venv", "python3-pip", "libpq5", "ca-certificates"},
	"node":       {"nodejs", "npm", "ca-certificates"},
	"postgresql": {"postgresql"},
}

// Base returns the reference of a base image, which is made once and pushed to the registry:
// "debian" with nothing more, "python", "node", "go" and "postgresql".
func (r *Registry) Base(ctx context.Context, base string) (string, error) {
	image, err := r.world.Image(base)
	if err != nil {
		return "", err
	}
	return r.Push(ctx, "base/"+base+":test", image)
}

// Image returns a base image as Base pushes it. It is made of the packages of this machine's
// Debian; Go is that which runs the tests.
func (w *World) Image(base string) (v1.Image, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if image := w.images[base]; image != nil {
		return image, nil
	}
	image, err := w.makeImage(base)
	if err == nil {
		w.images[base] = image
	}
	return image, err
}

func (w *World) makeImage(base string) (v1.Image, error) {
	if base != "go" {
		return w.debian(base)
	}
	image, err := w.debian("debian")
	if err != nil {
		return nil, err
	}
	toolchain, err := goToolchain()
	if err != nil {
		return nil, fmt.Errorf("make the base image of Go: %w", err)
	}
	layer, err := tarball.LayerFromFile(toolchain, tarball.WithCompressionLevel(1))
	if err != nil {
		return nil, fmt.Errorf("make the base image of Go: %w", err)
	}
	return withGo(image, layer)
}

func withGo(image v1.Image, layer v1.Layer) (v1.Image, error) {
	image, err := mutate.AppendLayers(image, layer)
	if err != nil {
		return nil, fmt.Errorf("make the base image of Go: %w", err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("make the base image of Go: %w", err)
	}
	config := *file.Config.DeepCopy()
	config.Env = []string{"PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	return mutate.Config(image, config)
}

// debian returns an image of Debian packages, made by the program of test/cluster once and
// kept as a layout of files.
func (w *World) debian(base string) (v1.Image, error) {
	if w.program == "" {
		if err := w.build(); err != nil {
			return nil, err
		}
	}
	unlock, err := locked("images", exclusive)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock.Close() }() // which unlocks
	archive, err := w.Cluster(append([]string{"image", "base/" + base + ":1"}, bases[base]...)...)
	if err != nil {
		return nil, err
	}
	dir := archive + ".layout"
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := unpack(archive, dir); err != nil {
			return nil, err
		}
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("read the image %s: %w", base, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		return nil, fmt.Errorf("read the image %s: it is not one image: %w", base, err)
	}
	return index.Image(manifest.Manifests[0].Digest)
}

// unpack unpacks an archive of an image into a directory, all or nothing.
func unpack(archive, dir string) error {
	unfinished := dir + ".unfinished"
	if err := os.MkdirAll(unfinished, 0o755); err != nil {
		return fmt.Errorf("unpack %s: %w", archive, err)
	}
	c := exec.Command("tar", "-xf", archive, "-C", unfinished)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("unpack %s: %w\n%s", archive, err, out)
	}
	return os.Rename(unfinished, dir)
}

// goToolchain returns a tar of the Go that runs the tests, as /usr/local/go, without what no
// build needs.
func goToolchain() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("find Go: %w", err)
	}
	goroot, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	dir, err := cache()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "toolchain-"+version+".tar")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	unfinished := fmt.Sprintf("%s.%d", path, os.Getpid())
	arguments := []string{"-cf", unfinished, "--sort=name", "--owner=0", "--group=0", "-C", goroot, "--transform", "s,^\\.,usr/local/go,"}
	for _, part := range []string{"./test", "./doc", "./api", "./misc", "testdata", "./pkg/obj"} {
		arguments = append(arguments, "--exclude="+part)
	}
	if out, err := exec.Command("tar", append(arguments, ".")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("pack Go: %w\n%s", err, out)
	}
	return path, os.Rename(unfinished, path)
}

// WithFiles adds files below /app to an image, as a build does.
func WithFiles(base v1.Image, files map[string]string) (v1.Image, error) {
	var out bytes.Buffer
	t := tar.NewWriter(&out)
	err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "app/", Mode: 0o755, Uid: 10001, Gid: 10001})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err = errors.Join(err, t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "app/" + name, Mode: 0o755, Uid: 10001, Gid: 10001, Size: int64(len(files[name]))}))
		_, writing := io.WriteString(t, files[name])
		err = errors.Join(err, writing)
	}
	if err := errors.Join(err, t.Close()); err != nil {
		return nil, fmt.Errorf("add files to an image: %w", err)
	}
	image, err := withLayer(base, out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("add files to an image: %w", err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("add files to an image: %w", err)
	}
	config := *file.Config.DeepCopy()
	config.WorkingDir = "/app"
	return mutate.Config(image, config)
}
