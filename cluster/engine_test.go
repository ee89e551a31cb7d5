package cluster_test

import (
	"context"
	"strings"
	"testing"

	"gondor/app"
	"gondor/cluster"
)

func TestAnEngineThatIsNotThereIsRefused(t *testing.T) {
	for name, want := range map[string]string{
		"docker": `use "local" or "kube"`,
		"":       `use "local" or "kube"`,
		"kube":   "which cluster",
	} {
		_, err := cluster.Open(context.Background(), cluster.Options{Engine: name})
		if app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("opening %q: %v", name, err)
		}
	}
}
