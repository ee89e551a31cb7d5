package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"gondor/cluster/kube/registry/token"
)

// holdings is what one repository has, and what of it stays.
type holdings struct {
	name              string
	revisions, layers map[string]link
	kept              map[string]bool // revisions
	used              map[string]bool // layers and configurations that kept revisions name
}

// mark finds out what stays of a repository: of a site, the manifests that have a tag or
// are young; of every other repository, all. What an index that stays names, stays.
func (c *collection) mark(name string) (h *holdings, err error) {
	h = &holdings{name: name, kept: map[string]bool{}, used: map[string]bool{}}
	if h.revisions, err = c.links(path.Join(repositoryDir(name), revisionsDir)); err != nil {
		return nil, err
	}
	if h.layers, err = c.links(path.Join(repositoryDir(name), layersDir)); err != nil {
		return nil, err
	}
	roots, err := c.roots(h)
	if err != nil {
		return nil, err
	}
	for _, digest := range roots {
		if err := c.follow(h, digest); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// roots are the manifests that stay for their own sake.
func (c *collection) roots(h *holdings) (roots []string, err error) {
	all := !strings.HasPrefix(h.name, token.Sites)
	for digest, link := range h.revisions {
		if all || c.isYoung(link.changed) && !c.dropped[h.name+"@"+digest] {
			roots = append(roots, digest)
		}
	}
	tags, err := c.tags(h.name)
	if err != nil {
		return nil, err
	}
	for _, tag := range tags {
		roots = append(roots, tag.target)
	}
	return roots, nil
}

// tags reads what the tags of a repository stand for.
func (t tree) tags(repository string) (map[string]link, error) {
	dir := path.Join(repositoryDir(repository), tagsDir)
	names, err := t.names(dir)
	if err != nil {
		return nil, err
	}
	tags := map[string]link{}
	for _, name := range names {
		if tags[name], err = t.link(path.Join(dir, name, currentTag)); err != nil {
			return nil, err
		}
	}
	return tags, nil
}

// follow keeps a manifest of the repository and all that it names.
func (c *collection) follow(h *holdings, digest string) error {
	if h.revisions[digest].target == "" || h.kept[digest] {
		return nil
	}
	h.kept[digest] = true
	c.marked[digest], c.marked[h.revisions[digest].target] = true, true
	named, err := c.named(digest)
	if err != nil {
		return err
	}
	for _, one := range named {
		h.used[one] = true
		c.marked[one], c.marked[h.layers[one].target] = true, true
		if err := c.follow(h, one); err != nil {
			return err
		}
	}
	return nil
}

// manifest is what a manifest or an index names.
type manifest struct {
	Config    descriptor   `json:"config"`
	Layers    []descriptor `json:"layers"`
	Manifests []descriptor `json:"manifests"`
}

type descriptor struct {
	Digest string `json:"digest"`
}

// named lists the digests that a manifest names. One that is missing or is no manifest,
// which nobody could pull, names none.
func (c *collection) named(digest string) ([]string, error) {
	text, err := c.root.ReadFile(path.Join(blobDir(digest), dataFile))
	if errors.Is(err, fs.ErrNotExist) {
		c.log.Warn("a manifest is missing", "digest", digest)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a manifest: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		c.log.Warn("a manifest can't be read", "digest", digest, "error", err)
		return nil, nil
	}
	var all []string
	for _, one := range append(append(m.Layers, m.Manifests...), m.Config) {
		all = append(all, one.Digest)
	}
	return all, nil
}
