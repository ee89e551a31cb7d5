package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// archive is an OCI image layout in a tar file, as it is being written.
type archive struct {
	*tar.Writer
}

// writeImage writes an archive of an image whose only file and entry point is the program.
func writeImage(path, reference, program string) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the image %s: %w", reference, err)
	}
	defer file.Close()
	a := archive{tar.NewWriter(file)}
	if err := a.image(reference, program); err != nil {
		return fmt.Errorf("write the image %s: %w", reference, err)
	}
	if err := a.Close(); err != nil {
		return fmt.Errorf("write the image %s: %w", reference, err)
	}
	return file.Sync()
}

func (a archive) image(reference, program string) error {
	const name = "program"
	layer, err := layerOf(program, name)
	if err != nil {
		return err
	}
	layerBlob, err := a.blob(layerType, layer)
	if err != nil {
		return err
	}
	config, err := a.document(configType, map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/" + name}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layerBlob.Digest}},
	})
	if err != nil {
		return err
	}
	manifest, err := a.document(manifestType, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": config, "layers": []descriptor{layerBlob},
	})
	if err != nil {
		return err
	}
	manifest.Annotations = map[string]string{"io.containerd.image.name": reference}
	return a.index(manifest)
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
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(data)}, err
}

func (a archive) file(name string, mode int64, data []byte) error {
	if err := a.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := a.Write(data)
	return err
}

// layerOf makes the layer that holds the program under that name, executable by all.
func layerOf(program, name string) ([]byte, error) {
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	a := archive{tar.NewWriter(&layer)}
	if err := a.file(name, 0o755, data); err != nil {
		return nil, err
	}
	if err := a.Close(); err != nil {
		return nil, err
	}
	return layer.Bytes(), nil
}
