package app

import (
	"errors"
	"sync"
	"syscall"
)

// room knows how much Gondor keeps on disk, in bytes. What it says is never too little: what
// is removed, and what was added while somebody measured, counts until the next time. It is
// safe for concurrent use.
type room struct {
	making sync.Mutex // held while room is made

	mu       sync.Mutex
	known    bool  // it was measured
	measured int64 // less what had been added before
	added    int64 // altogether
	promised int64 // to what is being received and built
}

// taken returns what is kept and what is promised besides, and whether that is known.
func (r *room) taken() (kept, promised int64, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.measured + r.added, r.promised, r.known
}

// measure takes what look finds for what is kept.
func (r *room) measure(look func() (int64, error)) error {
	r.mu.Lock()
	before := r.added
	r.mu.Unlock()
	found, err := look()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known, r.measured = true, found-before
	return nil
}

// forget has it measured before it is relied on again.
func (r *room) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = false
}

// add counts what is kept from now on.
func (r *room) add(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.added += bytes
}

// promise counts what somebody is about to add, until release is called.
func (r *room) promise(bytes int64) (release func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.promised += bytes
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.promised -= bytes
	})
}

// need is what a deploy adds to the disk, in bytes.
type need struct{ source, artifact int64 }

// on is what of it the disk has to hold.
func (n need) on(space DiskSpace) int64 {
	if !space.Artifacts {
		return n.source
	}
	return n.source + n.artifact
}

// shortage is what is there and what is wanted, in bytes.
type shortage struct {
	DiskSpace
	kept     int64
	promised int64 // to others
	wanted   int64
}

// ofDisk and ofBudget are how much is missing; less than 1 when nothing is.
func (s shortage) ofDisk() int64   { return s.wanted + s.promised + s.Reserve - s.Free }
func (s shortage) ofBudget() int64 { return s.kept + s.promised + s.wanted - s.Budget }
func (s shortage) missing() int64  { return max(s.ofDisk(), s.ofBudget()) }

// refusal says what is missing and what to do.
func (s shortage) refusal() error {
	const advice = "gondor status --disk shows an admin what takes it"
	if s.ofDisk() > 0 {
		return Fault(CodeFull,
			"There is no room for a deploy: %s of the disk are free, and it takes %s, of which %s are kept free for what runs. Delete sites and instances that nobody needs, or make the disk larger; %s.",
			BytesText(s.Free), BytesText(s.wanted+s.promised+s.Reserve), BytesText(s.Reserve), advice)
	}
	return Fault(CodeFull,
		"There is no room for a deploy: Gondor may keep %s and keeps %s, and this takes %s more. Delete sites and instances that nobody needs, or give it more with --disk-budget; %s.",
		BytesText(s.Budget), BytesText(s.kept+s.promised), BytesText(s.wanted), advice)
}

// explainFull makes an error of CodeFull, for people, of one that says that the disk is
// full.
func explainFull(err error) error {
	if err == nil || !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return Fault(CodeFull, "The disk is full. Delete sites and instances that nobody needs, or make it larger, and try again; gondor status --disk shows an admin what takes it.")
}
