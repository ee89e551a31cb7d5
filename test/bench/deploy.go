package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gondor/test/wheels"
)

// sample is a site that is deployed again and again.
type sample struct {
	name string
	note string
	// fill makes its files in an empty directory.
	fill func(dir string) error
	// page is the file that changes each round, and mark what is replaced in it.
	page, mark string
	// variables of its build: KEY=VALUE.
	build []string

	dir    string
	host   string
	asker  *asker
	rounds []round
}

// deploysLimit is after how long no new round begins.
const deploysLimit = 3 * time.Minute

// round is one deploy.
type round struct {
	total time.Duration // from exec of `gondor deploy` to the new page through the router
	own
}

// overhead is what is not the site's own.
func (r round) overhead() time.Duration { return r.total - r.steps - r.release - r.start }

// measureDeploys deploys each site in turn and prints what that takes.
func measureDeploys(ctx context.Context, b *bench, p plan) (err error) {
	s, err := b.newServer(ctx, "deploys")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if _, err := s.run(ctx, b.dir, password, s.binary, "login", "http://"+s.address, "--username", "admin", "--password-stdin"); err != nil {
		return err
	}
	index, samples := samples()
	if index != nil {
		defer index.Close()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, one := range samples {
		if err := s.prepare(ctx, b, one); err != nil {
			return err
		}
	}
	watch, done, err := s.watch(ctx)
	if err != nil {
		return err
	}
	defer func() { cancel(); done() }()
	began := time.Now()
	for n := range p.rounds {
		if time.Since(began) > deploysLimit {
			break // on a busy machine; the figures say how many there were
		}
		for _, one := range samples {
			if err := errors.Join(s.deploy(ctx, watch, one, n), watch.rest(ctx, len(samples))); err != nil {
				return err
			}
		}
	}
	b.reportDeploys(samples)
	return nil
}

// samples are the sites that this machine can build.
func samples() (*wheels.Index, []*sample) {
	bare := &sample{
		name: "static", note: "a Procfile and a page, no build steps", page: "index.html", mark: "round",
		fill: func(dir string) error {
			return errors.Join(write(dir, "Procfile", "web: $GONDOR static .\n"), write(dir, "index.html", "<h1>round</h1>\n"))
		},
	}
	if err := exec.Command("python3", "-c", "import venv, ensurepip").Run(); err != nil {
		fmt.Println("deploy: examples/django is left out, as python3 or its venv is not installed")
		return nil, []*sample{bare}
	}
	index, err := wheels.Start(wheels.Packages)
	if err != nil {
		fmt.Println("deploy: examples/django is left out, as there are no wheels:", err)
		return nil, []*sample{bare}
	}
	django := &sample{
		name: "django", note: "examples/django without its worker, which counts as healthy after 10 s",
		page: "entries/templates/entries/book.html", mark: "Guest book", build: []string{"PIP_INDEX_URL=" + index.URL},
		fill: func(dir string) error {
			return errors.Join(os.CopyFS(dir, os.DirFS("examples/django")),
				write(dir, "Procfile", "web: gunicorn guestbook.wsgi\nrelease: python manage.py migrate --noinput\n"))
		},
	}
	return index, []*sample{bare, django}
}

// write makes a file in a directory, in place of one that is there.
func write(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// prepare makes the site and deploys it for the first time, so that its dependencies are
// cached.
func (s *server) prepare(ctx context.Context, b *bench, one *sample) error {
	one.dir = filepath.Join(b.dir, "site-"+one.name)
	if err := errors.Join(os.Mkdir(one.dir, 0o755), one.fill(one.dir)); err != nil {
		return fmt.Errorf("make the site %s: %w", one.name, err)
	}
	commands := [][]string{
		{"git", "init", "-q", "-b", "main"},
		{s.binary, "sites", "init", "--name", one.name},
		{"git", "add", "."},
		{"git", "commit", "-qm", "First"},
		{s.binary, "deploy"},
	}
	if len(one.build) > 0 {
		commands = append(commands[:2:2], append([][]string{append([]string{s.binary, "env", "set", "--build"}, one.build...)}, commands[2:]...)...)
	}
	for _, command := range commands {
		if _, err := s.run(ctx, one.dir, "", command[0], command[1:]...); err != nil {
			return err
		}
	}
	one.host, one.asker = one.name+"."+domain, newAsker(s.address)
	return nil
}

// deploy changes the page and deploys it once.
func (s *server) deploy(ctx context.Context, w *watcher, one *sample, n int) error {
	text := fmt.Sprintf("%s %d.", one.mark, n)
	if err := s.change(ctx, one, text, n); err != nil {
		return err
	}
	deploying := exec.CommandContext(ctx, s.binary, "deploy")
	var out strings.Builder
	deploying.Dir, deploying.Env, deploying.Stdout, deploying.Stderr = one.dir, s.env, &out, &out
	began := time.Now()
	if err := deploying.Start(); err != nil {
		return fmt.Errorf("start a deploy: %w", err)
	}
	seen, its, err := one.follow(ctx, w, began, text)
	if err := errors.Join(err, deploying.Wait()); err != nil {
		return fmt.Errorf("deploy %s: %w\n%s", one.name, err, &out)
	}
	one.rounds = append(one.rounds, round{seen.Sub(began), its})
	return nil
}

// deployPatience is how long a deploy may take.
const deployPatience = time.Minute

// follow returns when the router first showed the new page of a deploy, and what the
// site's own processes took. It asks the router only once the new web process has
// answered: a page of Django costs 10 ms of CPU, and who asks for it all the time keeps a
// core from the deploy that is measured.
func (one *sample) follow(ctx context.Context, w *watcher, began time.Time, text string) (time.Time, own, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, deployPatience, errors.New("the new page was not seen"))
	defer cancel()
	its, err := w.since(ctx, began)
	if err != nil {
		return time.Time{}, its, err
	}
	seen, err := one.asker.until(ctx, 5*time.Millisecond, one.host, "/", holds(text))
	return seen, its, err
}

// change commits another page.
func (s *server) change(ctx context.Context, one *sample, text string, n int) error {
	path := filepath.Join(one.dir, one.page)
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	before := one.mark
	if n > 0 {
		before = fmt.Sprintf("%s %d.", one.mark, n-1)
	}
	if err := write(one.dir, one.page, strings.Replace(string(page), before, text, 1)); err != nil {
		return fmt.Errorf("change the page: %w", err)
	}
	_, err = s.run(ctx, one.dir, "", "git", "commit", "-qam", url.PathEscape(text))
	return err
}

const overheadTarget = 500 * time.Millisecond

func (b *bench) reportDeploys(samples []*sample) {
	fmt.Printf("deploy: seconds from `gondor deploy` to the new page through the router, medians of %d rounds in turn\n", len(samples[0].rounds))
	fmt.Printf("%-8s %8s %8s %8s %8s %10s %8s %8s\n", "", "total", "- steps", "- rel.", "- start", "= overhead", "min", "max")
	for _, one := range samples {
		overhead := figuresOf(one.rounds, round.overhead)
		fmt.Printf("%-8s %8.3f %8.3f %8.3f %8.3f %10.3f %8.3f %8.3f   %s\n", one.name,
			figuresOf(one.rounds, func(r round) time.Duration { return r.total }).median,
			figuresOf(one.rounds, func(r round) time.Duration { return r.steps }).median,
			figuresOf(one.rounds, func(r round) time.Duration { return r.release }).median,
			figuresOf(one.rounds, func(r round) time.Duration { return r.start }).median,
			overhead.median, overhead.min, overhead.max, one.note)
		b.verdicts.judge(overhead.median < overheadTarget.Seconds(), "deploy: overhead under 0.5 s, "+one.name, "%.3f s", overhead.median)
	}
	fmt.Println("steps, rel. (the release process) and start are the site's own: each process from its exec to its end,")
	fmt.Println("the web process to its first direct answer, as seen in the same deploy.")
}
