package app

import (
	"context"
	"io"
	"time"
)

// Sources keeps uploaded source trees from their upload until nothing that was made of them
// is kept, so that they can be built once more. It is safe for concurrent use.
type Sources interface {
	// Receive stores the tar of a build's source, gzipped or plain, and returns how many
	// bytes that takes. It refuses, with
	// an error of CodeInvalid or CodeTooLarge and keeping nothing, what is not a whole
	// tar, what holds paths or links that lead out of it or anything but files,
	// directories and links, and what exceeds the limits of size and number.
	Receive(ctx context.Context, id ID[Build], tar io.Reader) (size int64, err error)
	// Plan reads the stored tree. CodeInvalid when it is not a site that can be built, with
	// a message that says what to do. runtimes are what the engine offers.
	Plan(ctx context.Context, id ID[Build], runtimes []Runtime) (Plan, error)
	// Open returns the stored tree as a plain, checked tar.
	Open(ctx context.Context, id ID[Build]) (io.ReadCloser, error)
	// Discard removes the stored tree. No error when there is none.
	Discard(ctx context.Context, id ID[Build]) error
	// IDs lists the builds whose source is stored.
	IDs(ctx context.Context) ([]ID[Build], error)
}

// Runtime is a language that an engine can build and run.
type Runtime struct {
	Name    string // "python", "node", "npm", "yarn", "pnpm", "go"
	Version string // "3.11.2"
	Path    string // the program
}

// BuildOrder is what a Builder carries out.
type BuildOrder struct {
	Build     ID[Build]
	Site      ID[Site] // whose cache it uses
	Plan      Plan
	Variables map[string]string // for the steps only: they may reach neither artifact nor log
	LogName   LogName
}

// Adoption asks for an artifact of an image that exists.
type Adoption struct {
	Build ID[Build]
	Site  ID[Site]
	Image string // its reference, as people write it: "registry.example.com/team/shop:1.4"
}

// Builder carries out plans within the limits of time, memory and disk that the
// operator set, below the weight of the sites. It is safe for concurrent use.
type Builder interface {
	// Runtimes lists what the engine can build and run.
	Runtimes(ctx context.Context) ([]Runtime, error)
	// Build runs the plan's steps on the source and keeps the result. Building the same ID
	// again after a crash goes on or begins anew, and ends in one artifact. An error of
	// CodeFailed says, for people, which step failed and how. When ctx is cancelled
	// the steps are stopped and nothing is kept.
	Build(ctx context.Context, o BuildOrder, source io.Reader) (Artifact, error)
	// Adopt makes an artifact of an image that exists, fixed by its digest, so that it stays
	// the same whatever its name stands for later. The plan has the image's own command as
	// the process type "web". An error of CodeInvalid or CodeFailed says, for people, why
	// the image can't be run here.
	Adopt(ctx context.Context, o Adoption) (Plan, Artifact, error)
	// Keep removes the artifacts of all builds but these, and the caches of all sites but
	// these and beyond their budget. The lists were made at asOf: an artifact that came
	// later is left alone.
	Keep(ctx context.Context, asOf time.Time, builds []ID[Build], sites []ID[Site]) error
}
