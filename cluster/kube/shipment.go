package kube

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/inside"
	"gondor/cluster/kube/registry/token"
)

// programRepository has Gondor's own binary as a layer, under the binary's hash.
const programRepository = baseRepositories + "gondor-program"

// shipment gives artifacts Gondor's binary as their last layer, which all of them share: a
// node that has it starts a pod of any of them without having the binary carried in first,
// which takes another container and most of two seconds. What has the layer of another
// Gondor, or none, has the binary carried in. It is safe for concurrent use.
type shipment struct {
	registry   Registry
	executable string // empty: nothing is shipped
	log        *slog.Logger

	sending sync.Mutex // held while the layer is looked for or sent

	mu    sync.Mutex
	tag   string
	layer v1.Hash // zero until the registry is known to have it
}

func newShipment(o Options) *shipment {
	return &shipment{registry: o.Registry, executable: o.Executable, log: o.Logger}
}

// shipmentRetry is between two attempts to have the layer in a registry that is away.
const shipmentRetry = 5 * time.Second

// begin has the layer in the registry before it is needed. It returns when that is so, or ctx
// ends.
func (s *shipment) begin(ctx context.Context) {
	for told := false; ; told = true {
		_, err := s.program(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if !told {
			s.log.Info("the registry does not have Gondor's binary yet; pods have it carried in meanwhile", "error", err)
		}
		sleep(ctx, shipmentRetry)
	}
}

// ship puts the layer on an image. One that can't have it is returned as it is.
func (s *shipment) ship(ctx context.Context, made v1.Image) v1.Image {
	program, err := s.program(ctx)
	if program == nil && err == nil {
		return made
	}
	var shipped v1.Image
	if err == nil {
		shipped, err = image.Ship(made, program)
	}
	if err != nil {
		s.log.Warn("an image does not get Gondor's binary, which is carried into its pods instead", "error", err)
		return made
	}
	return shipped
}

// program is the image of the binary as the registry has it, where it is put if it is not
// there; nil where nothing is shipped.
func (s *shipment) program(ctx context.Context) (v1.Image, error) {
	if s.executable == "" {
		return nil, nil
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	tag, err := s.name()
	if err != nil {
		return nil, err
	}
	store := s.registry.store(token.Admin())
	there, err := store.Pull(ctx, programRepository, tag)
	if app.IsNotFound(err) {
		if err := s.send(ctx, store, tag); err != nil {
			return nil, err
		}
		there, err = store.Pull(ctx, programRepository, tag)
	}
	if err != nil {
		return nil, err
	}
	layer, err := image.Shipped(there)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.layer = layer
	return there, nil
}

// send puts the binary into the registry, in place of those of other versions: artifacts
// that have their layers keep them.
func (s *shipment) send(ctx context.Context, store image.Store, tag string) (err error) {
	made, layer, err := image.Program(s.executable, inside.Shipped)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, layer.Close()) }()
	if err := store.Push(ctx, programRepository, tag, made); err != nil {
		return err
	}
	if err := s.removeOthers(ctx, store, tag); err != nil { // a registry elsewhere need not be able to
		s.log.Warn("the binary of another Gondor can't be removed from the registry", "error", err)
	}
	return nil
}

func (s *shipment) removeOthers(ctx context.Context, store image.Store, but string) error {
	tags, err := store.Tags(ctx, programRepository)
	for _, tag := range tags {
		if tag == but || err != nil {
			continue
		}
		var digest v1.Hash
		if digest, err = store.Digest(ctx, programRepository, tag); err == nil {
			err = errors.Join(store.Delete(ctx, programRepository, digest.String()), store.Delete(ctx, programRepository, tag))
		}
	}
	return err
}

// name is the tag of this Gondor's binary.
func (s *shipment) name() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tag != "" {
		return s.tag, nil
	}
	file, err := os.Open(s.executable)
	if err != nil {
		return "", fmt.Errorf("open Gondor's binary: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("read Gondor's binary: %w", err)
	}
	s.tag = hex.EncodeToString(sum.Sum(nil))
	return s.tag, nil
}

// digest is that of the image of the binary, for who ships it elsewhere; empty where nothing
// is shipped.
func (s *shipment) digest(ctx context.Context) (string, error) {
	program, err := s.program(ctx)
	if err != nil || program == nil {
		return "", err
	}
	digest, err := program.Digest()
	return digest.String(), err
}

// has reports whether an image has this Gondor's binary. It asks nobody.
func (s *shipment) has(made v1.Image) bool {
	s.mu.Lock()
	layer := s.layer
	s.mu.Unlock()
	last, err := image.Shipped(made)
	return err == nil && layer != v1.Hash{} && last == layer
}
