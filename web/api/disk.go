package api

import (
	"context"

	"gondor/app"
)

// Disk is what takes the disk of an installation, and what may, in bytes.
type Disk struct {
	Total   int64      `json:"total"`   // of the file system
	Free    int64      `json:"free"`    // of the file system
	Reserve int64      `json:"reserve"` // no deploy begins with less free space
	Budget  int64      `json:"budget"`  // of all that Gondor keeps
	Used    int64      `json:"used"`    // of the budget
	Parts   []DiskPart `json:"parts"`
}

// DiskPart is what one kind of things takes, in bytes.
type DiskPart struct {
	Kind        app.DiskKind `json:"kind"`
	Used        int64        `json:"used"`
	Budget      int64        `json:"budget"` // 0: none of its own
	Largest     string       `json:"largest"`
	LargestUsed int64        `json:"largest_used"`
}

// Disk returns what takes the disk of the installation; only an admin may see it.
func (c *Client) Disk(ctx context.Context) (Disk, error) {
	return get[Disk](ctx, c, "/v2/disk/", nil)
}
