package image

import (
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Append puts a layer on a base image. Processes of the result start in dir; what the base
// would run by itself is forgotten.
func Append(base v1.Image, layer v1.Layer, dir, createdBy string) (v1.Image, error) {
	config, err := base.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read the configuration of the base image: %w", err)
	}
	config = config.DeepCopy()
	config.Created = v1.Time{Time: time.Now().UTC().Truncate(time.Second)}
	config.Config.WorkingDir, config.Config.User = dir, fmt.Sprintf("%d:%d", NonRoot, NonRoot)
	config.Config.Entrypoint, config.Config.Cmd = nil, nil
	image, err := mutate.ConfigFile(base, config)
	if err != nil {
		return nil, fmt.Errorf("configure an image: %w", err)
	}
	kind, err := layerType(base)
	if err != nil {
		return nil, err
	}
	image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: kind, History: v1.History{CreatedBy: createdBy}})
	if err != nil {
		return nil, fmt.Errorf("add a layer: %w", err)
	}
	return image, nil
}

// layerType is what a layer is called in the manifest of an image: Docker's manifests have
// names of their own for the same thing.
func layerType(base v1.Image) (types.MediaType, error) {
	manifest, err := base.MediaType()
	if err != nil {
		return "", fmt.Errorf("read the manifest of the base image: %w", err)
	}
	if manifest == types.DockerManifestSchema2 {
		return types.DockerLayer, nil
	}
	return types.OCILayer, nil
}
