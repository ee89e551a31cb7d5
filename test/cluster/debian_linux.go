package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// debianImage makes an image of a minimal Debian with the packages, of the release and the
// package sources of this machine, and prints its archive's path. The same packages are
// made once and then kept in the cache.
func debianImage(ctx context.Context, out io.Writer, reference string, names []string) error {
	if err := canRun(); err != nil {
		return err
	}
	release, err := debianRelease()
	if err != nil {
		return err
	}
	path, err := cachePath("debian-image-" + release + "-" + fingerprint(reference, names))
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		err = makeDebianImage(ctx, path, reference, release, names)
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out, path)
	return err
}

// fingerprint names a set of packages in whatever order, and the image they become.
func fingerprint(reference string, names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	sum := sha256.Sum256([]byte(reference + " " + strings.Join(sorted, " ")))
	return hex.EncodeToString(sum[:8])
}

// debianRelease is the code name of this machine's Debian.
func debianRelease() (string, error) {
	data, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", fmt.Errorf("find out the Debian release: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "VERSION_CODENAME="); found {
			return strings.Trim(name, `"`), nil
		}
	}
	return "", fmt.Errorf("%w: images of Debian packages need a Debian, and /etc/os-release names no release", errSkipped)
}

func makeDebianImage(ctx context.Context, path, reference, release string, names []string) error {
	if err := installPackages(ctx, map[string]string{"/usr/bin/mmdebstrap": "mmdebstrap"}); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(path), "debian-*")
	if err != nil {
		return fmt.Errorf("make the image %s: %w", reference, err)
	}
	defer os.RemoveAll(work)
	progress("make %s of %s", reference, strings.Join(names, ", "))
	layer := filepath.Join(work, "layer.tar")
	if err := bootstrap(ctx, layer, release, names); err != nil {
		return err
	}
	unfinished := filepath.Join(work, "image.tar")
	err = writeImage(unfinished, reference, contents{
		layer:     layer,
		variables: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	})
	if err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}

// bootstrap writes the files of a Debian with the packages to a tar file. Its mounts are in
// a mount namespace of their own, so that none is left however it ends.
func bootstrap(ctx context.Context, layer, release string, names []string) error {
	sources, err := packageSources()
	if err != nil {
		return err
	}
	arguments := []string{
		"--mount", "--propagation", "private", "mmdebstrap",
		"--variant=minbase", "--mode=root", "--include=" + strings.Join(names, ","),
		"--aptopt=Acquire::Languages none", "--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
		release, layer,
	}
	c := exec.CommandContext(ctx, "unshare", append(arguments, sources...)...)
	c.Env = append(os.Environ(), "TMPDIR="+filepath.Dir(layer))
	return quietly(c)
}

// packageSources are the files that tell this machine's apt where its packages are.
func packageSources() ([]string, error) {
	found, err := filepath.Glob("/etc/apt/sources.list.d/*.sources")
	if err != nil {
		return nil, fmt.Errorf("find the package sources: %w", err)
	}
	if _, err := os.Stat("/etc/apt/sources.list"); err == nil {
		found = append(found, "/etc/apt/sources.list")
	}
	if len(found) == 0 {
		return nil, errors.New("find the package sources: apt has none in /etc/apt")
	}
	return found, nil
}
