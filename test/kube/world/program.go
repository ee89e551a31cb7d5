package world

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// nonRoot is the user of Gondor's image.
const nonRoot = "10001:10001"

// Program builds a Go package, such as "./test/kube/site", as a program that needs nothing,
// and loads an image that has it as /gondor into all nodes, once. It returns the reference.
func (w *World) Program(folder string) (string, error) {
	w.building.Lock()
	defer w.building.Unlock()
	if reference := w.programs[folder]; reference != "" {
		return reference, nil
	}
	reference, err := w.makeProgram(folder)
	if err == nil {
		w.programs[folder] = reference
	}
	return reference, err
}

func (w *World) makeProgram(folder string) (string, error) {
	dir, err := os.MkdirTemp("", "gondor-test-program-")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", folder, err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system does it otherwise
	binary := filepath.Join(dir, "gondor")
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, folder)
	c.Dir, c.Env = Root(), append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=-buildvcs=false")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", folder, err, out)
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", folder, err)
	}
	sum := sha256.Sum256(data)
	reference := "cluster.test/" + filepath.Base(folder) + ":" + hex.EncodeToString(sum[:8])
	archive := filepath.Join(dir, "image.tar")
	if err := writeProgram(archive, reference, data); err != nil {
		return "", fmt.Errorf("make the image of %s: %w", folder, err)
	}
	return reference, w.load(reference, archive)
}

// writeProgram writes the archive of an image that holds a program as /gondor.
func writeProgram(archive, reference string, program []byte) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return err
	}
	base, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		OS: "linux", Architecture: runtime.GOARCH,
		Config: v1.Config{Entrypoint: []string{"/gondor"}, User: nonRoot, WorkingDir: "/", Env: []string{"PATH=/", "HOME=/tmp"}},
	})
	if err != nil {
		return err
	}
	var files bytes.Buffer
	t := tar.NewWriter(&files)
	err = errors.Join(
		t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}),
		t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "gondor", Mode: 0o755, Size: int64(len(program))}))
	if err != nil {
		return err
	}
	if _, err := t.Write(program); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	image, err := withLayer(base, files.Bytes())
	if err != nil {
		return err
	}
	return tarball.WriteToFile(archive, tag, image)
}

// withLayer adds a layer of the files of a tar to an image.
func withLayer(base v1.Image, files []byte) (v1.Image, error) {
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil },
		tarball.WithCompressionLevel(1))
	if err != nil {
		return nil, err
	}
	return mutate.AppendLayers(base, layer)
}

// load loads an archive into all nodes, once in the life of the cluster.
func (w *World) load(reference, archive string) error {
	if !w.Own {
		return loadElsewhere(archive)
	}
	unlock, err := locked("load", exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = unlock.Close() }() // which unlocks
	mark := filepath.Join(ownState, "loaded-"+strings.NewReplacer("/", "-", ":", "-").Replace(reference))
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if _, err := w.Cluster("load", archive); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o600)
}

// loadElsewhere loads an archive into the nodes of a cluster that is not test/cluster's.
func loadElsewhere(archive string) error {
	command := strings.Fields(os.Getenv(loadVariable))
	if len(command) == 0 {
		return fmt.Errorf("%s must hold a command that loads the archive of images behind it into this cluster's nodes, as \"kind load image-archive\" does", loadVariable)
	}
	c := exec.Command(command[0], append(command[1:], archive)...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("load %s: %w\n%s", archive, err, out)
	}
	return nil
}

// Load loads an archive of images into all nodes, once in the life of the cluster.
func (w *World) Load(archive string) error {
	file, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("load an archive of images: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("load an archive of images: %w", err)
	}
	return w.load(hex.EncodeToString(hash.Sum(nil)[:8]), archive)
}
