package image

import (
	"archive/tar"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gondor/app"
)

// NonRoot is the user and the group that Gondor and the sites run as in containers.
const NonRoot = 10001

// machines are the architectures that Gondor's image can be made for.
var machines = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}

// Gondor makes the image that holds nothing but Gondor's binary at /gondor and an empty
// /tmp, and runs as NonRoot. The certificates of public authorities are in the binary.
// CodeInvalid when the file is no program of Linux that runs without any library. The
// caller closes the layer when the image is no longer needed.
func Gondor(binary string) (v1.Image, *Layer, error) {
	architecture, err := inspect(binary)
	if err != nil {
		return nil, nil, err
	}
	layer, err := pack(func(entries *tar.Writer) error { return writeGondor(entries, binary) })
	if err != nil {
		return nil, nil, err
	}
	image, err := gondorImage(architecture, layer)
	if err != nil {
		return nil, nil, errors.Join(err, layer.Close())
	}
	return image, layer, nil
}

func gondorImage(architecture string, layer *Layer) (v1.Image, error) {
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.ConfigFile(base, &v1.ConfigFile{
		OS: "linux", Architecture: architecture,
		Config: v1.Config{
			Entrypoint: []string{"/gondor"}, WorkingDir: "/", User: fmt.Sprintf("%d:%d", NonRoot, NonRoot),
			Env: []string{"PATH=/", "HOME=/tmp"},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("configure Gondor's image: %w", err)
	}
	image, err = mutate.Append(image, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "gondor image"}})
	if err != nil {
		return nil, fmt.Errorf("add the layer of Gondor's image: %w", err)
	}
	return image, nil
}

// inspect tells for which architecture a binary is.
func inspect(binary string) (architecture string, err error) {
	file, err := elf.Open(binary)
	var format *elf.FormatError
	switch {
	case errors.As(err, &format):
		return "", app.Invalid("binary", "%s is not a program of Linux; build one with GOOS=linux CGO_ENABLED=0 and give it with --binary", binary)
	case errors.Is(err, os.ErrNotExist):
		return "", app.Invalid("binary", "there is no file %s", binary)
	case err != nil:
		return "", fmt.Errorf("read Gondor's binary: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return "", app.Invalid("binary", "%s needs libraries that the image does not have; build it with CGO_ENABLED=0", binary)
	}
	architecture, ok := machines[file.Machine]
	if !ok {
		return "", app.Invalid("binary", "%s is for %s; Gondor's image can be made for amd64 and arm64", binary, file.Machine)
	}
	return architecture, nil
}

func writeGondor(entries *tar.Writer, binary string) error {
	directory := tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}
	if err := entries.WriteHeader(&directory); err != nil {
		return fmt.Errorf("write %s to the layer: %w", directory.Name, err)
	}
	return writeFile(entries, binary, "gondor")
}
