package app

import (
	"context"
	"fmt"
)

// Disk is where an installation keeps everything. It is safe for concurrent use.
type Disk interface {
	// Space tells how the file system of the data directory stands. It is quick.
	Space(ctx context.Context) (DiskSpace, error)
	// Parts measures all that is kept, in the order in which it is shown. It walks through
	// every file.
	Parts(ctx context.Context) ([]DiskPart, error)
	// DropCaches removes what the builds of a site share, of the sites that were not built
	// for the longest time first, until so many bytes are freed or nothing is left. What a
	// build is using stays.
	DropCaches(ctx context.Context, bytes int64) error
	// DropLogs removes the oldest lines of all logs until so many bytes are freed; none
	// when that would not be enough.
	DropLogs(ctx context.Context, bytes int64) error
}

// DiskSpace is how a disk stands, in bytes.
type DiskSpace struct {
	Total   int64 // of the file system
	Free    int64 // of the file system, for Gondor
	Reserve int64 // no deploy begins with less free space
	Budget  int64 // of all that Gondor keeps together
	// Artifacts says that they are kept on this disk, and not in a registry.
	Artifacts bool
}

// DiskKind is a kind of things that take disk.
type DiskKind string

// The kinds. The last three are not in the budget: sites and other people own them, and the
// registry of a Kubernetes cluster has a disk of its own.
const (
	DiskStore     DiskKind = "store"
	DiskSources   DiskKind = "sources"    // uploads, for as long as what was built of them is kept
	DiskArtifacts DiskKind = "artifacts"  // and builds under way
	DiskCaches    DiskKind = "caches"     // what the builds of a site share
	DiskLogs      DiskKind = "logs"       // of processes, builds and releases
	DiskAccessLog DiskKind = "access log" // of requests
	DiskSiteData  DiskKind = "site data"  // DATA_DIR, HOME and TMPDIR of instances
	DiskOther     DiskKind = "other"      // what somebody else put into the data directory
	DiskRegistry  DiskKind = "registry"
)

// budgeted reports whether the kind counts towards the budget.
func (k DiskKind) budgeted() bool {
	return k != DiskSiteData && k != DiskOther && k != DiskRegistry
}

// DiskPart is what one kind takes, in bytes.
type DiskPart struct {
	Kind   DiskKind
	Used   int64
	Budget int64 // 0: none
	// Owners are the parts of those that can be told apart: by the ID of a site or of an
	// instance, the name of a log or of a file.
	Owners map[string]int64
}

// used adds up what counts towards the budget.
func used(parts []DiskPart) (total int64) {
	for _, part := range parts {
		if part.Kind.budgeted() {
			total += part.Used
		}
	}
	return total
}

// DiskBudget is how many bytes Gondor may keep. The kinds have shares of it; what they
// leave is for artifacts.
type DiskBudget int64

// Caches is the share of what builds share.
func (b DiskBudget) Caches() int64 { return min(int64(b)/4, 10<<30) }

// Logs is the share of the logs of processes, builds and releases.
func (b DiskBudget) Logs() int64 { return min(int64(b)/8, 10<<30) }

// AccessLog is the share of the access log.
func (b DiskBudget) AccessLog() int64 { return min(int64(b)/32, 128<<20) }

// Source is how large one unpacked source may be.
func (b DiskBudget) Source() int64 { return min(int64(b)/8, 2<<30) }

// Build is what one build may add to its source and to its site's cache.
func (b DiskBudget) Build() int64 { return min(int64(b)/4, 4<<30) }

// Artifacts is what the other kinds leave when they take all of theirs.
func (b DiskBudget) Artifacts() int64 {
	return int64(b) - b.Caches() - b.Logs() - b.AccessLog() - b.Source()
}

// BytesText writes a number of bytes for people: "1.5 GB".
func BytesText(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= unit.size {
			return fmt.Sprintf("%.3g %s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
