package installation

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func (i *Installation) login(context.Context) error {
	c := i.Command(i.Dir, "login", i.URL(), "--username", "admin", "--password-stdin")
	c.Stdin = strings.NewReader(Password)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("gondor login: %w\n%s", err, out)
	}
	return nil
}

// run runs a gondor command that needs nobody to be signed in.
func (i *Installation) run(arguments ...string) error {
	if out, err := i.Command(i.Dir, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("gondor %s: %w\n%s", arguments[0], err, out)
	}
	return nil
}

// Command is a gondor command that admin types in a directory.
func (i *Installation) Command(dir string, arguments ...string) *exec.Cmd {
	return i.as(exec.Command(i.Program, arguments...), dir)
}

// Git is a git command that admin types in a directory.
func (i *Installation) Git(dir string, arguments ...string) *exec.Cmd {
	return i.as(exec.Command("git", arguments...), dir)
}

func (i *Installation) as(c *exec.Cmd, dir string) *exec.Cmd {
	c.Dir = dir
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(i.Dir, "config"), "HOME="+i.Dir,
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	return c
}
