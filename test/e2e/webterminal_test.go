package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestATerminalOfTheDashboardRunsInTheSite(t *testing.T) {
	needs(t, "git")
	b := newBrowser(t)
	server := newServer(t)
	site := server.example("static")
	site.run("sites", "init", "--name", "static")
	site.git("add", "gondor.yml")
	site.git("commit", "-qm", "Deploy with Gondor")
	site.run("deploy")

	shows := func(want string) func() bool {
		return func() bool {
			text, err := chromedp.Run(b.ctx, chromedp.Text("main"))
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(text, want)
		}
	}
	b.do("sign in to the dashboard",
		chromedp.Navigate(server.url("localhost")+"/"),
		chromedp.SendKeys("#username", "admin"),
		chromedp.SendKeys("#password", password),
		chromedp.Submit("form"),
		chromedp.WaitVisible(`a[href^="/instances/"]`),
		chromedp.Click(`a[href^="/instances/"]`),
		chromedp.WaitVisible(`nav.tabs a[href$="/terminal"]`),
		chromedp.Click(`nav.tabs a[href$="/terminal"]`),
		chromedp.WaitVisible("[data-open]:not([hidden])"),
		chromedp.Click("button[data-open]"),
		chromedp.WaitVisible(".xterm-screen"),
	)
	b.press("echo $((6*7)) $GONDOR_RELEASE\r")
	eventually(t, "the shell answers", shows("42 v1"))
	b.press("exit 7\r")
	eventually(t, "the page tells of the exit code", shows("exit code 7"))
	contains(t, site.run("runs", "list"), "admin")
	contains(t, site.run("events"), "A process was started in web.")
}
