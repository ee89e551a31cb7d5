package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path that every package of ours begins with.
const module = "gondor"

// broken says which part of the rule an import breaks, "" for none. Rooms are named by
// their path within the module; "" is main. A leaf stands on app alone.
func broken(from, to string, leaf bool) string {
	switch {
	case room(from) == "test":
		return ""
	case room(to) == "test":
		return "only tests may use what is in test"
	case from == "":
		return unless(to == "cli", "main only enters cli")
	case to == "cli" || to == "":
		return "nobody but main imports cli"
	case from == "cli":
		return ""
	case room(from) == "app":
		return unless(isWithin(from, to), "app imports none of ours")
	case to == "app" || isWithin(from, to) || isWithin(to, from):
		return ""
	case room(from) == room(to):
		return unless(leaf, "children of a room may import the room and, of each other, only those that stand on app alone")
	default:
		return "siblings never import each other; put a port in app and let cli plug them together"
	}
}

// room is the first part of a path.
func room(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// isWithin reports whether path is a child, or a child's child, of parent.
func isWithin(path, parent string) bool { return strings.HasPrefix(path, parent+"/") }

func unless(right bool, why string) string {
	if right {
		return ""
	}
	return why
}

func TestTheRuleOfImports(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		leaf, right    bool
	}{
		{"main enters cli", "", "cli", false, true},
		{"main imports nothing else", "", "app", false, false},
		{"cli imports any room", "cli", "cluster/local", false, true},
		{"cli does not import what only tests use", "cli", "test/kube", false, false},
		{"nobody imports cli", "web", "cli", false, false},
		{"not even a child of cli", "cli/config", "cli", false, false},
		{"every room imports app", "router", "app", false, true},
		{"so does a child of a room", "cluster/local", "app", false, true},
		{"app imports no room", "app", "store", false, false},
		{"nor the child of one", "app", "web/api", false, false},
		{"a room imports no other room", "web", "store", false, false},
		{"nor the child of another", "runner", "web/api", false, false},
		{"a child imports its parent", "cluster/local", "cluster", false, true},
		{"a parent imports its child", "web", "web/api", false, true},
		{"children do not import each other", "cluster/kube", "cluster/local", false, false},
		{"unless it stands on app alone", "cluster/local/supervisor", "cluster/logfile", true, true},
		{"which opens no door to another room", "web", "cluster/logfile", true, false},
		{"rooms whose names begin alike are siblings", "webhook", "web", false, false},
		{"tests import whatever they test", "test/e2e", "cli", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			why := broken(c.from, c.to, c.leaf)
			if right := why == ""; right != c.right {
				t.Errorf("%q imports %q: right is %v (%s), want %v", c.from, c.to, right, why, c.right)
			}
		})
	}
}

func TestEveryPackageKeepsTheRuleOfImports(t *testing.T) {
	packages := listPackages(t)
	leaves := leaves(packages)
	seen := map[string]bool{}
	for _, p := range packages {
		from, ours := inModule(p.ImportPath)
		if !ours {
			continue
		}
		seen[from] = true
		for _, path := range p.Imports {
			to, ours := inModule(path)
			if !ours {
				continue
			}
			if why := broken(from, to, leaves[to]); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, path, why)
			}
		}
	}
	if !seen["app"] {
		t.Errorf("the list of packages has no %s/app: the test looks at the wrong module", module)
	}
}

// leaves are the packages that import none of ours but app.
func leaves(packages []listed) map[string]bool {
	found := map[string]bool{}
	for _, p := range packages {
		from, ours := inModule(p.ImportPath)
		found[from] = ours && !slices.ContainsFunc(p.Imports, func(path string) bool {
			to, ours := inModule(path)
			return ours && to != "app"
		})
	}
	return found
}

// listed is what go list tells of a package and the rule needs.
type listed struct {
	ImportPath string
	Imports    []string
}

// listPackages lists the packages of the module and all that they import.
func listPackages(t *testing.T) []listed {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Imports", module+"/...")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	packages, err := decode(out)
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

// decode reads the stream of JSON objects that go list writes.
func decode(out []byte) ([]listed, error) {
	var packages []listed
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the list of packages: %w", err)
		}
		packages = append(packages, p)
	}
}

// inModule returns the path within the module, and whether the package is of it.
func inModule(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}
