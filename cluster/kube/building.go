package kube

import (
	"sync"

	"gondor/app"
)

// builds is what the engine knows of builds. It is safe for concurrent use.
type builds struct {
	mirror *mirror

	probing sync.Mutex               // held while a base image is asked for its languages
	offered map[string][]app.Runtime // by the image's digest; nil before it was read

	mu    sync.Mutex
	under map[app.ID[app.Build]]bool // under way
}

func newBuilds(o Options) *builds {
	return &builds{mirror: newMirror(o.Registry, o.Logger), under: map[app.ID[app.Build]]bool{}}
}

// claim reports whether the build was not under way and is now; unclaim must follow.
func (b *builds) claim(id app.ID[app.Build]) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under[id] {
		return false
	}
	b.under[id] = true
	return true
}

func (b *builds) unclaim(id app.ID[app.Build]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.under, id)
}

func (b *builds) underWay() []app.ID[app.Build] {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []app.ID[app.Build]
	for id := range b.under {
		all = append(all, id)
	}
	return all
}
