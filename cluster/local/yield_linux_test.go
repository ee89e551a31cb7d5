package local_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gondor/app"
)

// buildsYield reads whether builds have only the CPU that nobody else wants.
func buildsYield(t *testing.T, group string) bool {
	t.Helper()
	paths := cgroupPaths(t, group+"-builds/cpu.idle")
	if len(paths) == 0 {
		t.Skip("this kernel knows no idle control groups")
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text)) == "1"
}

func TestBuildsHaveTheCPUThatNobodyWantsAndTheirShareWhenThatIsNone(t *testing.T) {
	engine, a, group := grouped(t)
	if !buildsYield(t, group) {
		t.Error("builds don't yield when nothing is built")
	}
	greedy := heldWorkload(a)
	greedy.Kind, greedy.Program.Command = app.Worker, fmt.Sprintf("for n in $(seq %d); do while :; do :; done & done; wait", 4*runtime.NumCPU())
	if err := engine.Apply(t.Context(), greedy); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	var building sync.WaitGroup
	building.Go(func() {
		if _, err := engine.Build(ctx, orderOf("starved", "while :; do :; done"), sourceOf(t)); ctx.Err() == nil {
			t.Errorf("the build ended with %v", err)
		}
	})
	defer building.Wait()
	defer cancel()
	eventually(t, "a starved build has its share", func() bool { return !buildsYield(t, group) })
	cancel()
	building.Wait()
	if !buildsYield(t, group) {
		t.Error("builds don't yield after the build")
	}
}
