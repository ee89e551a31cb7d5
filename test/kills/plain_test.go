package kills

import (
	"os/exec"
	"strings"
	"testing"
)

func TestAPlainGondorHoldsNoPoints(t *testing.T) {
	for tags, want := range map[string]bool{"": false, "killpoints": true} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", tags, "gondor").Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(out), "gondor/cli/killpoint"); got != want {
			t.Errorf("with the tags %q Gondor holds its points: %v, want %v", tags, got, want)
		}
	}
}
