package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Where distribution keeps everything, below the data directory:
//
//	blobs/sha256/AB/ABCD…/data                            contents, by their digest
//	repositories/NAME/_layers/sha256/ABCD…/link           a blob that the repository has
//	repositories/NAME/_manifests/revisions/sha256/A…/link a manifest that it has
//	repositories/NAME/_manifests/tags/TAG/current/link    what a tag stands for
//	repositories/NAME/_uploads/ID/{data,startedat,…}      what is on its way
const (
	layoutRoot       = "docker/registry/v2"
	blobsDir         = layoutRoot + "/blobs"
	repositoriesDir  = layoutRoot + "/repositories"
	layersDir        = "_layers"
	revisionsDir     = "_manifests/revisions"
	tagsDir          = "_manifests/tags"
	uploadsDir       = "_uploads"
	linkFile         = "link"
	currentTag       = "current/" + linkFile
	dataFile         = "data"
	privatePrefix    = "_" // no part of a repository's name begins so
	mostManifest     = 4 << 20
	digestSeparator  = ":"
	digestPrefixSize = 2
)

// tree reads what a registry keeps. What is missing is empty: a collection that was killed
// may have left half of it.
type tree struct{ root *os.Root }

// link is a file that holds a digest.
type link struct {
	target  string // "sha256:…", empty when there is no file
	changed time.Time
}

// names lists a directory in order.
func (t tree) names(dir string) ([]string, error) {
	entries, err := fs.ReadDir(t.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, nil
}

// pairs lists what is two levels below a directory, as FIRST:SECOND.
func (t tree) pairs(dir string) ([]string, error) {
	firsts, err := t.names(dir)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, first := range firsts {
		seconds, err := t.names(path.Join(dir, first))
		if err != nil {
			return nil, err
		}
		for _, second := range seconds {
			all = append(all, first+digestSeparator+second)
		}
	}
	return all, nil
}

func (t tree) link(file string) (link, error) {
	text, err := t.root.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return link{}, nil
	}
	if err != nil {
		return link{}, fmt.Errorf("read a link: %w", err)
	}
	changed, err := t.changed(file)
	return link{strings.TrimSpace(string(text)), changed}, err
}

// links reads the links of a directory, by the digest that they are called by.
func (t tree) links(dir string) (map[string]link, error) {
	digests, err := t.pairs(dir)
	if err != nil {
		return nil, err
	}
	all := map[string]link{}
	for _, digest := range digests {
		if all[digest], err = t.link(path.Join(linkDir(dir, digest), linkFile)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// changed is when a file was last written, or the zero time when there is none.
func (t tree) changed(file string) (time.Time, error) {
	info, err := t.root.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("look at %s: %w", file, err)
	}
	return info.ModTime(), nil
}

// repositories lists the names of all repositories.
func (t tree) repositories() ([]string, error) {
	var all []string
	err := fs.WalkDir(t.root.FS(), repositoriesDir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || !entry.IsDir():
			return err
		case !strings.HasPrefix(entry.Name(), privatePrefix):
			return nil
		}
		all = append(all, strings.TrimPrefix(path.Dir(name), repositoriesDir+"/"))
		return fs.SkipDir
	})
	if err != nil {
		return nil, fmt.Errorf("list the repositories: %w", err)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// remove removes a directory with all that it holds.
func (t tree) remove(dir string) error {
	if err := t.root.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	return nil
}

// linkDir is the directory of a link below one of layers or revisions.
func linkDir(dir, digest string) string {
	algorithm, sum, _ := strings.Cut(digest, digestSeparator)
	return path.Join(dir, algorithm, sum)
}

// blobDir is the directory of a blob, or "" for what is no digest.
func blobDir(digest string) string {
	algorithm, sum, _ := strings.Cut(digest, digestSeparator)
	if len(sum) <= digestPrefixSize || strings.Contains(digest, "/") {
		return ""
	}
	return path.Join(blobsDir, algorithm, sum[:digestPrefixSize], sum)
}

func repositoryDir(name string) string { return path.Join(repositoriesDir, name) }
