package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Media types of the OCI image specification.
const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// archive is an OCI image layout in a tar file, as it is being written.
type archive struct {
	*tar.Writer
}

// contents is what an image holds and how it runs.
type contents struct {
	layer      string // path of the tar file of all its files
	entrypoint []string
	variables  []string // NAME=VALUE
}

// writeImage writes an archive of an image of one layer.
func writeImage(path, reference string, c contents) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the image %s: %w", reference, err)
	}
	defer file.Close()
	a := archive{tar.NewWriter(file)}
	if err := a.image(reference, c); err != nil {
		return fmt.Errorf("write the image %s: %w", reference, err)
	}
	if err := a.Close(); err != nil {
		return fmt.Errorf("write the image %s: %w", reference, err)
	}
	return file.Sync()
}

// writeProgramImage writes an archive of an image whose only file and entry point is /program.
func writeProgramImage(path, reference, program string) error {
	layer := path + ".layer"
	defer os.Remove(layer)
	if err := writeLayer(layer, program); err != nil {
		return fmt.Errorf("write the image %s: %w", reference, err)
	}
	return writeImage(path, reference, contents{layer: layer, entrypoint: []string{"/program"}})
}

func (a archive) image(reference string, c contents) error {
	layer, err := a.layer(c.layer)
	if err != nil {
		return err
	}
	config, err := a.document(configType, map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": c.entrypoint, "Env": c.variables},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layer.Digest}},
	})
	if err != nil {
		return err
	}
	manifest, err := a.document(manifestType, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": config, "layers": []descriptor{layer},
	})
	if err != nil {
		return err
	}
	manifest.Annotations = map[string]string{"io.containerd.image.name": reference}
	return a.index(manifest)
}

// layer adds a file as a blob; it reads it twice, for the name is the hash.
func (a archive) layer(path string) (descriptor, error) {
	file, err := os.Open(path)
	if err != nil {
		return descriptor{}, err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if err != nil {
		return descriptor{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return descriptor{}, err
	}
	digest := hex.EncodeToString(hash.Sum(nil))
	if err := a.WriteHeader(&tar.Header{Name: "blobs/sha256/" + digest, Mode: 0o644, Size: size}); err != nil {
		return descriptor{}, err
	}
	_, err = io.Copy(a, file)
	return descriptor{MediaType: layerType, Digest: "sha256:" + digest, Size: size}, err
}

func (a archive) index(manifest descriptor) error {
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []descriptor{manifest}})
	if err != nil {
		return err
	}
	if err := a.file("index.json", 0o644, index); err != nil {
		return err
	}
	return a.file("oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`))
}

func (a archive) document(mediaType string, value any) (descriptor, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return descriptor{}, err
	}
	return a.blob(mediaType, data)
}

func (a archive) blob(mediaType string, data []byte) (descriptor, error) {
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	err := a.file("blobs/sha256/"+digest, 0o644, data)
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: int64(len(data))}, err
}

func (a archive) file(name string, mode int64, data []byte) error {
	if err := a.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := a.Write(data)
	return err
}

// writeLayer writes a layer that holds the program as /program, executable by all.
func writeLayer(path, program string) error {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	a := archive{tar.NewWriter(file)}
	if err := a.file("program", 0o755, data); err != nil {
		return err
	}
	return a.Close()
}
