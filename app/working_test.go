package app_test

import (
	"testing"

	"gondor/app"
)

func TestGondorIsNotAtWorkBeforeItHasSeenWhatThereIs(t *testing.T) {
	wantCode(t, newWorld(t).Working(t.Context()), app.CodeUnavailable)
}
