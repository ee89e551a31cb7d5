package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gondor/app"
	"gondor/build"
	"gondor/cli/worktree"
)

// siteConfig is what the gondor.yml of the working directory, or above it, says; a zero
// Config when there is none.
func (p *Program) siteConfig() (build.Config, error) {
	dir, err := p.siteDir()
	if err != nil || dir == "" {
		return build.Config{}, err
	}
	path := filepath.Join(dir, build.ConfigFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return build.Config{}, fmt.Errorf("read %s: %w", build.ConfigFile, err)
	}
	config, err := build.ReadConfig(text)
	if err != nil {
		return build.Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

// siteDir is the directory of gondor.yml, "" when there is none.
func (p *Program) siteDir() (string, error) {
	dir, err := worktree.FindFile(p.io.Dir, build.ConfigFile)
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", build.ConfigFile, err)
	}
	return dir, nil
}

// branch is the git branch of the working directory, "" outside git and for a commit
// that is no branch.
func (p *Program) branch(ctx context.Context) (string, error) {
	tree, err := worktree.Find(ctx, p.io.Dir, "")
	if app.CodeOf(err) == app.CodeInvalid {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return tree.Branch(ctx)
}
