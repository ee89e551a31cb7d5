package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gondor/test/smalldisk"
)

// envDeploys is how many deploys the test makes of a site of 40 MB, on a disk of 2 GB;
// fewer of a smaller one on a smaller disk without it.
const envDeploys = "GONDOR_TEST_DEPLOYS"

// diskReport is what `gondor status --disk --output json` shows.
type diskReport struct {
	Used   int64 `json:"used"`
	Budget int64 `json:"budget"`
	Free   int64 `json:"free"`
	Parts  []struct {
		Kind string `json:"kind"`
		Used int64  `json:"used"`
	} `json:"parts"`
}

func (p place) disk() diskReport {
	p.server.t.Helper()
	var report diskReport
	if err := json.Unmarshal([]byte(p.run("status", "--disk", "--output", "json")), &report); err != nil {
		p.server.t.Fatal(err)
	}
	return report
}

func TestManyDeploysStayInsideTheBudget(t *testing.T) {
	needs(t, "git")
	deploys, disk, weight := 15, int64(256<<20), 11<<20 // with its source each is twice that: more than the disk holds
	if text := os.Getenv(envDeploys); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 6 {
			t.Fatalf("%s=%q is no number of deploys from 6 on", envDeploys, text)
		}
		deploys, disk, weight = n, 2<<30, 40<<20
	}
	server := newServerOn(t, disk)
	foreign := server.leaveForeignFiles()
	site := server.example("static")
	site.write("weight.bin", string(make([]byte, weight)))
	site.write("number.txt", "0")
	site.run("sites", "init", "--name", "heavy")
	site.git("add", ".")
	site.git("commit", "-qm", "Weigh something")
	for i := 1; i <= deploys; i++ {
		site.edit("number.txt", strconv.Itoa(i-1), strconv.Itoa(i))
		site.run("deploy")
		if report := site.disk(); report.Used > report.Budget {
			t.Errorf("after %d deploys %d bytes are kept of %d: %+v", i, report.Used, report.Budget, report.Parts)
		}
		if i == 1 {
			site.run("run", "web", "--", "sh", "-c", `echo kept > "$DATA_DIR/file"`)
		}
	}

	url := strings.TrimSuffix(site.status().WebURL, "/") + "/number.txt"
	for i := deploys - 4; i <= deploys; i++ {
		site.run("rollback", fmt.Sprintf("v%d", i))
		contains(t, page(t, url), strconv.Itoa(i))
	}
	eventually(t, "no more artifacts are there than can be rolled back to", func() bool {
		return len(server.artifacts()) <= 6
	})
	contains(t, site.run("run", "web", "--", "sh", "-c", `cat "$DATA_DIR/file"`), "kept")
	for _, path := range foreign {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("what somebody else has put there is gone: %v", err)
		}
	}
	t.Logf("%d deploys: %+v, %d bytes are free", deploys, site.disk(), smalldisk.Free(t, server.dir))
}

// leaveForeignFiles puts files of somebody else among those of the server, so old that
// nothing can be at work on them, and returns where they are.
func (s *server) leaveForeignFiles() []string {
	s.t.Helper()
	var paths []string
	for _, path := range []string{"notes/letter.txt", "engine/artifacts/theirs/pictures/one.txt", "engine/cache/theirs/two.txt", "sources.old/three.tar"} {
		path = filepath.Join(s.dir, path)
		paths = append(paths, path)
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("of somebody else"), 0o600))
		long := time.Now().Add(-48 * time.Hour)
		for dir := path; dir != s.dir && err == nil; dir = filepath.Dir(dir) {
			if name := filepath.Base(dir); name != "engine" && name != "artifacts" && name != "cache" {
				err = os.Chtimes(dir, long, long)
			}
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return paths
}

// artifacts lists the directories of whole artifacts.
func (s *server) artifacts() []string {
	s.t.Helper()
	var all []string
	err := filepath.WalkDir(filepath.Join(s.dir, "engine", "artifacts"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "complete" {
			all = append(all, filepath.Dir(path))
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it is just being removed
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}
