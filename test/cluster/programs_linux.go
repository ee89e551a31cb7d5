package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	kubeVersion    = "v1.34.4"
	corednsVersion = "v1.12.4"
)

// cached is the path of a file that is made once per version and Go version.
func cached(name, version string) (string, error) {
	return cachePath(name + "-" + version + "-" + runtime.Version())
}

// cachePath is the path of a file in the part of the user's cache directory that is ours.
func cachePath(name string) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	dir := filepath.Join(base, "gondor-"+clusterName)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache directory: %w", err)
	}
	return filepath.Join(dir, name), nil
}

// sources is the folder of this program's sources, from which it builds the others.
func sources() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(file)
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return "", fmt.Errorf("the sources of this program are not in %s (any more): build it again there, without -trimpath", dir)
	}
	return dir, nil
}

// kubeProgram is the path of the program with all of Kubernetes' components, built when
// this version hasn't been yet: minutes the first time.
func kubeProgram(ctx context.Context) (string, error) {
	major, minor := "1", strings.Split(kubeVersion, ".")[1]
	const version = "k8s.io/component-base/version."
	return program(ctx, "kube", kubeVersion, "-s -w -X "+version+"gitVersion="+kubeVersion+
		" -X "+version+"gitMajor="+major+" -X "+version+"gitMinor="+minor)
}

// program builds the package in the folder of that name, unless the cache has it.
func program(ctx context.Context, name, version, linkerFlags string) (string, error) {
	path, err := cached(name, version)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	folder, err := sources()
	if err != nil {
		return "", err
	}
	progress("build %s %s", name, version)
	unfinished := fmt.Sprintf("%s.%d", path, os.Getpid())
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", linkerFlags, "-o", unfinished, ".")
	build.Dir = filepath.Join(folder, name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if err := quietly(build); err != nil {
		return "", err
	}
	return path, os.Rename(unfinished, path)
}

// images are the archives that every node imports before its kubelet starts.
func images(ctx context.Context) ([]string, error) {
	pause, err := programImage(ctx, "pause", "1", pauseImage)
	if err != nil {
		return nil, err
	}
	coredns, err := programImage(ctx, "coredns", corednsVersion, corednsImage)
	return []string{pause, coredns}, err
}

// programImage is the archive of an image with nothing but the program in it.
func programImage(ctx context.Context, name, version, reference string) (string, error) {
	path, err := cached(name+"-image", version)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	binary, err := program(ctx, name, version, "-s -w")
	if err != nil {
		return "", err
	}
	unfinished := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := writeProgramImage(unfinished, reference, binary); err != nil {
		return "", err
	}
	return path, os.Rename(unfinished, path)
}

// quietly runs a command; its output is seen only in the error, when it fails.
func quietly(c *exec.Cmd) error {
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, strings.TrimSpace(output.String()))
	}
	return nil
}

// progress tells on standard error what is going on; standard output is for answers.
func progress(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}
