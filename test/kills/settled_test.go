package kills

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gondor/app"
	"gondor/cluster/local/supervisor"
	"gondor/web/api"
)

// settles waits until all is as it has to be after a kill: one complete release serves,
// and nothing is orphaned or doubled.
func (i *installation) settles() {
	i.Helper()
	i.until("everything is as it should be", func() string {
		for _, wrong := range []func() string{i.unended, i.incomplete, i.unserved, i.orphaned, i.misplaced} {
			if said := wrong(); said != "" {
				return said
			}
		}
		return ""
	})
	i.checkReleased()
	if text, err := os.ReadFile(i.dataFile("doubled")); err == nil {
		i.Errorf("beat ran twice at once, in %q", text)
	}
}

// unended tells of a build or a release that goes on, or failed without a reason.
func (i *installation) unended() string {
	for _, build := range i.builds() {
		if !build.State.Ended() && build.State != app.BuildWaiting || build.State == app.BuildFailed && build.Message == "" {
			return fmt.Sprintf("the build %s is %s: %s", build.URL, build.State, build.Message)
		}
	}
	for _, release := range i.releases() {
		if release.State.Moving() || release.State == app.ReleaseFailed && release.Message == "" {
			return fmt.Sprintf("v%d is %s: %s", release.Number, release.State, release.Message)
		}
	}
	return ""
}

// active is the release that serves, and how many there are of that kind.
func (i *installation) active() (api.Release, int) {
	active := slices.DeleteFunc(i.releases(), func(r api.Release) bool { return r.State != app.ReleaseActive })
	if len(active) == 0 {
		return api.Release{}, 0
	}
	return active[0], len(active)
}

// incomplete tells of a service that does not run the active release.
func (i *installation) incomplete() string {
	release, n := i.active()
	if n != 1 {
		return fmt.Sprintf("%d releases are active", n)
	}
	for _, service := range ask(i.server, func() ([]api.Service, error) { return i.client.Services(i.Context(), i.instance.URL) }) {
		healthy := len(service.Processes) == 1 && service.Processes[0].Release == release.Number && service.Processes[0].State == app.ReplicaHealthy
		if service.Release != release.Number || !healthy {
			return fmt.Sprintf("v%d is active, %s is %s in v%d with %+v", release.Number, service.Name, service.State, service.Release, service.Processes)
		}
	}
	return ""
}

// unserved tells of a page that is not that of the active release.
func (i *installation) unserved() string {
	release, _ := i.active()
	page, err := i.page()
	if want := fmt.Sprintf("v%d", release.Number); page != want {
		return fmt.Sprintf("the page is %q (%v), want %q", page, err, want)
	}
	return ""
}

// orphaned tells of what runs and belongs to nothing: a process of the supervisor, one of
// the machine, a control group.
func (i *installation) orphaned() string {
	client, err := i.supervisor(i.Context())
	if err != nil {
		return err.Error()
	}
	known, err := client.List(i.Context())
	if err != nil {
		return err.Error()
	}
	var sessions, groups []string
	for _, process := range known {
		if process.State != supervisor.StateRunning || process.Labels["kind"] != "replica" {
			return fmt.Sprintf("the supervisor keeps %s, which is %s", process.ID, process.State)
		}
		sessions = append(sessions, fmt.Sprint(process.PID))
		groups = append(groups, filepath.Base(process.Labels["group"]))
	}
	if len(known) != len(services) {
		return fmt.Sprintf("the supervisor has %d processes for %d services", len(known), len(services))
	}
	if found := sessionsOf(filepath.Join(i.dir, "engine")); !sameNames(found, sessions) {
		return fmt.Sprintf("in the machine run the sessions %v, the supervisor knows %v", found, sessions)
	}
	if found := cgroupsOf(filepath.Join(i.dir, "engine")); found != nil && !sameNames(found, groups) {
		return fmt.Sprintf("there are the control groups %v, for %v", found, groups)
	}
	return ""
}

// misplaced tells of a file that has no owner.
func (i *installation) misplaced() string {
	kept := map[app.BuildState][]string{}
	for _, build := range i.builds() {
		kept[build.State] = append(kept[build.State], idOf(build.URL))
	}
	instance := filepath.Base(i.dataDir())
	for _, place := range []struct {
		pattern string
		owners  []string
	}{
		{"sources/*", slices.Concat(kept[app.BuildWaiting], kept[app.BuildSucceeded])},
		{"engine/artifacts/*/*", kept[app.BuildSucceeded]},
		{"engine/tmp/*", []string{instance}},
		{"engine/.new-*", nil},
		{"engine/workloads/.new-*", nil},
	} {
		for _, name := range i.glob(place.pattern) {
			owner, _, _ := strings.Cut(filepath.Base(name), ".")
			if !slices.Contains(place.owners, owner) {
				return name + " belongs to nothing"
			}
		}
	}
	for _, pattern := range []string{"engine/workloads/*", "engine/supervisor/processes/*"} {
		if files := i.glob(pattern); len(files) != len(services) {
			return fmt.Sprintf("%d services have the files %v", len(services), files)
		}
	}
	return ""
}

// checkReleased checks that the release process ran at most once for every release, and
// for that which serves.
func (i *installation) checkReleased() {
	i.Helper()
	text, err := os.ReadFile(i.dataFile("released"))
	i.ok(err)
	ran := strings.Fields(string(text))
	for at, release := range ran {
		if slices.Contains(ran[:at], release) {
			i.Errorf("the release process of %s ran twice: %v", release, ran)
		}
	}
	if release, _ := i.active(); !slices.Contains(ran, fmt.Sprintf("v%d", release.Number)) {
		i.Errorf("v%d serves, and its release process never ran: %v", release.Number, ran)
	}
}

// dataDir is the DATA_DIR of the instance.
func (i *installation) dataDir() string {
	i.Helper()
	dirs := i.glob("engine/data/*")
	if len(dirs) != 1 {
		i.Fatalf("there are the DATA_DIRs %v, want one", dirs)
	}
	return dirs[0]
}

func (i *installation) dataFile(name string) string {
	i.Helper()
	return filepath.Join(i.dataDir(), name)
}

func (i *installation) glob(pattern string) []string {
	i.Helper()
	found, err := filepath.Glob(filepath.Join(i.dir, pattern))
	i.ok(err)
	return found
}

// idOf is the last part of a reference, "/v2/builds/ID/".
func idOf(at api.Reference) string {
	parts := strings.Split(strings.Trim(string(at), "/"), "/")
	return parts[len(parts)-1]
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}
