package registry

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// remoteAuth implements authn.Authenticator.
type remoteAuth struct{ store image.Store }

// Authorization implements authn.Authenticator.
func (a remoteAuth) Authorization() (*authn.AuthConfig, error) {
	return &authn.AuthConfig{Username: a.store.Username, Password: a.store.Password}, nil
}

// begin starts an upload, sends as many bytes, and leaves it.
func (b *bench) begin(repository string, size int) *http.Response {
	b.Helper()
	started := b.send(http.MethodPost, b.server.URL+"/v2/"+repository+"/blobs/uploads/", nil)
	at, err := started.Request.URL.Parse(started.Header.Get("Location"))
	must(b.T, err)
	return b.send(http.MethodPatch, at.String(), bytes.NewReader(make([]byte, size)))
}

func (b *bench) send(method, at string, body io.Reader) *http.Response {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, at, body)
	must(b.T, err)
	return b.do(request)
}

func (b *bench) do(request *http.Request) *http.Response {
	b.Helper()
	admin := b.as(token.Admin())
	request.SetBasicAuth(admin.Username, admin.Password)
	answer, err := http.DefaultClient.Do(request)
	must(b.T, err)
	must(b.T, answer.Body.Close())
	return answer
}

func TestAFullRegistryRefusesPushesWithASentence(t *testing.T) {
	b := serve(t, Options{Budget: 300_000})
	b.push("site/a", "1", picture(t, 100_000))
	small := picture(t, 1000)
	for _, size := range []int{250_000, 5_000_000, 30_000_000} {
		err := b.as(token.Push("site/a")).Push(t.Context(), "site/a", "2", picture(t, size))
		if app.CodeOf(err) != app.CodeUnavailable || !strings.HasPrefix(err.Error(), "The registry is full: it may keep 300 kB. ") {
			t.Errorf("a push of %d bytes: got %v", size, err)
		}
		if kept := b.size(); kept > 300_000 {
			t.Errorf("after a push of %d bytes it keeps %d", size, kept)
		}
	}
	must(t, b.pull("site/a", "1"))
	b.push("site/a", "3", small) // what fits goes on
}

func TestABodyOfUnknownLengthIsCutWhereTheBudgetEnds(t *testing.T) {
	b := serve(t, Options{Budget: 300_000})
	started := b.send(http.MethodPost, b.server.URL+"/v2/site/a/blobs/uploads/", nil)
	at, err := started.Request.URL.Parse(started.Header.Get("Location"))
	must(t, err)
	request := &http.Request{
		Method: http.MethodPatch, URL: at, Header: http.Header{}, ContentLength: -1,
		Body: io.NopCloser(bytes.NewReader(make([]byte, 400_000))),
	}
	admin := b.as(token.Admin())
	request.SetBasicAuth(admin.Username, admin.Password)
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	must(t, answer.Body.Close())
	if answer.StatusCode != http.StatusInsufficientStorage {
		t.Errorf("answered %s", answer.Status)
	}
	if kept := b.size(); kept > 1000 {
		t.Errorf("%d bytes of it are kept", kept)
	}
}

func TestGarbageMakesRoom(t *testing.T) {
	b := serve(t, Options{Budget: 300_000})
	b.begin("site/a", 250_000)
	b.age(2 * time.Hour)
	b.push("site/a", "1", picture(t, 200_000))
}

func TestARegistryKnowsAfterItsStartHowFullItIs(t *testing.T) {
	data := t.TempDir()
	t.Run("before", func(t *testing.T) {
		serve(t, Options{Data: data}).push("site/a", "1", picture(t, 250_000))
	})
	b := serve(t, Options{Data: data, Budget: 200_000})
	if err := b.as(token.Push("site/a")).Push(t.Context(), "site/a", "2", picture(t, 10)); app.CodeOf(err) != app.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestAnUploadGoesOnAfterARestart(t *testing.T) {
	data := t.TempDir()
	var location string
	t.Run("before", func(t *testing.T) {
		location = serve(t, Options{Data: data}).begin("site/a", 50_000).Header.Get("Location")
	})
	b := serve(t, Options{Data: data})
	at, err := url.Parse(b.server.URL + location)
	must(t, err)
	if answer := b.send(http.MethodPatch, at.String(), bytes.NewReader(make([]byte, 10))); answer.StatusCode != http.StatusAccepted {
		t.Errorf("answered %s", answer.Status)
	}
}

func TestLayersThatManyRepositoriesHaveFillTheDiskOnce(t *testing.T) {
	b := serve(t, Options{Budget: 1_000_000})
	shared := picture(t, 100_000)
	var pushing errgroup.Group
	for site := range 4 {
		pushing.Go(func() error {
			for n := range 6 {
				repository := fmt.Sprintf("site/s%d-%d", site, n)
				if err := b.as(token.Push(repository)).Push(t.Context(), repository, "1", shared); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, pushing.Wait())
}
