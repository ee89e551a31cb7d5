package app

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Build is source turned into an artifact. One build can serve many instances, so it
// holds no instance's environment.
type Build struct {
	ID       ID[Build]
	Site     ID[Site]
	Instance ID[Instance] // the one it was made for; it may serve others
	Label    string       // the label of that instance when the build was made
	Ref      string       // the branch or tag it was packed from
	SHA      string       // the commit
	Image    string       // the reference of the image that it is made of; empty: it is made of source
	Creator  ID[User]
	State    BuildState
	Message  string // why it failed, with the next thing to do
	Plan     Plan   // empty until the source was read
	Artifact Artifact
	// SourceSize is what its source takes on disk, in bytes; 0 until it had come, and when it
	// is made of an image.
	SourceSize int64
	Created    time.Time
	Queued     time.Time // zero until its source had come
	Started    time.Time // zero until it left the queue
	Ended      time.Time // zero until it ended
}

// BuildState is where a build stands:
//
//	waiting ──source received──▶ queued ──its turn──▶ building ──▶ succeeded
//	   │                           │                     ├──▶ failed
//	   └────────cancel─────────────┴──────cancel─────────┴──▶ cancelled
//
// One that is made of an image begins as queued.
type BuildState string

// The states of a build.
const (
	BuildWaiting   BuildState = "waiting"
	BuildQueued    BuildState = "queued"
	BuildBuilding  BuildState = "building"
	BuildSucceeded BuildState = "succeeded"
	BuildFailed    BuildState = "failed"
	BuildCancelled BuildState = "cancelled"
)

// Ended reports whether the state is final.
func (s BuildState) Ended() bool {
	return s == BuildSucceeded || s == BuildFailed || s == BuildCancelled
}

// Indexes of builds.
const (
	BuildBySite     = "site"
	BuildByInstance = "instance"
	BuildByState    = "state"
	// BuildWithArtifact finds those of a site whose artifact is kept.
	BuildWithArtifact = "artifact"
)

// Key implements Record.
func (b Build) Key() string { return string(b.ID) }

// InstanceID implements OfInstance.
func (b Build) InstanceID() ID[Instance] { return b.Instance }

// Indexes implements Record.
func (b Build) Indexes() []Index {
	return []Index{
		{Name: BuildBySite, Value: string(b.Site)},
		{Name: BuildByInstance, Value: string(b.Instance)},
		{Name: BuildByState, Value: string(b.State)},
		{Name: BuildWithArtifact, Value: indexedWhile(b.Artifact.Ref != "", b.Site)},
	}
}

// Artifact is what a build made and an engine can run. The zero value is none.
type Artifact struct {
	Ref  string // for the engine that made it: a directory's name, an image's reference
	Size int64  // bytes
}

// NewBuild announces a build, whose source then follows, or asks for one of an image or of
// the source of an earlier build.
type NewBuild struct {
	Site     ID[Site]     // may be empty when Instance is given
	Instance ID[Instance] // whose build variables it gets; empty: the site's alone
	Label    string       // of the instance, in place of Instance
	Ref      string
	SHA      string
	Image    string // of a registry, to be run as it is; no source follows then
	// SourceOf is a build of the same site whose source, or image, is built once more; no
	// source follows, and Ref, SHA and Image are those of that build.
	SourceOf     ID[Build]
	BuildpackURL string // refused unless empty: Gondor detects the language itself
}

// CreateBuild makes a build that waits for its source, or that is in the queue when it is
// made of an image or of the source of an earlier build.
func (a *App) CreateBuild(ctx context.Context, who Actor, in NewBuild) (Build, error) {
	if in.SourceOf != "" {
		return a.rebuild(ctx, who, in)
	}
	return a.createBuild(ctx, who, in)
}

func (a *App) createBuild(ctx context.Context, who Actor, in NewBuild) (Build, error) {
	var build Build
	if err := a.expectRoomForNew(ctx, who, in); err != nil {
		return build, err
	}
	err := a.update(ctx, func(tx Tx) error {
		instance, site, err := buildTarget(tx.Reader(), who, in)
		if err != nil {
			return err
		}
		if err := checkOrigin(in); err != nil {
			return err
		}
		build = Build{
			ID: NewID[Build](a.now()), Site: site.ID, Instance: instance.ID, Label: instance.Label,
			Ref: in.Ref, SHA: in.SHA, Image: in.Image, Creator: who.User, State: BuildWaiting, Created: a.now(),
		}
		if in.Image != "" {
			build.State, build.Queued = BuildQueued, build.Created
		}
		return tx.Builds().Put(build)
	})
	if err == nil && build.State == BuildQueued {
		a.tellQueue(ctx)
	}
	return build, err
}

// expectRoomForNew refuses a build whose source there is no room for, before it is sent.
func (a *App) expectRoomForNew(ctx context.Context, who Actor, in NewBuild) error {
	var site Site
	err := a.read(ctx, func(r Reader) (err error) {
		_, site, err = buildTarget(r, who, in)
		return err
	})
	if err != nil || in.Image != "" {
		return err
	}
	need, err := a.needOf(ctx, site.ID)
	if err != nil {
		return err
	}
	return a.expectRoom(ctx, need)
}

// buildTarget finds what a new build is for; the zero Instance when only a site is named.
func buildTarget(r Reader, who Actor, in NewBuild) (Instance, Site, error) {
	if in.Instance != "" {
		instance, site, err := instanceFor(r, who, ActionDeploy, in.Instance)
		if err == nil && in.Site != "" && in.Site != site.ID {
			err = Invalid("instance", "is not an instance of this site")
		}
		return instance, site, err
	}
	site, err := siteFor(r, who, ActionDeploy, in.Site)
	if err != nil || in.Label == "" {
		return Instance{}, site, err
	}
	instance, err := r.Instances().One(InstanceByLabel, string(site.ID)+"/"+in.Label)
	if IsNotFound(err) || err == nil && !instance.Deleted.IsZero() {
		return Instance{}, Site{}, Invalid("label", "this site has no instance %q", in.Label)
	}
	return instance, site, err
}

// maxRef is the longest name of a branch, tag or commit that is kept.
const maxRef = 255

func checkOrigin(in NewBuild) error {
	if in.BuildpackURL != "" {
		return Invalid("buildpack_url", "is not supported: Gondor finds out by itself how a site is built. Leave it away")
	}
	for field, value := range map[string]string{"ref": in.Ref, "sha": in.SHA} {
		if len(value) > maxRef || strings.ContainsFunc(value, unicode.IsControl) {
			return Invalid(field, "%q is not the name of a branch, a tag or a commit", value)
		}
	}
	if len(in.Image) > maxImage || strings.ContainsFunc(in.Image, notInImage) {
		return Invalid("image", `%q is not the reference of an image; write one such as "registry.example.com/team/shop:1.4"`, in.Image)
	}
	return nil
}

// maxImage is the longest reference of an image: 255 bytes of name, 128 of tag, a digest.
const maxImage = 512

// notInImage reports what no reference of an image has; the engine knows the rest.
func notInImage(r rune) bool { return r <= ' ' || r > unicode.MaxASCII }

// BuildFilter says which builds to list; an empty field does not narrow.
type BuildFilter struct {
	Site     ID[Site]
	Instance ID[Instance]
	Limit    int // the newest so many, newest first; 0 is all, oldest first
}

// Builds lists the builds that who may see.
func (a *App) Builds(ctx context.Context, who Actor, filter BuildFilter) ([]Build, error) {
	var builds []Build
	err := a.read(ctx, func(r Reader) error {
		rows, err := buildRows(r, who, filter)
		if err != nil {
			return err
		}
		sight, err := sightOf(r, who)
		if err != nil {
			return err
		}
		builds, err = gather(rows, func(build Build) bool {
			site, err := r.Sites().Get(build.Site)
			return err == nil && sight.sees(site) && (filter.Site == "" || build.Site == filter.Site)
		})
		return err
	})
	if filter.Limit > 0 {
		slices.Reverse(builds)
		builds = builds[:min(filter.Limit, len(builds))]
	}
	return builds, err
}

func buildRows(r Reader, who Actor, filter BuildFilter) (iter.Seq2[Build, error], error) {
	if filter.Instance != "" {
		_, _, err := instanceFor(r, who, ActionView, filter.Instance)
		return r.Builds().By(BuildByInstance, string(filter.Instance)), err
	}
	if filter.Site != "" {
		_, err := siteFor(r, who, ActionView, filter.Site)
		return r.Builds().By(BuildBySite, string(filter.Site)), err
	}
	return r.Builds().Each(), nil
}

// Build returns one build.
func (a *App) Build(ctx context.Context, who Actor, id ID[Build]) (Build, error) {
	var build Build
	err := a.read(ctx, func(r Reader) error {
		var err error
		build, err = buildFor(r, who, ActionView, id)
		return err
	})
	return build, err
}

func buildFor(r Reader, who Actor, action Action, id ID[Build]) (Build, error) {
	if err := signedIn(who); err != nil {
		return Build{}, err
	}
	build, err := r.Builds().Get(id)
	if err != nil {
		return Build{}, err
	}
	if _, err := siteOf(r, who, action, build.Site, "build"); err != nil {
		return Build{}, err
	}
	return build, nil
}
