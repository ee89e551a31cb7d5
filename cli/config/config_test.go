package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gondor/app"
	"gondor/cli/config"
)

func open(t *testing.T) config.File {
	t.Helper()
	dir := t.TempDir()
	file, err := config.Open(func(key string) string { return map[string]string{"XDG_CONFIG_HOME": dir}[key] })
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOpenFindsItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"below XDG_CONFIG_HOME":                    {map[string]string{"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/gondor/config.yml"},
		"below the home directory":                 {map[string]string{"HOME": "/h"}, "/h/.config/gondor/config.yml"},
		"not below an XDG_CONFIG_HOME of no place": {map[string]string{"XDG_CONFIG_HOME": "x", "HOME": "/h"}, "/h/.config/gondor/config.yml"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := config.Open(func(key string) string { return c.env[key] })
			if err != nil || file.Path() != c.want {
				t.Errorf("got %s, %v; want %s", file.Path(), err, c.want)
			}
		})
	}
	if _, err := config.Open(func(string) string { return "" }); app.CodeOf(err) != app.CodeInvalid {
		t.Errorf("without a home: got %v", err)
	}
}

func TestAFileThatIsMissingIsEmpty(t *testing.T) {
	c, err := open(t).Read()
	if err != nil || c.Current != "" || len(c.Names()) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestUpdateKeepsWhatItWasTold(t *testing.T) {
	file := open(t)
	kept := config.Cluster{URL: "https://gondor.example.com", Username: "ann", AccessToken: "a", RefreshToken: "r"}
	err := file.Update(func(c *config.Config) error {
		c.Put("work/main", kept)
		c.Current = "work/main"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := file.Read()
	if got, ok := c.Find("work/main"); err != nil || !ok || got != kept || c.OfURL(kept.URL) != "work/main" {
		t.Errorf("got %+v, %v", c, err)
	}
	if info, err := os.Stat(file.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want mode 0600", info.Mode(), err)
	}
}

func TestAChangeThatFailsWritesNothing(t *testing.T) {
	file, refused := open(t), errors.New("no")
	err := file.Update(func(c *config.Config) error {
		c.Current = "a/b"
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file.Path()), "*.yml")); len(left) != 0 {
		t.Errorf("found %v", left)
	}
}

func TestUpdatesAtTheSameTimeLoseNothing(t *testing.T) {
	file := open(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := file.Update(func(c *config.Config) error {
				c.Put("cloud/"+strconv.Itoa(i), config.Cluster{URL: "http://localhost"})
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if c, err := file.Read(); err != nil || len(c.Names()) != 20 {
		t.Errorf("got %d clusters, %v; want 20", len(c.Names()), err)
	}
}

func TestAFileThatCannotBeReadIsRefusedByName(t *testing.T) {
	file := open(t)
	if err := os.MkdirAll(filepath.Dir(file.Path()), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"clouds: [", "unknown: 1\n"} {
		if err := os.WriteFile(file.Path(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Read(); app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), file.Path()) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestResolve(t *testing.T) {
	var c config.Config
	for _, name := range []string{"work/main", "work/test", "home/main"} {
		c.Put(name, config.Cluster{URL: "https://" + strings.ReplaceAll(name, "/", ".")})
	}
	c.Current = "work/test"
	for name, want := range map[string]struct {
		cloud, cluster, name string
		code                 app.Code
	}{
		"nothing named is the current one":     {"", "", "work/test", ""},
		"a full name":                          {"", "home/main", "home/main", ""},
		"a name within the current cloud":      {"", "main", "work/main", ""},
		"a name within a cloud":                {"home", "main", "home/main", ""},
		"the only one of a cloud":              {"home", "", "home/main", ""},
		"one of several of a cloud is refused": {"work", "", "", app.CodeInvalid},
		"a name that there is not":             {"home", "test", "", app.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Resolve(want.cloud, want.cluster)
			if got != want.name || app.CodeOf(err) != want.code {
				t.Errorf("got %q, %v; want %q, %q", got, err, want.name, want.code)
			}
		})
	}
	if _, err := (config.Config{}).Resolve("", ""); app.CodeOf(err) != app.CodeUnauthenticated {
		t.Errorf("an empty configuration: got %v", err)
	}
}
