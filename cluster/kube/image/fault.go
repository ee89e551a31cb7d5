package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"gondor/app"
)

// fault makes an error that people understand of one of a registry: CodeNotFound,
// CodeForbidden, or CodeUnavailable when it is full or can't be reached. doing has a verb
// for what was being done to of. nil stays nil.
func (s Store) fault(err error, doing string, of fmt.Stringer) error {
	var answer *transport.Error
	var network *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		return judge(answer, fmt.Sprintf(doing, of), of)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf(doing+": %w", of, err)
	case errors.As(err, &network):
		return app.Fault(app.CodeUnavailable, "the registry of %s can't be reached: %v", of, network)
	}
	return fmt.Errorf(doing+": %w", of, err)
}

// judge reads an answer that is none of success.
func judge(answer *transport.Error, doing string, of fmt.Stringer) error {
	switch answer.StatusCode {
	case http.StatusNotFound:
		return app.Fault(app.CodeNotFound, "there is no image %s", of)
	case http.StatusUnauthorized, http.StatusForbidden:
		return app.Fault(app.CodeForbidden, "the registry denies access to %s: there is no such image, or it wants another user and password", of)
	case http.StatusInsufficientStorage:
		if len(answer.Errors) > 0 {
			return app.Fault(app.CodeUnavailable, "%s", answer.Errors[0].Message)
		}
	case http.StatusTooManyRequests:
		return app.Fault(app.CodeUnavailable, "the registry of %s answers no more requests for now; try again later", of)
	}
	return fmt.Errorf("%s: %w", doing, answer)
}

// pushTries is how often a push is begun anew, and firstPause how long it waits before the
// second time; each pause is twice as long as the one before: 15 seconds in all.
const (
	pushTries  = 6
	firstPause = 500 * time.Millisecond
)

// again tries until it succeeds, or fails for another reason than that layers got lost on
// the way, by a garbage collection, or that the registry is being restarted.
func again(ctx context.Context, try func() error) error {
	pause := firstPause
	for n := 1; ; n++ {
		err := try()
		if err == nil || n == pushTries || !isLost(err) && !isRestarting(err) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
			pause *= 2
		}
	}
}

// lost are the answers to the push of an image of which the registry has forgotten a part.
var lost = []transport.ErrorCode{
	transport.ManifestBlobUnknownErrorCode, transport.BlobUnknownErrorCode,
	transport.BlobUploadUnknownErrorCode, transport.BlobUploadInvalidErrorCode,
}

func isLost(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool {
		return slices.Contains(lost, d.Code)
	})
}

// isRestarting reports whether nobody listens, or the connection was cut.
func isRestarting(err error) bool {
	var network *net.OpError
	return errors.As(err, &network)
}
