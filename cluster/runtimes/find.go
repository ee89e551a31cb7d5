package runtimes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// candidate is a program to look for, and how it tells its version.
type candidate struct{ name, program, flag string }

func candidates() []candidate {
	all := []candidate{{"python", "python3", "--version"}}
	for minor := 15; minor >= 8; minor-- {
		all = append(all, candidate{"python", fmt.Sprintf("python3.%d", minor), "--version"})
	}
	for _, name := range []string{"node", "npm", "yarn", "pnpm"} {
		all = append(all, candidate{name, name, "--version"})
	}
	return append(all, candidate{"go", "go", "version"})
}

// found is a candidate with its file.
type found struct {
	candidate
	path string
}

// find looks for the candidates, each file once.
func (r *Runtimes) find() []found {
	var all []found
	seen := map[string]bool{}
	for _, c := range candidates() {
		path := r.findProgram(c.program)
		real, err := filepath.EvalSymlinks(path)
		if path == "" || err != nil || seen[c.name+real] {
			continue
		}
		seen[c.name+real] = true
		all = append(all, found{c, path})
	}
	return all
}

func (r *Runtimes) findProgram(program string) string {
	dirs := strings.Split(r.path+":/usr/local/go/bin:"+os.Getenv("PATH"), ":")
	for _, dir := range dirs {
		path := filepath.Join(dir, program)
		if !filepath.IsAbs(path) || !isExecutable(path) || r.others && !UsableByOthers(path) {
			continue
		}
		return path
	}
	return ""
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// UsableByOthers reports whether any user can run the file: along its path and, where
// links lead elsewhere, along that path too.
func UsableByOthers(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for _, one := range []string{path, real} {
		for at := one; ; at = filepath.Dir(at) {
			info, err := os.Stat(at)
			if err != nil || info.Mode().Perm()&0o001 == 0 {
				return false
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return true
}
