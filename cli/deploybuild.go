package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gondor/app"
	"gondor/web/api"
)

// build sends the source to a new build and watches it to its end.
func (d *deployment) build(ctx context.Context, s source) (api.Build, error) {
	d.remains = remainsNothing
	d.display.Step(fmt.Sprintf("Send %s (%s) to %s", s.ref, short(s.sha), d.instance.Label))
	if text := s.warning(); text != "" {
		d.display.Print("%s", text)
	}
	made, err := d.client.CreateBuild(ctx, api.NewBuild{Site: d.instance.Site, Instance: d.instance.URL, Ref: s.ref, SHA: s.sha})
	if err != nil {
		return made, err
	}
	endpoint, err := d.upload(ctx, s, made)
	if err != nil {
		return made, errors.Join(err, d.abandon(ctx, made))
	}
	d.remains = remainsBuild
	return d.watchBuild(ctx, made, endpoint)
}

// adopt has a build made of what the server can get itself, and watches it to its end.
func (d *deployment) adopt(ctx context.Context, of api.NewBuild) (api.Build, error) {
	of.Site, of.Instance = d.instance.Site, d.instance.URL
	made, err := d.client.CreateBuild(ctx, of)
	if err != nil {
		return made, err
	}
	d.remains = remainsBuild
	endpoint, err := d.client.AttachBuild(ctx, made.URL)
	if err != nil {
		return made, err
	}
	return d.watchBuild(ctx, made, endpoint)
}

func (d *deployment) upload(ctx context.Context, s source, to api.Build) (endpoint api.Endpoint, err error) {
	far := !isLoopback(d.client.URL().Hostname())
	packed, err := s.send(ctx, far, func(tar io.Reader) (err error) {
		endpoint, err = d.client.UploadSource(ctx, to.URL, tar)
		return err
	})
	if text := pointerWarning(packed); text != "" {
		d.display.Print("%s", text)
	}
	return endpoint, err
}

// abandonPatience is how long a build without its source may take to be cancelled.
const abandonPatience = 5 * time.Second

// abandon cancels a build whose source never came, so that it does not wait for ever.
func (d *deployment) abandon(ctx context.Context, made api.Build) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonPatience)
	defer cancel()
	_, err := d.client.CancelBuild(ctx, made.URL)
	if app.CodeOf(err) == app.CodeUnavailable {
		return nil // that the server has gone is told already; it forgets such builds itself
	}
	return err
}

// watchBuild shows a build's output until the build has ended, and returns it.
func (d *deployment) watchBuild(ctx context.Context, b api.Build, endpoint api.Endpoint) (api.Build, error) {
	d.display.Step("Build")
	at := b.URL // of its own: b changes while the output flows
	output := func(ctx context.Context) error { return d.buildOutput(ctx, at, endpoint) }
	err := d.follow(ctx, output, func(ctx context.Context) (bool, error) {
		now, err := api.Get[api.Build](ctx, d.client, at)
		if err != nil {
			return false, err
		}
		b = now
		d.display.Detail(buildDetail(b))
		return b.State.Ended(), nil
	})
	switch {
	case err != nil:
		return b, err
	case b.State == app.BuildCancelled:
		return b, app.Fault(app.CodeFailed, "the build was cancelled: %s", b.Message)
	case b.State != app.BuildSucceeded:
		return b, app.Fault(app.CodeFailed, "the build failed: %s", b.Message)
	}
	return b, d.compare(ctx, b)
}

// buildDetail is the place in the queue of a build that is not the next; its log tells
// the rest.
func buildDetail(b api.Build) string {
	if b.QueuePlace > 1 {
		return fmt.Sprintf("number %d in the queue", b.QueuePlace)
	}
	return ""
}

// buildOutput shows a build's output from the endpoint, and after a broken connection
// from a new one, going on where it was.
func (d *deployment) buildOutput(ctx context.Context, at api.Reference, endpoint api.Endpoint) error {
	shown := &resumed{out: d.display}
	for {
		_, err := d.client.Attach(ctx, endpoint, app.Streams{Stdout: shown})
		if err == nil || app.CodeOf(err) != app.CodeUnavailable {
			return err
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		shown.again()
		if endpoint, err = d.client.AttachBuild(ctx, at); err != nil {
			return err
		}
	}
}

// resumed writes a text that begins anew without what it has written already.
type resumed struct {
	out     io.Writer
	written int // bytes, to the end of the last whole line
	skip    int // bytes that come again
	partial []byte
}

// again says that the text begins anew.
func (r *resumed) again() { r.skip, r.partial = r.written, nil }

// Write implements io.Writer; what has no end of its line yet is kept back.
func (r *resumed) Write(p []byte) (int, error) {
	size := len(p)
	skipped := min(r.skip, size)
	r.skip -= skipped
	text := append(r.partial, p[skipped:]...)
	end := bytes.LastIndexByte(text, '\n') + 1
	r.partial = text[end:]
	r.written += end
	if _, err := r.out.Write(text[:end]); err != nil {
		return 0, err
	}
	return size, nil
}
