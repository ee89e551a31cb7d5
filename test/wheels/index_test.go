package wheels_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gondor/test/wheels"
)

func TestPipInstallsFromTheIndex(t *testing.T) {
	if _, err := os.Stat("/usr/bin/python3"); err != nil {
		t.Skip("python3 is not installed, so nothing can be installed from the index")
	}
	index := wheels.Serve(t, "Django", "gunicorn", "whitenoise", "dj-database-url")
	venv := filepath.Join(t.TempDir(), "venv")
	run(t, "/usr/bin/python3", "-m", "venv", venv)
	run(t, venv+"/bin/python", "-m", "pip", "install", "--no-cache-dir", "--index-url", index.URL, "django", "gunicorn", "whitenoise", "dj_database_url")
	out := run(t, venv+"/bin/gunicorn", "--version")
	if !strings.HasPrefix(out, "gunicorn (version") {
		t.Errorf("gunicorn says %q", out)
	}
	run(t, venv+"/bin/python", "-m", "pip", "check")
	run(t, venv+"/bin/python", "-c", "import django, whitenoise, dj_database_url, asgiref, sqlparse, os, django.contrib.admin as a; assert os.path.exists(a.__path__[0] + '/static/admin/js/vendor/jquery/jquery.js')")
}

// run runs a program without what this machine's user has configured for pip.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "PIP_CONFIG_FILE=/dev/null"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func TestTheIndexWantsItsPassword(t *testing.T) {
	index := wheels.Serve(t)
	address, err := url.Parse(index.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, user := range map[string]*url.Userinfo{"nobody": nil, "a wrong password": url.UserPassword("builder", "guess")} {
		t.Run(name, func(t *testing.T) {
			address := *address
			address.User = user
			answer, err := http.Get(address.String() + "django/")
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("the answer is %s", answer.Status)
			}
		})
	}
}
