package local

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"gondor/app"
)

// share is what a process and its children may use together. A zero field is unlimited.
type share struct {
	CPU    float64 // cores that it gets when all want theirs
	Memory int64   // bytes
	PIDs   int
	Hard   bool // CPU is a limit too
}

// maxPIDs is how many processes and threads one replica or one-off may have: enough for
// every honest program, too few to harm the others.
const maxPIDs = 4096

func sizeShare(size app.Size, hard bool) share {
	return share{CPU: size.CPU, Memory: size.Memory, PIDs: maxPIDs, Hard: hard}
}

// A branch holds the groups of one kind of processes.
type branch string

const (
	sites  branch = "sites"
	builds branch = "builds"
)

// buildsShare is the CPU that builds get, in cores, where any other program gets one.
const buildsShare = 0.1

// cgroupName is the name of a data directory's cgroup.
func cgroupName(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "gondor-" + hex.EncodeToString(sum[:6])
}

// group is the name of a process's cgroup below the data directory's.
func (b branch) group(id string) string { return string(b) + "/" + url.PathEscape(id) }
