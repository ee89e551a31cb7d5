package kube

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// adoptTimeout bounds the look at an image that exists.
const adoptTimeout = time.Minute

// Adopt implements app.Builder. An image of our own registry becomes one of the site's
// there, which costs no transfer; one of another is left where it is.
func (e *Engine) Adopt(ctx context.Context, o app.Adoption) (app.Plan, app.Artifact, error) {
	ctx, cancel := context.WithTimeout(ctx, adoptTimeout)
	defer cancel()
	reference, err := name.ParseReference(o.Image)
	if err != nil {
		return app.Plan{}, app.Artifact{}, app.Invalid("", `%q is not the reference of an image; write one such as "registry.example.com/team/shop:1.4"`, o.Image)
	}
	adopted := adoption{Adoption: o, engine: e, reference: reference}
	found, err := adopted.look(ctx)
	if err != nil {
		return app.Plan{}, app.Artifact{}, adopted.explain(err)
	}
	config, err := found.ConfigFile()
	if err != nil {
		return app.Plan{}, app.Artifact{}, adopted.explain(err)
	}
	plan, err := imagePlan(o.Image, config)
	if err != nil {
		return app.Plan{}, app.Artifact{}, err
	}
	artifact, err := adopted.take(ctx, found)
	return plan, artifact, err
}

// adoption is an image on its way to be an artifact.
type adoption struct {
	app.Adoption
	engine    *Engine
	reference name.Reference
}

// ours returns the repository of an image in our own registry.
func (a adoption) ours() (repository string, ours bool) {
	return strings.CutPrefix(a.reference.Context().Name(), a.engine.options.Registry.Host+"/")
}

// look finds the image, for the platform of the nodes.
func (a adoption) look(ctx context.Context) (v1.Image, error) {
	store, repository := image.Store{Address: a.reference.Context().RegistryStr()}, a.reference.Context().RepositoryStr()
	if own, ours := a.ours(); ours {
		if site, ofSite := strings.CutPrefix(own, siteRepositories); ofSite && site != string(a.Site) {
			return nil, app.Invalid("", "the image %s belongs to another site; deploy the source of that one, or an image that is not a site's", a.Image)
		}
		store, repository = a.engine.options.Registry.store(token.Admin()), own
	}
	found, err := store.Pull(ctx, repository, a.reference.Identifier())
	if err != nil {
		return nil, err
	}
	config, err := found.ConfigFile()
	if err != nil {
		return nil, err
	}
	want := image.Platform()
	if config.OS != want.OS || config.Architecture != want.Architecture {
		return nil, app.Invalid("", "the image %s is for %s/%s, and the nodes of this cluster run %s; build it for that, such as with: docker build --platform %s", a.Image, config.OS, config.Architecture, want, want)
	}
	return found, nil
}

// take makes the image the artifact of the build.
func (a adoption) take(ctx context.Context, found v1.Image) (app.Artifact, error) {
	repository := a.reference.Context().Name()
	if _, ours := a.ours(); ours {
		own := siteRepository(a.Site)
		found = a.engine.shipment.ship(ctx, found)
		if err := push(ctx, a.engine.options.Registry.store(token.Admin()), own, string(a.Build), found); err != nil {
			return app.Artifact{}, fmt.Errorf("keep an image for a site: %w", err)
		}
		repository = a.engine.options.Registry.Host + "/" + own
	}
	return artifactOf(repository, found)
}

// explain turns what a registry answered into a sentence.
func (a adoption) explain(err error) error {
	want := image.Platform()
	switch app.CodeOf(err) {
	case app.CodeNotFound:
		return app.Invalid("", "there is no image %s; push it first, and mind its tag", a.Image)
	case app.CodeForbidden, app.CodeUnauthenticated:
		return app.Fault(app.CodeFailed, "%s does not let Gondor see the image %s: it is private, or there is none; use a public one, or one of this Gondor's own registry", a.reference.Context().RegistryStr(), a.Image)
	case app.CodeInvalid, app.CodeFailed:
		return err
	}
	if strings.Contains(err.Error(), "no child with platform") { // go-containerregistry has no type for it
		return app.Invalid("", "the image %s is not for %s, which the nodes of this cluster run; build it for that too, such as with: docker build --platform %s", a.Image, want, want)
	}
	return app.Fault(app.CodeFailed, "can't look at the image %s: %v", a.Image, err)
}

// imagePlan reads what an image runs and where that listens.
func imagePlan(reference string, config *v1.ConfigFile) (app.Plan, error) {
	argv := slices.Concat(config.Config.Entrypoint, config.Config.Cmd)
	if len(argv) == 0 {
		return app.Plan{}, app.Invalid("", "the image %s says no command; give it a CMD or an ENTRYPOINT", reference)
	}
	return app.Plan{
		Language: "image", Runtime: "image", Port: onlyPort(config),
		Processes: map[string]string{string(app.Web): shellText(argv)},
		Argv:      map[string][]string{string(app.Web): argv},
	}, nil
}

// onlyPort is the one TCP port that an image exposes, 0 when it exposes none or several.
func onlyPort(config *v1.ConfigFile) int {
	var ports []int
	for port := range config.Config.ExposedPorts {
		number, protocol, _ := strings.Cut(port, "/")
		n, err := strconv.Atoi(number)
		if err == nil && n > 0 && n < 1<<16 && (protocol == "" || protocol == "tcp") {
			ports = append(ports, n)
		}
	}
	if len(ports) != 1 {
		return 0
	}
	return ports[0]
}

// shellText writes a command as people would.
func shellText(argv []string) string {
	words := make([]string, len(argv))
	for i, word := range argv {
		words[i] = word
		if word == "" || strings.ContainsAny(word, " \t\n'\"$\\`;&|<>(){}*?#~") {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}
