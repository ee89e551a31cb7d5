package build_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"gondor/app"
	"gondor/build"
)

const fullConfig = `cluster: my-cloud/my-cluster
site: my-group/my-site
buildpack: https://example.com/buildpack
branches:
  develop: staging
  master: primary
deploy:
  services: [web, worker]
volume: 5GB
services:
  beat:
    strategy: overlap
  web:
    health:
      path: /health/
      statuses: [200-299, "301"]
      interval: 10s
      timeout: 1m30s
    warm_up: [/, /shop/]
    stop_timeout: 5s
    drain_timeout: 1m0s
`

func TestReadConfigReadsEveryKey(t *testing.T) {
	got, err := build.ReadConfig([]byte(fullConfig))
	if err != nil {
		t.Fatal(err)
	}
	statuses := got.Services["web"].HealthStatuses
	if len(statuses) != 101 || statuses[0] != 200 || statuses[100] != 301 {
		t.Errorf("statuses are %v", statuses)
	}
	want := build.Config{
		Cluster: "my-cloud/my-cluster", Site: "my-group/my-site", Buildpack: "https://example.com/buildpack",
		Branches: map[string]string{"develop": "staging", "master": "primary"},
		Deploy:   build.Deploy{Services: []string{"web", "worker"}},
		Volume:   5 << 30,
		Services: map[string]app.ServiceConfig{
			"beat": {Strategy: app.Overlap},
			"web": {
				HealthPath: "/health/", HealthStatuses: statuses, HealthInterval: 10 * time.Second,
				HealthTimeout: 90 * time.Second, WarmUp: []string{"/", "/shop/"}, StopTimeout: 5 * time.Second, DrainTimeout: time.Minute,
			},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v; want %+v", got, want)
	}
}

func TestConfigEncodeIsTheInverseOfReadConfig(t *testing.T) {
	config, err := build.ReadConfig([]byte(fullConfig))
	if err != nil {
		t.Fatal(err)
	}
	text, err := config.Encode()
	if err != nil || string(text) != fullConfig {
		t.Errorf("got %v\n%s", err, text)
	}
}

func TestReadConfigTakesLittle(t *testing.T) {
	for name, text := range map[string]string{
		"an empty file": "", "only comments": "# nothing yet\n", "an empty document": "---\n", "keys without values": "site:\nservices:\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := build.ReadConfig([]byte(text))
			if err != nil || got.Site != "" || len(got.Services) != 0 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestReadConfigTakesATimeInSeconds(t *testing.T) {
	got, err := build.ReadConfig([]byte("services: {web: {stop_timeout: 90}}"))
	if err != nil || got.Services["web"].StopTimeout != 90*time.Second {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReadConfigTakesTheSizeOfAVolume(t *testing.T) {
	for text, want := range map[string]int64{"500MB": 500 << 20, "5GB": 5 << 30, "5 GB": 5 << 30, "2Gi": 2 << 30, "1TB": 1 << 40} {
		got, err := build.ReadConfig([]byte("volume: " + text))
		if err != nil || got.Volume != want {
			t.Errorf("%s is %d, %v; want %d", text, got.Volume, err, want)
		}
	}
}

func TestReadConfigRefuses(t *testing.T) {
	tests := map[string]struct{ text, says string }{
		"what is not YAML":                 {"a: [", "not YAML"},
		"an unknown key, naming the near":  {"site: a/b\nbranchs: {}\n", `line 2: "branchs" is not a key of gondor.yml; did you mean "branches"?`},
		"an unknown key deeper down":       {"services:\n  web:\n    health:\n      pathh: /\n", `line 4: "pathh" is not a key of services.web.health; did you mean "path"?`},
		"a key that stands twice":          {"site: a/b\nsite: a/c\n", "line 1 already"},
		"a list where keys belong":         {"- a\n", "not a mapping"},
		"a site without a group":           {"site: blog", `write "group/name"`},
		"a label that can't be one":        {"branches: {main: My Label}", "not the label"},
		"services that are no list":        {"deploy: {services: web}", "not a list"},
		"a service twice":                  {"deploy: {services: [web, web]}", "twice"},
		"a health path without a slash":    {"services: {web: {health: {path: health}}}", "not a path"},
		"a warm-up that is no list":        {"services: {web: {warm_up: /}}", "services.web.warm_up is not a list; write the paths to ask for, such as [/, /shop/]"},
		"a warm-up that asks for no path":  {"services: {web: {warm_up: [/, https://a.example.com/]}}", "not a path"},
		"a status that is none":            {"services: {web: {health: {statuses: [20]}}}", "not an HTTP status"},
		"a range of statuses that is none": {"services: {web: {health: {statuses: 300-200}}}", "not an HTTP status"},
		"a time of zero":                   {"services: {web: {stop_timeout: 0}}", "not a time"},
		"a time beyond an hour":            {"services: {web: {stop_timeout: 2h}}", "not a time"},
		"an unknown strategy":              {"services: {web: {strategy: blue-green}}", "use overlap or stop-first"},
		"a volume without a unit":          {"volume: 5", "such as 5GB"},
		"a volume of nothing":              {"volume: 0GB", "such as 5GB"},
		"a volume that none can be":        {"volume: 101TB", "larger than any volume may be, which is 100TB"},
		"aliases":                          {"branches: &b {a: b}\nservices: *b", "aliases are not read"},
		"a file of unreasonable length":    {strings.Repeat("# filler\n", 10_000), "at most"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := build.ReadConfig([]byte(test.text))
			wantInvalid(t, err, test.says)
		})
	}
}

func FuzzReadConfig(f *testing.F) {
	f.Add([]byte(fullConfig))
	f.Add([]byte("services: {web: {health: {statuses: [200, 5]}}}"))
	f.Add([]byte("a: &x [*x]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := build.ReadConfig(text)
		if err != nil {
			if app.CodeOf(err) != app.CodeInvalid {
				t.Fatalf("%v is not an error for people", err)
			}
			return
		}
		encoded, err := config.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := build.ReadConfig(encoded)
		once, err2 := again.Encode()
		if err != nil || err2 != nil || string(once) != string(encoded) {
			t.Fatalf("%q became %q, %v, %v", encoded, once, err, err2)
		}
	})
}
