package app_test

import (
	"strings"
	"testing"
	"time"

	"gondor/app"
)

func TestABadScheduledTaskIsRefusedWithWhatWouldBeRight(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "shop"), app.PrimaryLabel)
	for _, c := range []struct {
		name   string
		change func(*app.NewTask)
		field  string
		says   string
	}{
		{"six fields", func(n *app.NewTask) { n.Schedule = "0 30 2 * * *" }, "schedule", "leave the seconds out"},
		{"a zone that is none", func(n *app.NewTask) { n.Zone = "Mars/Olympus" }, "timezone", "IANA"},
		{"a day that never comes", func(n *app.NewTask) { n.Schedule = "0 0 30 2 *" }, "schedule", "never due"},
		{"no command", func(n *app.NewTask) { n.Command = " " }, "command", "is missing"},
		{"a command with a NUL", func(n *app.NewTask) { n.Command = "a\x00b" }, "command", "NUL"},
		{"a name for no host", func(n *app.NewTask) { n.Name = "Nightly Job" }, "name", "lower-case"},
		{"a policy that is none", func(n *app.NewTask) { n.Overlap = "both" }, "overlap", "skip, queue or replace"},
		{"too many retries", func(n *app.NewTask) { n.Retries = 11 }, "retries", "0 to 10"},
		{"fewer than no retries", func(n *app.NewTask) { n.Retries = -1 }, "retries", "0 to 10"},
		{"a limit of a month", func(n *app.NewTask) { n.TimeLimit = 30 * 24 * time.Hour }, "time_limit", "7 days"},
		{"a limit before its start", func(n *app.NewTask) { n.TimeLimit = -time.Second }, "time_limit", "1 second"},
		{"a size that is none", func(n *app.NewTask) { n.Size = "huge" }, "size", "small"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := app.NewTask{Instance: instance.ID, Name: "nightly", TaskSettings: nightly()}
			c.change(&n)
			_, err := w.CreateTask(w.ctx, w.admin, n)
			wantCode(t, err, app.CodeInvalid)
			wantField(t, err, c.field)
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the message is %q, want it to say %q", err, c.says)
			}
		})
	}
	tasks, err := w.Tasks(w.ctx, w.admin, instance.ID)
	if must(t, err); len(tasks) > 0 {
		t.Errorf("there are %+v", tasks)
	}
}

func TestANameOfAScheduledTaskIsTakenInItsInstanceOnly(t *testing.T) {
	w := newWorld(t)
	site := w.site(w.team("team", nil), "shop")
	primary, staging := w.instance(site, app.PrimaryLabel), w.instance(site, "staging")
	make := func(on app.Instance) error {
		_, err := w.CreateTask(w.ctx, w.admin, app.NewTask{Instance: on.ID, Name: "nightly", TaskSettings: nightly()})
		return err
	}
	must(t, make(primary))
	must(t, make(staging))
	wantCode(t, make(primary), app.CodeConflict)
	wantField(t, make(primary), "name")
}

func TestWhatWasDueIsOverWhenTheScheduleChanges(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "shop"), app.PrimaryLabel)
	task, err := w.CreateTask(w.ctx, w.admin, app.NewTask{Instance: instance.ID, Name: "nightly", TaskSettings: nightly()})
	must(t, err)
	w.passes(48 * time.Hour)
	same, err := w.UpdateTask(w.ctx, w.admin, task.ID, app.TaskUpdate{Settings: func(s *app.TaskSettings) { s.Command = "other" }})
	if must(t, err); !same.Decided.Equal(task.Decided) || same.Command != "other" {
		t.Errorf("another command makes it %+v", same)
	}
	moved, err := w.UpdateTask(w.ctx, w.admin, task.ID, app.TaskUpdate{Settings: func(s *app.TaskSettings) { s.Schedule = "0 3 * * *" }})
	if must(t, err); moved.Decided.Sub(task.Decided) < 48*time.Hour {
		t.Errorf("another schedule makes it %+v", moved)
	}
	_, err = w.UpdateTask(w.ctx, w.admin, task.ID, app.TaskUpdate{Settings: func(s *app.TaskSettings) { s.Schedule = "0 3 * *" }})
	wantField(t, err, "schedule")
}
