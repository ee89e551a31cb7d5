package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"gondor/cluster/kube"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// edition is an image whose pages are its text.
type edition struct {
	text      string
	reference string // as nodes pull it
}

// editions are deployed in turn.
type editions [2]edition

// repository is where the registry has them: everybody who has a token may pull from it.
const repository = token.Bases + "bench"

// key is that which signs the registry's tokens.
func (k *kubeBench) key(ctx context.Context) ([]byte, error) {
	return kube.RegistryKey(ctx, k.World.Config, k.Namespace, "gondor-registry")
}

// host is how nodes name the registry.
func (k *kubeBench) host() string { return fmt.Sprintf("localhost:%d", k.Port) }

// pushEditions makes the images and pushes them to Gondor's own registry.
func (k *kubeBench) pushEditions(ctx context.Context) (made editions, err error) {
	compile := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", k.page(), "gondor/test/bench/page")
	compile.Env, compile.Stderr = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux"), os.Stderr
	if err := compile.Run(); err != nil {
		return made, fmt.Errorf("build the page: %w", err)
	}
	for i, text := range []string{"one", "two"} {
		page, err := pageImage(empty.Image, k.page(), text)
		if err != nil {
			return made, fmt.Errorf("make the image of edition %s: %w", text, err)
		}
		if made[i], err = k.push(ctx, text, page); err != nil {
			return made, err
		}
	}
	return made, nil
}

// page is the path of the program that serves the page.
func (k *kubeBench) page() string { return filepath.Join(k.dir, "page") }

// push pushes the image of an edition.
func (k *kubeBench) push(ctx context.Context, text string, page v1.Image) (edition, error) {
	key, err := k.key(ctx)
	if err != nil {
		return edition{}, err
	}
	store := image.Store{Address: "gondor-registry." + k.Namespace + ".svc:5000", Insecure: true, Dial: k.World.Dial}
	store.Username, store.Password = token.Sign(key, token.Admin())
	return edition{text, k.host() + "/" + repository + ":" + text}, store.Push(ctx, repository, text, page)
}

// pageImage is the page on a base image.
func pageImage(on v1.Image, program, text string) (v1.Image, error) {
	binary, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "page", Mode: 0o755, Size: int64(len(binary))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(binary); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil })
	if err != nil {
		return nil, err
	}
	config, err := on.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config = v1.Config{Entrypoint: []string{"/page"}, WorkingDir: "/", Env: []string{"EDITION=" + text, "PATH=/usr/bin:/bin"}}
	base, err := mutate.ConfigFile(on, config)
	if err != nil {
		return nil, err
	}
	return mutate.AppendLayers(base, layer)
}
