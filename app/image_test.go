package app_test

import (
	"strings"
	"testing"

	"gondor/app"
)

func TestABuildOfAnImageIsInTheQueueAndTakesNoSource(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "site"), "primary")
	build, err := w.CreateBuild(w.ctx, w.admin, app.NewBuild{Instance: instance.ID, Image: "example.com/shop:1"})
	must(t, err)
	if build.State != app.BuildQueued || build.Queued.IsZero() || build.Image != "example.com/shop:1" {
		t.Errorf("the build is %+v", build)
	}
	_, err = w.UploadBuild(w.ctx, w.admin, build.ID, strings.NewReader(""))
	wantCode(t, err, app.CodeConflict)
	if err == nil || !strings.Contains(err.Error(), "example.com/shop:1") {
		t.Errorf("the error is %v", err)
	}
	claimed, _, err := w.Claim(w.ctx)
	must(t, err)
	if claimed.ID != build.ID {
		t.Errorf("claimed %+v", claimed)
	}
}

func TestWhatIsNoReferenceOfAnImageIsRefused(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "site")
	for _, image := range []string{" ", "a b", "shöp", "a\nb", strings.Repeat("a", 513)} {
		_, err := w.CreateBuild(w.ctx, w.admin, app.NewBuild{Site: site.ID, Image: image})
		wantField(t, err, "image")
	}
}
