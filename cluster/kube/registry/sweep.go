package registry

import (
	"errors"
	"path"
	"strings"
	"syscall"
	"time"

	"gondor/cluster/kube/registry/token"
)

// sweep removes from a repository what mark found that does not stay. Links go before what
// they lead to; when it is killed midway the rest goes the next time.
func (c *collection) sweep(h *holdings) error {
	dir := repositoryDir(h.name)
	err := errors.Join(
		c.sweepRevisions(h),
		c.sweepLayers(h),
		c.sweepUploads(path.Join(dir, uploadsDir)),
	)
	if err != nil || !strings.HasPrefix(h.name, token.Sites) {
		return err
	}
	return c.sweepEmpty(dir)
}

// sweepRevisions removes the manifests that do not stay.
func (c *collection) sweepRevisions(h *holdings) error {
	for digest := range h.revisions {
		if h.kept[digest] {
			continue
		}
		if err := c.remove(linkDir(path.Join(repositoryDir(h.name), revisionsDir), digest)); err != nil {
			return err
		}
	}
	return nil
}

// sweepLayers removes the layers that no manifest uses, but for young ones: their manifest
// may be on its way, and they keep their blob.
func (c *collection) sweepLayers(h *holdings) error {
	for digest, link := range h.layers {
		switch {
		case c.isYoung(link.changed):
			c.marked[digest], c.marked[link.target] = true, true
		case !h.used[digest]:
			if err := c.remove(linkDir(path.Join(repositoryDir(h.name), layersDir), digest)); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweepUploads forgets those that nobody went on with.
func (c *collection) sweepUploads(dir string) error {
	uploads, err := c.names(dir)
	if err != nil {
		return err
	}
	for _, upload := range uploads {
		touched, err := c.latest(path.Join(dir, upload, dataFile), path.Join(dir, upload))
		if err != nil {
			return err
		}
		if c.isYoung(touched) {
			continue
		}
		err = c.remove(path.Join(dir, upload))
		if errors.Is(err, syscall.ENOTEMPTY) {
			continue // somebody goes on with it at this moment: it is not old after all
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// latest is when one of the files was last written.
func (c *collection) latest(files ...string) (latest time.Time, err error) {
	for _, file := range files {
		changed, err := c.changed(file)
		if err != nil {
			return time.Time{}, err
		}
		if changed.After(latest) {
			latest = changed
		}
	}
	return latest, nil
}

// sweepEmpty removes a repository that has nothing any more.
func (c *collection) sweepEmpty(dir string) error {
	for _, part := range []string{revisionsDir, layersDir} {
		if left, err := c.pairs(path.Join(dir, part)); err != nil || len(left) > 0 {
			return err
		}
	}
	for _, part := range []string{tagsDir, uploadsDir} {
		if left, err := c.names(path.Join(dir, part)); err != nil || len(left) > 0 {
			return err
		}
	}
	return c.remove(dir)
}

// sweepBlobs removes the blobs that nothing refers to.
func (c *collection) sweepBlobs() error {
	prefixes, err := c.pairs(blobsDir)
	if err != nil {
		return err
	}
	for _, prefix := range prefixes {
		algorithm, _, _ := strings.Cut(prefix, digestSeparator)
		sums, err := c.names(linkDir(blobsDir, prefix))
		if err != nil {
			return err
		}
		for _, sum := range sums {
			if err := c.sweepBlob(algorithm + digestSeparator + sum); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *collection) sweepBlob(digest string) error {
	dir := blobDir(digest)
	if dir == "" || c.marked[digest] {
		return nil
	}
	changed, err := c.latest(path.Join(dir, dataFile), dir)
	if err != nil || c.isYoung(changed) {
		return err
	}
	c.removed++
	return c.remove(dir)
}
