package worktree

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// lfsPointer begins a file that stands for one that Git LFS keeps.
const lfsPointer = "version https://git-lfs.github.com/spec/v1\n"

// maxPointer is the most bytes of a file that Git LFS takes for a pointer.
const maxPointer = 1024

// Packed is what Pack noticed.
type Packed struct {
	Files       int
	LFSPointers []string // files of which only the pointer was packed, not the content
}

// Pack writes the source as one tar, as git archive packs it.
func (s Source) Pack(ctx context.Context, w io.Writer) (Packed, error) {
	p := packer{out: tar.NewWriter(w), directories: map[string]bool{}}
	for _, part := range s.parts {
		if err := p.archive(ctx, part); err != nil {
			return p.packed, err
		}
	}
	if err := p.out.Close(); err != nil {
		return p.packed, fmt.Errorf("pack the source: %w", err)
	}
	return p.packed, nil
}

// packer joins the archives of several repositories.
type packer struct {
	out         *tar.Writer
	directories map[string]bool // that are in it already
	packed      Packed
}

func (p *packer) archive(ctx context.Context, from part) error {
	args := []string{"archive", "--format=tar", from.object}
	cmd := command(ctx, from.dir, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("pack the source: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return explain(ctx, args, err, "")
	}
	copied := p.copy(out, from.below)
	if copied != nil {
		_ = out.Close() // so that git ends too, by SIGPIPE
	}
	if err := cmd.Wait(); err != nil && (copied == nil || complaint.Len() > 0) {
		return explain(ctx, args, err, complaint.String())
	}
	return copied
}

// copy adds every entry of an archive.
func (p *packer) copy(archive io.Reader, below string) error {
	in := tar.NewReader(archive)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			_, err := io.Copy(io.Discard, archive) // the padding that git still writes
			return err
		}
		if err != nil {
			return fmt.Errorf("read what git archive wrote: %w", err)
		}
		if err := p.entry(header, in, below); err != nil {
			return fmt.Errorf("pack %s: %w", header.Name, err)
		}
	}
}

func (p *packer) entry(h *tar.Header, content io.Reader, below string) error {
	if h.Typeflag == tar.TypeXGlobalHeader { // it names the commit, once
		if below != "" {
			return nil
		}
		return p.out.WriteHeader(&tar.Header{Typeflag: h.Typeflag, Name: h.Name, PAXRecords: h.PAXRecords})
	}
	name := path.Join(below, h.Name)
	if h.Typeflag == tar.TypeDir {
		name += "/"
		if p.directories[name] || name == "./" {
			return nil
		}
		p.directories[name] = true
	}
	err := p.out.WriteHeader(&tar.Header{
		Typeflag: h.Typeflag, Name: name, Linkname: h.Linkname, Size: h.Size, Mode: h.Mode, ModTime: h.ModTime,
	})
	if err != nil || h.Typeflag != tar.TypeReg {
		return err
	}
	return p.file(name, h.Size, content)
}

// file copies a file, and notices a pointer.
func (p *packer) file(name string, size int64, content io.Reader) error {
	p.packed.Files++
	if size <= maxPointer {
		start := bufio.NewReaderSize(content, maxPointer)
		if head, _ := start.Peek(len(lfsPointer)); strings.HasPrefix(string(head), lfsPointer) {
			p.packed.LFSPointers = append(p.packed.LFSPointers, name)
		}
		content = start
	}
	_, err := io.Copy(p.out, content)
	return err
}
