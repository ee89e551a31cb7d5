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
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, store.URL(keepPath), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the registry to keep images: %w", err)
	}
	request.SetBasicAuth(store.Username, store.Password)
	client := http.Client{Transport: store.Transport()}
	answer, err := client.Do(request)
	if err != nil {
		return app.Fault(app.CodeUnavailable, "the registry at %s can't be reached: %v", store.Address, err)
	}
	defer func() { _ = answer.Body.Close() }() // it is read to its end
	return judge(answer)
}

// judge makes an error of an answer that is none of success.
func judge(answer *http.Response) error {
	if answer.StatusCode == http.StatusNoContent {
		return nil
	}
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
