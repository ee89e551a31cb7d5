package app_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"gondor/app"
	"gondor/notify"
	"gondor/store"
)

// world is a domain over a real store, with a clock that tests move. Nothing runs.
type world struct {
	*app.App
	t     *testing.T
	ctx   context.Context
	dir   string
	clock time.Time
	admin app.Actor
}

// newWorld returns a world at gondor.test with nobody in it but an admin called root.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldAt(t, "https://gondor.test")
}

// newWorldAt is newWorld at another address.
func newWorldAt(t *testing.T, address string) *world {
	t.Helper()
	w := newEmptyWorldAt(t, address)
	w.admin = w.person("root", true)
	return w
}

// newEmptyWorld is newWorld without anybody.
func newEmptyWorld(t *testing.T) *world {
	t.Helper()
	return newEmptyWorldAt(t, "https://gondor.test")
}

func newEmptyWorldAt(t *testing.T, address string) *world {
	t.Helper()
	dir := t.TempDir()
	kept, err := store.Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, kept.Close()) })
	key := make([]byte, app.VaultKeySize)
	_, _ = rand.Read(key)
	vault, err := app.NewVault(key)
	must(t, err)
	at, err := url.Parse(address)
	must(t, err)

	w := &world{t: t, ctx: t.Context(), dir: dir, clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.App = app.New(app.Config{URL: at}, app.Ports{Store: kept, Vault: vault, Notifier: notify.New(notify.Options{})}, slog.New(slog.DiscardHandler))
	w.SetCheapPasswords()
	// Every look at the clock moves it a little, so that what is made later sorts behind.
	w.SetClock(func() time.Time {
		w.clock = w.clock.Add(time.Millisecond)
		return w.clock
	})
	return w
}

// passes lets time go by.
func (w *world) passes(d time.Duration) { w.clock = w.clock.Add(d) }

// person makes a user who calls use cases.
func (w *world) person(name string, admin bool) app.Actor {
	w.t.Helper()
	user, err := w.AddUser(w.ctx, name, admin)
	must(w.t, err)
	return app.Actor{User: user.ID, Name: user.Name, Admin: user.Admin}
}

// team makes a group whose members have the roles.
func (w *world) team(name string, members map[string]app.Role) app.ResourceGroup {
	w.t.Helper()
	group, err := w.CreateGroup(w.ctx, w.admin, name)
	must(w.t, err)
	for username, role := range members {
		_, err := w.AddMember(w.ctx, w.admin, app.NewMember{Group: group.ID, Username: username, Role: role})
		must(w.t, err)
	}
	return group
}

// site makes a site of the group.
func (w *world) site(group app.ResourceGroup, name string) app.Site {
	w.t.Helper()
	site, err := w.CreateSite(w.ctx, w.admin, app.NewSite{Group: group.ID, Name: name})
	must(w.t, err)
	return site
}

// instance makes an instance of the site.
func (w *world) instance(site app.Site, label string) app.Instance {
	w.t.Helper()
	instance, err := w.CreateInstance(w.ctx, w.admin, app.NewInstance{Site: site.ID, Label: label, Kind: app.Production})
	must(w.t, err)
	return instance
}

// service makes a service of the instance.
func (w *world) service(instance app.Instance, name string, kind app.ServiceKind) app.Service {
	w.t.Helper()
	service, err := w.CreateService(w.ctx, w.admin, app.NewService{Instance: instance.ID, Name: name, Kind: kind})
	must(w.t, err)
	return service
}

// host gives the instance a host name.
func (w *world) host(instance app.Instance, name string) app.Host {
	w.t.Helper()
	host, err := w.CreateHost(w.ctx, w.admin, app.NewHost{Instance: instance.ID, Name: name})
	must(w.t, err)
	return host
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode fails unless err carries the code; "" is no error.
func wantCode(t *testing.T, err error, code app.Code) {
	t.Helper()
	if got := app.CodeOf(err); got != code {
		t.Errorf("the error is %q (%v), want %q", got, err, code)
	}
}

// wantField fails unless err is CodeInvalid or CodeConflict about the field.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	fault, ok := asFault(err)
	if !ok || fault.Field != field {
		t.Errorf("the error is %v, want one about the field %q", err, field)
	}
}
