package image

import (
	"io/fs"
	"syscall"
)

// inode is a file, whatever its names.
type inode struct{ device, number uint64 }

// linked returns the first name of a file that has several, when this is another one.
func (p *packer) linked(info fs.FileInfo, name string) (first string, linked bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || stat.Nlink < 2 {
		return "", false
	}
	key := inode{uint64(stat.Dev), stat.Ino}
	if first, linked = p.links[key]; !linked {
		p.links[key] = name
	}
	return first, linked
}
