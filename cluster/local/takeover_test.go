package local_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster"
)

// making is a build of a site whose first step makes a directory, by a key.
func making(id app.ID[app.Build], key string, variables map[string]string) app.BuildOrder {
	return app.BuildOrder{
		Build: id, Site: "site-a", LogName: app.LogName("build/" + string(id)), Variables: variables,
		Plan: app.Plan{Steps: []app.Step{
			{Name: "Make", Command: "rm -rf made; mkdir -p made/deep; date +%s%N > made/deep/stamp; ln -s deep/stamp made/link; echo it ran", Makes: "made", Key: key},
			{Name: "Add", Command: "cat made/link > stamp; touch made/deep/of-" + string(id)},
		}},
	}
}

// makes builds the order and returns the directory of the artifact.
func makes(t *testing.T, engine cluster.Engine, dir string, o app.BuildOrder) string {
	t.Helper()
	a, err := engine.Build(context.Background(), o, sourceOf(t))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "artifacts", a.Ref, "app")
}

// has are the names in a directory of an artifact.
func has(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

func TestWhatAnEarlierBuildMadeIsTakenOver(t *testing.T) {
	for name, c := range map[string]struct {
		before, key string
		variables   map[string]string
		taken       bool
	}{
		"by the same key":                  {"key", "key", nil, true},
		"not by another":                   {"key", "other", nil, false},
		"not without one":                  {"", "", nil, false},
		"not when all is to be made anew":  {"key", "key", map[string]string{app.RebuildVariable: "1"}, false},
		"whatever other variables are set": {"key", "key", map[string]string{"PIP_INDEX_URL": "https://example.com/"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			engine := openLocal(t, options(dir))
			first := makes(t, engine, dir, making("build-one", c.before, nil))
			second := makes(t, engine, dir, making("build-two", c.key, c.variables))
			if taken := same(t, filepath.Join(first, "made/deep/stamp"), filepath.Join(second, "made/deep/stamp")); taken != c.taken {
				t.Errorf("it was taken over: %v, want %v", taken, c.taken)
			}
			if ran := strings.Contains(logged(t, engine, "build/build-two"), "it ran"); ran == c.taken {
				t.Errorf("the step ran: %v", ran)
			}
			want := "of-build-two stamp"
			if c.taken {
				want = "of-build-one " + want
			}
			if got := has(t, filepath.Join(second, "made/deep")); got != want {
				t.Errorf("the second has %s, want %s", got, want)
			}
			if got := has(t, filepath.Join(first, "made/deep")); got != "of-build-one stamp" {
				t.Errorf("the first has %s", got)
			}
		})
	}
}

func TestWhatWasTakenOverOutlivesWhereItCameFrom(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	engine := openLocal(t, options(dir))
	makes(t, engine, dir, making("build-one", "key", nil))
	makes(t, engine, dir, making("build-two", "key", nil))
	keeps(t, engine, "build-two")
	makes(t, engine, dir, making("build-three", "key", nil))
	if strings.Contains(logged(t, engine, "build/build-three"), "it ran") {
		t.Error("the third build took over nothing of the second")
	}
	for name, c := range map[string]struct {
		command string
		allowed bool
	}{
		"its files are whole":                   {"cmp made/link stamp", true},
		"its files are not written":             {"echo more > made/deep/stamp", false},
		"nor removed":                           {"rm made/deep/stamp", false},
		"nothing is added":                      {"touch made/deep/another", false},
		"their modes stay":                      {"chmod 777 made/deep/stamp", false},
		"its directories are nobody's but ours": {"test $(stat -c %u made/deep) = 0", true},
	} {
		t.Run(name, func(t *testing.T) {
			tries(t, engine, "instance-a", app.Artifact{Ref: "site-a/build-three"}, c.command, c.allowed)
		})
	}
}

// keeps tidies up all artifacts but these.
func keeps(t *testing.T, engine cluster.Engine, builds ...app.ID[app.Build]) {
	t.Helper()
	if err := engine.Keep(context.Background(), time.Now().Add(time.Minute), builds, []app.ID[app.Site]{"site-a"}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheNextBuildTakesOverIsReady(t *testing.T) {
	dir := t.TempDir()
	engine := openLocal(t, options(dir))
	site := filepath.Join(dir, "artifacts", "site-a")
	first := makes(t, engine, dir, making("build-one", "key", nil))
	if err := os.Mkdir(filepath.Join(site, ".new-left-by-a-kill"), 0o700); err != nil {
		t.Fatal(err)
	}
	keeps(t, engine, "build-one")
	if got := has(t, site); got != ".spare-key build-one" {
		t.Fatalf("beside the artifact there is %s", got)
	}
	info, err := os.Stat(filepath.Join(site, ".spare-key"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others can enter the spare: %v, %v", info.Mode(), err)
	}
	second := makes(t, engine, dir, making("build-two", "key", nil))
	if !same(t, filepath.Join(first, "made/deep/stamp"), filepath.Join(second, "made/deep/stamp")) || has(t, filepath.Join(site, ".spare-key")) != "" {
		t.Errorf("the second build did not take the spare")
	}
	keeps(t, engine, "build-one", "build-two")
	if got := has(t, filepath.Join(site, ".spare-key")); got != "made" {
		t.Errorf("after the second build the spare has %q", got)
	}
	makes(t, engine, dir, making("build-three", "other", nil))
	keeps(t, engine, "build-three")
	if got := has(t, site); got != ".spare-other build-three" {
		t.Errorf("after a build with another key there is %s", got)
	}
	keeps(t, engine)
	if left, err := os.Stat(site); err == nil {
		t.Errorf("%s is left of a site without artifacts", left.Name())
	}
}

func TestABuildThatCanTakeNothingOverMakesItAnew(t *testing.T) {
	dir := t.TempDir()
	engine := openLocal(t, options(dir))
	first := makes(t, engine, dir, making("build-one", "key", nil))
	if err := os.RemoveAll(filepath.Join(first, "made")); err != nil {
		t.Fatal(err)
	}
	makes(t, engine, dir, making("build-two", "key", nil))
	if log := logged(t, engine, "build/build-two"); !strings.Contains(log, "it ran") {
		t.Errorf("the log is %q", log)
	}
}

func same(t *testing.T, a, b string) bool {
	t.Helper()
	first, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(first, second)
}
