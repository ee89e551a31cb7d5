package deploys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gondor/app"
)

// beatScript runs until SIGTERM and writes down when it begins and ends; two at once leave
// the file "twice".
const beatScript = `cd "$DATA_DIR"
mkdir beating 2>/dev/null || echo "$GONDOR_RELEASE" >> twice
echo "begins $GONDOR_RELEASE" >> beats
trap 'echo "ends $GONDOR_RELEASE" >> beats; rmdir beating; exit 0' TERM
while :; do sleep 0.02; done
`

func TestBeatNeverRunsTwiceAtOnceIn20Deploys(t *testing.T) {
	w := newWorld(t, "web", "beat")
	made := w.upload(map[string]string{"Procfile": web("one", 200) + "beat: exec sh beat.sh\n", "beat.sh": beatScript})
	for range 20 {
		if release := w.release(made); release.State != app.ReleaseActive {
			t.Fatalf("v%d %s: %s", release.Number, release.State, release.Message)
		}
	}
	_, err := w.app.Restart(t.Context(), w.who, w.services["beat"].ID)
	w.ok(err)
	w.until("the restarted one runs", func() bool {
		return strings.Count(w.dataFile("beats"), "begins") == 21 && w.state("beat").State == app.ServiceRunning
	})
	_, err = w.app.Scale(t.Context(), w.who, w.services["beat"].ID, 0)
	w.ok(err)
	w.until("it is stopped", func() bool { return len(w.state("beat").Replicas) == 0 })
	if twice, err := os.ReadFile(w.dataPath("twice")); err == nil {
		t.Errorf("two ran at once, the second in %s", twice)
	}
	lines := strings.Split(strings.TrimSpace(w.dataFile("beats")), "\n")
	if len(lines) != 42 {
		t.Errorf("there are %d lines of begins and ends, want 42:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	for i := 0; i+1 < len(lines); i += 2 {
		begun, ok := strings.CutPrefix(lines[i], "begins ")
		if !ok || lines[i+1] != "ends "+begun {
			t.Errorf("%q is followed by %q", lines[i], lines[i+1])
		}
	}
}

// jobScript is a worker with a job that ends when its file comes. It leaves after the job
// in which SIGTERM comes.
const jobScript = `cd "$DATA_DIR"
trap 'echo "told $GONDOR_RELEASE" >> jobs; leave=1' TERM
echo "begins $GONDOR_RELEASE" >> jobs
until [ -e "finish-$GONDOR_RELEASE" ]; do sleep 0.02; done
echo "finishes $GONDOR_RELEASE" >> jobs
[ -n "$leave" ] || exec sleep 1000
`

func TestAWorkerInTheMiddleOfAJobFinishesIt(t *testing.T) {
	w := newWorld(t, "web", "worker")
	made := w.upload(map[string]string{
		"Procfile": web("one", 200) + "worker: exec sh worker.sh\n", "worker.sh": jobScript,
		"gondor.yml": "services: {worker: {stop_timeout: 60s}}\n",
	})
	w.release(made)
	w.until("the job has begun", func() bool { return w.jobs() == "begins v1" })
	if next := w.release(made); next.State != app.ReleaseActive { // which does not wait for the job
		t.Fatalf("v2 %s: %s", next.State, next.Message)
	}
	w.until("the worker is told to stop", func() bool { return strings.Contains(w.jobs(), "told v1") })
	if third := w.release(made); third.State != app.ReleaseActive { // nor does the next
		t.Fatalf("v3 %s: %s", third.State, third.Message)
	}
	if got := w.jobs(); strings.Contains(got, "finishes") {
		t.Fatalf("the job has ended before its time: %s", got)
	}
	for _, release := range []string{"v1", "v2", "v3"} {
		w.ok(os.WriteFile(w.dataPath("finish-"+release), nil, 0o644))
	}
	w.until("both jobs are finished and their workers gone", func() bool {
		return strings.Contains(w.jobs(), "finishes v1") && strings.Contains(w.jobs(), "finishes v2") && len(w.state("worker").Replicas) == 1
	})
}

// jobs is what the workers have written, on one line.
func (w *world) jobs() string {
	w.Helper()
	text, err := os.ReadFile(w.dataPath("jobs"))
	if err != nil {
		return "" // not yet
	}
	return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", ", ")
}

// dataPath is the path of a file in the instance's DATA_DIR.
func (w *world) dataPath(name string) string {
	return filepath.Join(w.dir, "engine", "data", string(w.instance.ID), name)
}
