package e2e

import (
	"context"
	"os/exec"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a real browser, without a window.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// newBrowser starts a browser, or skips the test where there is none.
func newBrowser(t *testing.T) browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed, so there is no browser to look with")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	return browser{t, ctx}
}

func (b browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// signInToAdmin signs in to Django's admin, CSRF and all.
func (b browser) signInToAdmin(url, name, password string) {
	b.t.Helper()
	b.do("sign in to the admin",
		chromedp.Navigate(url+"/admin/"),
		chromedp.SendKeys("#id_username", name),
		chromedp.SendKeys("#id_password", password),
		chromedp.Submit("#login-form"),
		chromedp.WaitVisible("#user-tools"),
	)
}

// write leaves a line in the guest book.
func (b browser) write(url, name, line string) {
	b.t.Helper()
	b.do("write into the guest book",
		chromedp.Navigate(url),
		chromedp.SendKeys("#id_name", name),
		chromedp.SendKeys("#id_message", line),
		chromedp.Click("form button"),
		chromedp.WaitVisible("article.card"),
	)
}

// press presses keys, one after the other, as a keyboard does: what is typed comes with the
// key that goes down.
func (b browser) press(keys string) {
	b.t.Helper()
	for _, r := range keys {
		down := *kb.Encode(r)[0]
		up := down
		down.Text, up.Type = string(r), kb.KeyUp
		for _, event := range []input.DispatchKeyEventParams{down, up} {
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event); err != nil {
				b.t.Fatalf("press %q: %v", r, err)
			}
		}
	}
}
