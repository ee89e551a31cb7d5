package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"gondor/app"
	"gondor/cluster/kube/image"
)

// Kept says which images of sites stay.
type Kept struct {
	AsOf   time.Time // when the lists were made: a tag that came later is left alone
	Tags   []string  // builds, of whichever site
	Caches []string  // repositories whose cache stays
}

// Keep removes all images of sites from Gondor's own registry but those. The store holds
// the administrator's token. CodeUnavailable when the registry can't be reached, or is
// busy: try again later.
func Keep(ctx context.Context, store image.Store, kept Kept) error {
	body, err := json.Marshal(keepOrder{time.Since(kept.AsOf).Seconds(), kept.Tags, kept.Caches})
	if err != nil {
		return fmt.Errorf("write what to keep: %w", err)
	}
	answer, err := ask(ctx, store, http.MethodPost, keepPath, bytes.NewReader(body), http.StatusNoContent)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// Measure asks Gondor's own registry what it keeps. The store holds the administrator's
// token. CodeUnavailable when the registry can't be reached.
func Measure(ctx context.Context, store image.Store) (Usage, error) {
	answer, err := ask(ctx, store, http.MethodGet, usagePath, http.NoBody, http.StatusOK)
	if err != nil {
		return Usage{}, err
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	var u Usage
	if err := json.NewDecoder(answer.Body).Decode(&u); err != nil {
		return Usage{}, fmt.Errorf("read what the registry keeps: %w", err)
	}
	return u, nil
}

// ask makes a request for the administrator and returns the answer, which has the status
// that is wanted; its body is to be closed.
func ask(ctx context.Context, store image.Store, method, path string, body io.Reader, want int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, store.URL(path), body)
	if err != nil {
		return nil, fmt.Errorf("ask the registry: %w", err)
	}
	request.SetBasicAuth(store.Username, store.Password)
	client := http.Client{Transport: store.Transport()}
	answer, err := client.Do(request)
	if err != nil {
		return nil, app.Fault(app.CodeUnavailable, "the registry at %s can't be reached: %v", store.Address, err)
	}
	if answer.StatusCode == want {
		return answer, nil
	}
	defer func() { _ = answer.Body.Close() }() // it is read to its end
	return nil, refused(answer)
}

// refused makes an error of an answer that is none of success.
func refused(answer *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("read what the registry answered: %w", err)
	}
	var told refusal
	message := string(text)
	if json.Unmarshal(text, &told) == nil && len(told.Errors) > 0 {
		message = told.Errors[0].Message
	}
	code := app.CodeInternal
	switch answer.StatusCode {
	case http.StatusServiceUnavailable:
		code = app.CodeUnavailable
	case http.StatusUnauthorized, http.StatusForbidden:
		code = app.CodeForbidden
	}
	return app.Fault(code, "the registry answered %s: %s", answer.Status, message)
}
