package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// Program makes an image that holds nothing but a binary at an absolute path, which
// everybody may run and nobody but root may change. It is there to be given to Ship. The
// same binary makes the same image. The caller closes the layer when the image is no longer
// needed.
func Program(binary, at string) (v1.Image, *Layer, error) {
	architecture, err := inspect(binary)
	if err != nil {
		return nil, nil, err
	}
	layer, err := pack(func(entries *tar.Writer) error { return writeProgram(entries, binary, at[1:]) })
	if err != nil {
		return nil, nil, err
	}
	image, err := gondorImage(architecture, layer)
	if err != nil {
		return nil, nil, errors.Join(err, layer.Close())
	}
	return image, layer, nil
}

func writeProgram(entries *tar.Writer, binary, at string) error {
	directory := tar.Header{Typeflag: tar.TypeDir, Name: path.Dir(at) + "/", Mode: 0o755}
	if err := entries.WriteHeader(&directory); err != nil {
		return fmt.Errorf("write %s to the layer: %w", directory.Name, err)
	}
	return writeFile(entries, binary, at)
}

// writeFile writes a file as a program.
func writeFile(entries *tar.Writer, file, at string) error {
	from, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("open Gondor's binary: %w", err)
	}
	defer func() { _ = from.Close() }() // it was only read
	info, err := from.Stat()
	if err != nil {
		return fmt.Errorf("measure Gondor's binary: %w", err)
	}
	header := tar.Header{Typeflag: tar.TypeReg, Name: at, Mode: 0o755, Size: info.Size()}
	if err := entries.WriteHeader(&header); err != nil {
		return fmt.Errorf("write %s to the layer: %w", at, err)
	}
	if _, err := io.Copy(entries, from); err != nil {
		return fmt.Errorf("write Gondor's binary to the layer: %w", err)
	}
	return nil
}

// Ship puts the layer of a program on an image, which is left as it is otherwise. The layer
// of an image that came from a registry is not sent again to the same one.
func Ship(base, program v1.Image) (v1.Image, error) {
	layers, err := program.Layers()
	if err != nil || len(layers) != 1 {
		return nil, errors.Join(errors.New("the image of a program has not one layer"), err)
	}
	kind, err := layerType(base)
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(base, mutate.Addendum{Layer: layers[0], MediaType: kind, History: v1.History{CreatedBy: "gondor"}})
	if err != nil {
		return nil, fmt.Errorf("add a program to an image: %w", err)
	}
	return image, nil
}

// Shipped is the digest of the layer that Ship put on an image, or of whatever is its last:
// who asks knows which it should be.
func Shipped(made v1.Image) (v1.Hash, error) {
	manifest, err := made.Manifest()
	if err != nil || len(manifest.Layers) == 0 {
		return v1.Hash{}, errors.Join(errors.New("the image has no layers"), err)
	}
	return manifest.Layers[len(manifest.Layers)-1].Digest, nil
}
