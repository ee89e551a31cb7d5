package build_test

import (
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPackageManagersAreFetchedWhenTheEngineHasNone(t *testing.T) {
	runtimes := installed(t, "node", "npm")
	if err := exec.Command("npm", "view", "yarn@1", "name", "--fetch-timeout=5000", "--fetch-retries=0").Run(); err != nil {
		t.Skip("no registry can be reached, so yarn and pnpm can't be fetched")
	}
	const manifest = `{"name": "x", "version": "1.0.0", "license": "MIT", "scripts": {"build": "node build.js", "start": "node made.js"}}`
	program := []string{"package.json", manifest, "build.js", `require("fs").writeFileSync("made.js", "console.log('made')")`}
	tests := map[string]fstest.MapFS{
		"yarn": files(append(program, "yarn.lock", "# yarn lockfile v1\n")...),
		"pnpm": files(append(program, "pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n")...),
	}
	for name, tree := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, tree, t.TempDir(), runtimes)
			s.build()
			s.move()
			if out := s.run(s.plan.Processes["web"], nil); !strings.Contains(out, "made") {
				t.Errorf("the start script wrote %q", out)
			}
		})
	}
}

func TestTokensOfTheBuildStayOutOfTheArtifact(t *testing.T) {
	runtimes := installed(t, "node", "npm")
	const token = "npm_0123456789secret"
	cache := t.TempDir()
	s := newSite(t, files(
		"package.json", `{"name": "x", "version": "1.0.0", "scripts": {"build": "test -n \"$NPM_TOKEN\"", "start": "node x.js"}, "devDependencies": {}}`,
		"package-lock.json", `{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "x", "version": "1.0.0"}}}`,
		".npmrc", "//npm.example.com/:_authToken=${NPM_TOKEN}\n",
	), cache, runtimes)
	s.variables["NPM_TOKEN"] = token
	s.build()
	for _, dir := range []string{s.app, cache} {
		if found := filesWith(t, dir, token); len(found) > 0 {
			t.Errorf("the token stands in %v", found)
		}
	}
}
