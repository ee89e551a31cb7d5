package ui_test

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gondor/app"
)

// tab is one of a real browser, in which an admin is signed in.
type tab struct {
	t   *testing.T
	w   *world
	ctx context.Context

	cut atomic.Bool // the test cuts connections, so that the browser may complain of that
}

// chromium opens a real browser, or skips the test.
func (w *world) chromium() *tab {
	w.t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		w.t.Skip("there is no chromium here, so the dashboard was not looked at in a browser")
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(program), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(w.t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	w.t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	w.t.Cleanup(cancel)
	b := &tab{t: w.t, w: w, ctx: ctx}
	b.watchConsole()
	b.t.Cleanup(b.explain)
	return b
}

// explain shows what the page showed when the test failed.
func (b *tab) explain() {
	if b.t.Failed() {
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Logf("the page shows (%v):\n%s", err, text)
	}
}

// watchConsole fails the test for everything that the browser complains of.
func (b *tab) watchConsole() {
	messages := chromedp.Console(b.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for message, err := range messages {
			if err != nil {
				return
			}
			text := fmt.Sprint(message)
			ofCut := strings.Contains(text, "ERR_INCOMPLETE_CHUNKED_ENCODING") || // of the streams that the test cuts
				b.cut.Load() && (strings.Contains(text, "WebSocket connection to") || strings.Contains(text, "Failed to load resource"))
			if !ofCut {
				b.t.Errorf("the browser's console says: %s", text)
			}
		}
	}()
	b.t.Cleanup(func() { must(b.t, chromedp.Cancel(b.ctx)); <-done })
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	must(b.t, chromedp.Do(ctx, steps...))
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.w.url.String() + path))
}

// so waits until an expression of JavaScript is true.
func (b *tab) so(expression string) {
	b.t.Helper()
	eventually(b.t, expression, func() bool {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		return err == nil && holds // an error is that of a page that is just being left
	})
}

// press types with the keyboard, into what has the focus: a key goes down with its text, as
// those of people do.
func (b *tab) press(keys string) {
	b.t.Helper()
	for _, r := range keys {
		down := *kb.Encode(r)[0]
		up := down
		down.Text, up.Type = string(r), kb.KeyUp
		for _, event := range []input.DispatchKeyEventParams{down, up} {
			must(b.t, second(chromedp.Call(b.ctx, input.DispatchKeyEvent, event)))
		}
	}
}

// js runs a statement of JavaScript.
func (b *tab) js(statement string) {
	b.t.Helper()
	must(b.t, second(chromedp.Run(b.ctx, chromedp.Evaluate[bool]("("+statement+", true)"))))
}

func (b *tab) width(pixels int64, scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: pixels, Height: 800, DeviceScaleFactor: 1, Mobile: pixels < 800})
	must(b.t, err)
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	must(b.t, err)
}

func (b *tab) signIn() {
	b.t.Helper()
	b.open("/sign-in")
	b.do(chromedp.SendKeys(chromedp.CSS("#username"), "admin"), chromedp.SendKeys(chromedp.CSS("#password"), password))
	b.do(chromedp.Click(chromedp.CSS("button.primary")))
	b.so(`document.querySelector("header.top") && document.title.startsWith("Sites")`)
}

func TestInARealBrowser(t *testing.T) {
	w := newWorld(t)
	site, instance, service := w.site("harbor-of-a-long-name-that-hardly-fits-anywhere")
	_, err := w.CreateHost(w.ctx, w.admin, app.NewHost{Instance: instance.ID, Name: "a-rather-long-label-of-a-host.and-another-long-one.example.com"})
	must(t, err)
	_, err = w.SetVariables(w.ctx, w.admin, app.VariableOwner{Instance: instance.ID}, []app.NewVariable{{Name: "A_VARIABLE_WITH_A_VERY_LONG_NAME_INDEED_IT_IS", Value: "v"}}, nil)
	must(t, err)
	b := w.chromium()
	b.signIn()

	b.open("/instances/" + string(instance.ID))
	b.so(`document.body.innerText.includes("Nothing has been deployed here yet.")`)
	b.do(chromedp.SendKeys(chromedp.CSS(`#services input[name="replicas"]`), "7"))
	must(t, second(chromedp.Run(b.ctx, chromedp.Evaluate[bool]("window.untouched = true"))))
	release := w.deploy(instance, procfile+"release: echo output of the release process\n")

	t.Log("a deploy shows without a reload, and leaves alone what is being typed")
	b.so(`document.querySelector("#head .state").innerText == "running"`)
	b.so(`document.querySelector("#releases").innerText.includes("Deploy of 0123456")`)
	b.so(`window.untouched && document.activeElement.name == "replicas" && document.activeElement.value.includes("7")`)

	t.Log("a release that moves shows its steps and its log as it is written")
	slow := w.slowRelease(instance)
	b.so(`document.querySelector("#deploy .step[aria-current]")?.innerText.startsWith("Release process")`)
	b.so(`document.querySelector("#deploy .log")?.innerText.includes("waiting for the end")`)
	b.so(`/\d+ s/.test(document.querySelector("#deploy .tick")?.innerText)`)
	must(t, second(w.CancelRelease(w.ctx, w.admin, slow)))
	b.so(`!document.querySelector("#deploy .step")`)

	t.Log("a log goes on as it is written")
	b.open("/services/" + string(service.ID))
	b.so(`document.querySelector(".log").innerText.includes("the site starts")`)
	must(t, second(w.Restart(w.ctx, w.admin, service.ID)))
	b.so(`document.querySelectorAll(".log .line").length > 1 && document.querySelector(".log").innerText.split("the site starts").length > 2`)

	t.Log("a connection that was lost comes back, and nothing that changed meanwhile is missed")
	w.lines.cut()
	must(t, second(w.Scale(w.ctx, w.admin, service.ID, 0)))
	b.so(`document.querySelector("#service .state").innerText == "stopped"`)

	t.Log("a task that runs shows how it ended without a reload")
	b.open("/instances/" + string(instance.ID) + "/tasks")
	b.so(`document.querySelector("#tasks").innerText.includes("No scheduled task yet.")`)
	_, run := w.task(instance)
	b.so(`document.querySelector("#tasks .strip .bad") && document.querySelector("#tasks").innerText.includes("failed")`)

	t.Log("no page is wider than a small phone, in light and in dark")
	paths := append(everyPage(site, instance, service, release), developersPages(site, instance)...)
	for _, scheme := range []string{"light", "dark"} {
		b.width(360, scheme)
		for _, path := range append(paths, "/", "/users", "/account", "/task-runs/"+string(run.ID)) {
			b.open(path)
			wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
			must(t, err)
			if wide > 360 {
				t.Errorf("%s is %d pixels wide in %s", path, wide, scheme)
			}
			narrow, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64](`Math.min(360, ...[...document.querySelectorAll(".row-main")].map(e => e.clientWidth))`))
			must(t, err)
			if narrow < 100 {
				t.Errorf("on %s something is squeezed to %d pixels", path, narrow)
			}
		}
	}
}

// slowRelease begins a release whose release process does not end by itself.
func (w *world) slowRelease(instance app.Instance) app.ID[app.Release] {
	w.t.Helper()
	build := w.build(instance, procfile+"release: echo waiting for the end; exec sleep 600\n")
	release, err := w.CreateRelease(w.ctx, w.admin, app.NewRelease{Instance: instance.ID, Build: build.ID})
	must(w.t, err)
	return release.ID
}

func second[T any](_ T, err error) error { return err }
