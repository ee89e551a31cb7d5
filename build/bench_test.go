package build_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gondor/app"
	"gondor/build"
)

// sampleSource is a site of 3,000 files with 30 MB in all.
func sampleSource(b *testing.B) []byte {
	b.Helper()
	entries := []tar.Header{file("Procfile", "web: gunicorn x"), file("requirements.txt", "django\n"), file("manage.py", "")}
	for i := range 3000 {
		entries = append(entries, file(fmt.Sprintf("part%d/module%d.py", i%60, i), strings.Repeat(fmt.Sprintln("x =", i), 1000)))
	}
	return tarOf(b, entries...)
}

func BenchmarkReceive(b *testing.B) {
	plain := sampleSource(b)
	for name, upload := range map[string][]byte{"plain": plain, "gzipped": gzipped(b, plain)} {
		b.Run(name, func(b *testing.B) {
			s := build.NewSources(b.TempDir(), build.Limits{})
			b.SetBytes(int64(len(plain)))
			for b.Loop() {
				if _, err := s.Receive(b.Context(), "one", bytes.NewReader(upload)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPlan(b *testing.B) {
	s := build.NewSources(b.TempDir(), build.Limits{})
	if _, err := s.Receive(b.Context(), "one", bytes.NewReader(sampleSource(b))); err != nil {
		b.Fatal(err)
	}
	runtimes := []app.Runtime{{Name: "python", Version: "3.11.2", Path: "/usr/bin/python3"}}
	for b.Loop() {
		if _, err := s.Plan(b.Context(), "one", runtimes); err != nil {
			b.Fatal(err)
		}
	}
}
