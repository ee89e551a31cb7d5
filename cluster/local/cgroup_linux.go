package local

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// cgroupMount is where every distribution mounts cgroups.
const cgroupMount = "/sys/fs/cgroup"

// controllers are those that are used. Version 2 counts CPU time in every group.
func controllers() []string { return []string{"cpu", "cpuacct", "memory", "pids"} }

// cgroups are the limits of processes by the kernel's control groups, version 2 or 1,
// in one group per data directory. The zero value limits nothing.
type cgroups struct {
	name  string
	roots map[string]string // of each controller; in version 2 they are all the same
	two   bool
}

// openCgroups makes the data directory's group. Where that can't be done it returns
// cgroups that limit nothing, and a sentence that says why.
func openCgroups(name string) (*cgroups, string) {
	if os.Geteuid() != 0 {
		return &cgroups{}, "not running as root: sizes are not enforced as limits of CPU and memory"
	}
	c := &cgroups{name: name, roots: map[string]string{}}
	_, err := os.Stat(filepath.Join(cgroupMount, "cgroup.controllers"))
	c.two = err == nil
	for _, controller := range controllers() {
		c.roots[controller] = filepath.Join(cgroupMount, controller)
		if c.two {
			c.roots[controller] = cgroupMount
		}
	}
	if err := c.prepare(); err != nil {
		return &cgroups{}, fmt.Sprintf("this system's control groups can't be used, so sizes are not enforced as limits of CPU and memory: %v", err)
	}
	return c, ""
}

func (c *cgroups) prepare() error {
	if err := c.delegate(""); err != nil {
		return err
	}
	for _, b := range []branch{sites, builds} {
		at := c.at(string(b))
		if err := errors.Join(c.mkdir(at), c.delegate(at)); err != nil {
			return err
		}
	}
	return c.yield(true)
}

// at is where a branch or a group is.
func (c *cgroups) at(group string) string { return c.name + "-" + group }

// yield says whether builds have only the CPU that nobody else wants, or their share of it.
// They have that always where the kernel knows no other: before 5.15.
func (c *cgroups) yield(all bool) error {
	if c.name == "" {
		return nil
	}
	at, idle := c.at(string(builds)), "0"
	if all {
		idle = "1"
	}
	if err := c.write("cpu", at, "cpu.idle", idle); err == nil && all {
		return nil
	}
	return c.weigh(at, buildsShare)
}

// delegate lets the groups below at use the controllers, which version 2 wants to be told.
func (c *cgroups) delegate(at string) error {
	if !c.two {
		return nil
	}
	return c.write("cpu", at, "cgroup.subtree_control", "+cpu +memory +pids")
}

func (c *cgroups) mkdir(at string) error {
	for _, root := range c.roots {
		if err := os.Mkdir(filepath.Join(root, at), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func (c *cgroups) write(controller, at, file, value string) error {
	return os.WriteFile(filepath.Join(c.roots[controller], at, file), []byte(value), 0)
}

// weigh sets how much CPU the group gets in proportion to its neighbours.
func (c *cgroups) weigh(at string, cores float64) error {
	if c.two {
		return c.write("cpu", at, "cpu.weight", within(cores*100, 1, 10000))
	}
	return c.write("cpu", at, "cpu.shares", within(cores*1024, 2, 262144))
}

func within(value, least, most float64) string {
	return strconv.Itoa(int(math.Round(min(max(value, least), most))))
}

// make makes a group with its limits and returns its directories, one per controller in
// version 1. None where there are no cgroups.
func (c *cgroups) make(group string, s share) ([]string, error) {
	if c.name == "" {
		return nil, nil
	}
	at := c.at(group)
	err := c.mkdir(at)
	if err == nil && s.CPU > 0 {
		err = errors.Join(c.weigh(at, s.CPU), c.cap(at, s))
	}
	if err == nil && s.Memory > 0 {
		err = c.write("memory", at, c.either("memory.limit_in_bytes", "memory.max"), strconv.FormatInt(s.Memory, 10))
	}
	if err == nil && s.PIDs > 0 {
		err = c.write("pids", at, "pids.max", strconv.Itoa(s.PIDs))
	}
	if err != nil {
		return nil, fmt.Errorf("limit %s: %w", group, err)
	}
	return c.dirs(at), nil
}

// restore makes a group unless it is there.
func (c *cgroups) restore(group string, s share) error {
	if c.name == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(c.roots["pids"], c.at(group))); err == nil {
		return nil
	}
	_, err := c.make(group, s)
	return err
}

// cap limits the CPU to the share, if it is hard.
func (c *cgroups) cap(at string, s share) error {
	const period = 100_000 // microseconds
	quota := strconv.Itoa(max(1000, int(s.CPU*period)))
	switch {
	case !s.Hard:
		return nil
	case c.two:
		return c.write("cpu", at, "cpu.max", quota+" "+strconv.Itoa(period))
	default:
		return c.write("cpu", at, "cpu.cfs_quota_us", quota)
	}
}

func (c *cgroups) either(one, two string) string {
	if c.two {
		return two
	}
	return one
}

func (c *cgroups) dirs(at string) []string {
	if c.two {
		return []string{filepath.Join(cgroupMount, at)}
	}
	var dirs []string
	for _, controller := range controllers() {
		dirs = append(dirs, filepath.Join(c.roots[controller], at))
	}
	return dirs
}

// groups lists the groups of a branch.
func (c *cgroups) groups(b branch) []string {
	if c.name == "" {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(c.roots["pids"], c.at(string(b))))
	if err != nil {
		return nil
	}
	var groups []string
	for _, entry := range entries {
		if entry.IsDir() {
			groups = append(groups, string(b)+"/"+entry.Name())
		}
	}
	return groups
}
