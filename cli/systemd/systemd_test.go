package systemd

import (
	"bytes"
	"context"
	"flag"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gondor/app"
)

var update = flag.Bool("update", false, "write the golden files")

func full() Server {
	return Server{
		Listen: "127.0.0.1:8600", Data: "/srv/gondor", Domain: "example.com", PublicURL: "https://example.com",
		Trusted: []string{"10.0.0.0/8", "127.0.0.1"},
	}
}

func TestTheUnitIsThatOfItsGoldenFile(t *testing.T) {
	for name, s := range map[string]Server{
		"plain.service": {Listen: ":80", Data: "/var/lib/gondor", Domain: "example.com"}, "full.service": full(),
	} {
		t.Run(name, func(t *testing.T) {
			unit, err := Unit(s)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, unit, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(unit, golden) {
				t.Errorf("the unit is\n%s\nnot\n%s", unit, golden)
			}
			if got := Command(unit); !slices.Equal(got, s.command()[2:]) {
				t.Errorf("its command is read as %q", got)
			}
		})
	}
}

func TestAFlagThatAUnitWouldReadOtherwiseIsRefused(t *testing.T) {
	for _, data := range []string{"/var/lib/my data", "/var/lib/100%", "/var/lib/$HOME", `/var/"lib"`, "/var\n/lib"} {
		s := full()
		s.Data = data
		if _, err := Unit(s); app.CodeOf(err) != app.CodeInvalid {
			t.Errorf("%q returned %v", data, err)
		}
	}
}

func TestAUnitOfSomebodyElseHasNoCommand(t *testing.T) {
	if got := Command([]byte("[Service]\nExecStart=/opt/gondor serve --domain example.com\n")); got != nil {
		t.Errorf("its command is read as %q", got)
	}
}

func TestInstallingAgainChangesOnlyWhatIsOther(t *testing.T) {
	root, program := t.TempDir(), filepath.Join(t.TempDir(), "gondor")
	other := full()
	other.Domain = "example.org"
	steps := []struct {
		name, program string
		server        Server
		want          Result
	}{
		{"the first time", "one", full(), Result{Binary: true, Unit: true}},
		{"the same again", "one", full(), Result{Before: true}},
		{"another program", "two", full(), Result{Binary: true, Before: true}},
		{"another flag", "two", other, Result{Unit: true, Before: true}},
	}
	for _, step := range steps {
		if err := os.WriteFile(program, []byte(step.program), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Install(root, program, step.server)
		if err != nil || got != step.want {
			t.Errorf("%s: %+v, %v", step.name, got, err)
		}
		text, err := os.ReadFile(filepath.Join(root, Binary))
		if err != nil || string(text) != step.program {
			t.Errorf("%s: the program is %q, %v", step.name, text, err)
		}
		unit, err := Installed(root)
		if err != nil || !strings.Contains(string(unit), step.server.Domain) {
			t.Errorf("%s: the unit is %q, %v", step.name, unit, err)
		}
	}
	if info, err := os.Stat(filepath.Join(root, Binary)); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the program is %v, %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(root, filepath.Dir(Binary), ".*")); len(left) > 0 {
		t.Errorf("%q were left", left)
	}
}

func TestAnAddressThatIsTakenIsToldUnlessGondorHasIt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := Server{Listen: l.Addr().String(), Data: t.TempDir(), Domain: "example.com"}
	taken := func(h Host) bool {
		return slices.ContainsFunc(h.Wrong, func(s string) bool { return strings.HasPrefix(s, "Something else listens on") })
	}
	if h := Check(context.Background(), s, false); !taken(h) {
		t.Errorf("it is not told: %q", h.Wrong)
	}
	if h := Check(context.Background(), s, true); taken(h) {
		t.Errorf("it is told: %q", h.Wrong)
	}
}

func TestAFileInPlaceOfTheDataDirectoryIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := Check(context.Background(), Server{Listen: "127.0.0.1:0", Data: filepath.Join(path, "data"), Domain: "example.com"}, false)
	if !slices.ContainsFunc(h.Wrong, func(s string) bool { return strings.Contains(s, "is not a directory") }) {
		t.Errorf("it is not told: %q", h.Wrong)
	}
}
