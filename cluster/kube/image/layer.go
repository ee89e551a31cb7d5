package image

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Layer is a gzipped tar in a temporary file that has no name, so that nothing is left
// of it whatever happens. It implements v1.Layer and is safe for concurrent use until it
// is closed.
type Layer struct {
	file           *os.File
	size           int64
	digest, diffID v1.Hash
}

var _ v1.Layer = (*Layer)(nil)

// pack makes a layer of the entries that write writes. It holds none of them in memory.
func pack(write func(*tar.Writer) error) (_ *Layer, err error) {
	file, err := os.CreateTemp("", "layer-*")
	if err != nil {
		return nil, fmt.Errorf("make the file of a layer: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	if err := os.Remove(file.Name()); err != nil {
		return nil, fmt.Errorf("take the name of a layer's file: %w", err)
	}
	layer := &Layer{file: file}
	return layer, layer.fill(write)
}

// fill writes the file once and learns both digests meanwhile.
func (l *Layer) fill(write func(*tar.Writer) error) error {
	compressed, plain := sha256.New(), sha256.New()
	zipped, err := gzip.NewWriterLevel(io.MultiWriter(l.file, compressed), gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("compress a layer: %w", err)
	}
	entries := tar.NewWriter(io.MultiWriter(zipped, plain))
	if err := write(entries); err != nil {
		return err
	}
	if err := errors.Join(entries.Close(), zipped.Close()); err != nil {
		return fmt.Errorf("end a layer: %w", err)
	}
	l.digest, l.diffID = digest(compressed), digest(plain)
	if l.size, err = l.file.Seek(0, io.SeekEnd); err != nil {
		return fmt.Errorf("measure a layer: %w", err)
	}
	return nil
}

func digest(sum hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
}

// Digest implements v1.Layer.
func (l *Layer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID implements v1.Layer.
func (l *Layer) DiffID() (v1.Hash, error) { return l.diffID, nil }

// Size implements v1.Layer.
func (l *Layer) Size() (int64, error) { return l.size, nil }

// MediaType implements v1.Layer.
func (l *Layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }

// Compressed implements v1.Layer.
func (l *Layer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(l.file, 0, l.size)), nil
}

// Uncompressed implements v1.Layer.
func (l *Layer) Uncompressed() (io.ReadCloser, error) {
	return gzip.NewReader(io.NewSectionReader(l.file, 0, l.size))
}

// Close gives the space of the layer back.
func (l *Layer) Close() error { return l.file.Close() }
