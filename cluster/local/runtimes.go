package local

import (
	"context"
	"time"

	"gondor/app"
)

// runtimePatience is how long a program may take to tell its version; who asks waits for it.
const runtimePatience = 10 * time.Second

// Runtimes implements app.Builder.
func (e *Engine) Runtimes(ctx context.Context) ([]app.Runtime, error) { return e.runtimes.List(ctx) }

// Adopt implements app.Builder: processes of this machine have no images.
func (e *Engine) Adopt(context.Context, app.Adoption) (app.Plan, app.Artifact, error) {
	return app.Plan{}, app.Artifact{}, app.Invalid("", "this Gondor runs sites as processes of its own machine, which images can't be; deploy the source instead (gondor deploy), or use a Gondor that runs on Kubernetes")
}
