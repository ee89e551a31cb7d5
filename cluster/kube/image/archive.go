package image

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gondor/app"
)

// Names of the OCI image layout, and of what Docker adds to it.
const (
	layoutFile    = "oci-layout"
	indexFile     = "index.json"
	manifestFile  = "manifest.json" // docker load reads this one
	layoutVersion = `{"imageLayoutVersion":"1.0.0"}`

	// annotationName is the whole name by which containerd imports an image.
	annotationName = "io.containerd.image.name"
	annotationTag  = "org.opencontainers.image.ref.name"
)

// WriteArchive writes an image with its name as a tar of an OCI image layout, which
// ctr, nerdctl, podman and docker load alike. CodeInvalid when reference is no name with a
// tag.
func WriteArchive(w io.Writer, reference string, image v1.Image) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return app.Invalid("reference", "%q is not the name of an image; give one such as example.com/gondor:1.2", reference)
	}
	a := archive{tar.NewWriter(w), map[string]bool{}}
	if err := a.write(tag, image); err != nil {
		return fmt.Errorf("write the archive of %s: %w", reference, err)
	}
	if err := a.tar.Close(); err != nil {
		return fmt.Errorf("end the archive of %s: %w", reference, err)
	}
	return nil
}

// archive is an image layout as it is being written.
type archive struct {
	tar     *tar.Writer
	written map[string]bool // blobs: an image may have the same layer twice
}

func (a archive) write(tag name.Tag, image v1.Image) error {
	if err := a.file(layoutFile, []byte(layoutVersion)); err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for _, layer := range layers {
		if err := a.layer(layer); err != nil {
			return err
		}
	}
	if err := a.documents(image); err != nil {
		return err
	}
	return a.indexes(tag, image)
}

// documents writes the configuration and the manifest.
func (a archive) documents(image v1.Image) error {
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	manifest, err := image.RawManifest()
	if err != nil {
		return err
	}
	configName, err := image.ConfigName()
	if err != nil {
		return err
	}
	manifestName, err := image.Digest()
	if err != nil {
		return err
	}
	if err := a.file(blobPath(configName), config); err != nil {
		return err
	}
	return a.file(blobPath(manifestName), manifest)
}

func (a archive) layer(layer v1.Layer) error {
	hash, err := layer.Digest()
	if err != nil {
		return err
	}
	if a.written[hash.Hex] {
		return nil
	}
	a.written[hash.Hex] = true
	size, err := layer.Size()
	if err != nil {
		return err
	}
	contents, err := layer.Compressed()
	if err != nil {
		return err
	}
	defer func() { _ = contents.Close() }() // it was only read
	if err := a.tar.WriteHeader(&tar.Header{Name: blobPath(hash), Mode: 0o644, Size: size}); err != nil {
		return err
	}
	_, err = io.Copy(a.tar, contents)
	return err
}

// indexes writes what names the image: one file for each of the two readers.
func (a archive) indexes(tag name.Tag, image v1.Image) error {
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	index, err := a.index(tag, image)
	if err != nil {
		return err
	}
	if err := a.json(indexFile, index); err != nil {
		return err
	}
	docker := dockerManifest{Config: blobPath(manifest.Config.Digest), RepoTags: []string{fullName(tag)}}
	for _, layer := range manifest.Layers {
		docker.Layers = append(docker.Layers, blobPath(layer.Digest))
	}
	return a.json(manifestFile, []dockerManifest{docker})
}

func (a archive) index(tag name.Tag, image v1.Image) (v1.IndexManifest, error) {
	descriptor, err := describe(image)
	if err != nil {
		return v1.IndexManifest{}, err
	}
	descriptor.Annotations = map[string]string{annotationName: fullName(tag), annotationTag: tag.TagStr()}
	return v1.IndexManifest{
		SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{descriptor},
	}, nil
}

func describe(image v1.Image) (d v1.Descriptor, err error) {
	if d.MediaType, err = image.MediaType(); err != nil {
		return d, err
	}
	if d.Digest, err = image.Digest(); err != nil {
		return d, err
	}
	if d.Size, err = image.Size(); err != nil {
		return d, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return d, err
	}
	d.Platform = config.Platform()
	return d, nil
}

// dockerManifest is an element of manifest.json.
type dockerManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func (a archive) json(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return a.file(name, text)
}

func (a archive) file(name string, contents []byte) error {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(contents))}); err != nil {
		return err
	}
	_, err := a.tar.Write(contents)
	return err
}

func blobPath(hash v1.Hash) string { return path.Join("blobs", hash.Algorithm, hash.Hex) }

// fullName is the name as containerd and Kubernetes write it: a short one is of Docker's
// registry, which go-containerregistry calls by its other name.
func fullName(tag name.Tag) string {
	return strings.Replace(tag.Name(), name.DefaultRegistry+"/", "docker.io/", 1)
}
