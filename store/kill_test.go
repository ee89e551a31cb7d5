package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"gondor/app"
)

// killed is the variable that makes the test binary a child that writes to the store in
// the directory that it names until it is killed.
const killed = "GONDOR_TEST_STORE"

// parts is how many services each transaction of the child writes.
const parts = 5

func TestMain(m *testing.M) {
	if dir := os.Getenv(killed); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes instance after instance, each with its services in one
// transaction, deletes some in between, and prints the number of each that is durable.
func writeUntilKilled(dir string) error {
	s, err := Open(context.Background(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	for number := newest(s) + 1; ; number++ {
		if err := s.Update(context.Background(), func(tx app.Tx) error { return writeInstance(tx, number) }); err != nil {
			return err
		}
		fmt.Println(number)
	}
}

// newest is the number of the last instance that was written, 0 before the first.
func newest(s *Store) (number int) {
	_ = s.View(context.Background(), func(r app.Reader) error {
		for one := range r.Instances().Each() {
			number = max(number, one.LastRelease)
		}
		return nil
	})
	return number
}

// writeInstance writes one instance and its services, and deletes those of ten before.
func writeInstance(tx app.Tx, number int) error {
	id := app.ID[app.Instance](fmt.Sprintf("%06d", number))
	errs := []error{tx.Instances().Put(app.Instance{ID: id, Label: string(id), Domain: string(id), LastRelease: number})}
	for part := range parts {
		name := fmt.Sprintf("%s-%d", id, part)
		errs = append(errs, tx.Services().Put(app.Service{ID: app.ID[app.Service](name), Instance: id, Name: name}))
	}
	old := fmt.Sprintf("%06d", number-10)
	for service, err := range tx.Services().By(app.ServiceByInstance, old) {
		errs = append(errs, err, tx.Services().Delete(service.ID))
	}
	if err := tx.Instances().Delete(app.ID[app.Instance](old)); !app.IsNotFound(err) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func TestAKillAtAnyMomentLeavesEachTransactionWholeOrAbsent(t *testing.T) {
	dir, last := t.TempDir(), 0
	for round := range 20 {
		last = writeAndKill(t, dir, last)
		s := openStore(t, dir)
		found := newest(s)
		if found < last || found > last+1 {
			t.Errorf("round %d: instance %d is the newest, %d was said to be durable", round, found, last)
		}
		wantWhole(t, s, found)
		wantSound(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		last = found
	}
}

// writeAndKill runs the child, kills it at a random moment after its first line and
// returns the last number that it printed.
func writeAndKill(t *testing.T, dir string, last int) int {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killed+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); first = false {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if first {
			time.AfterFunc(rand.N(80*time.Millisecond), func() { _ = child.Process.Kill() })
		}
	}
	if err := child.Wait(); child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child was not killed but ended: %v", err)
	}
	return last
}

// wantWhole fails unless the store holds the newest ten instances with all of their
// services, and as many changes as their transactions wrote.
func wantWhole(t *testing.T, s *Store, found int) {
	t.Helper()
	view(t, s, func(r app.Reader) error {
		instances, err := keys(r.Instances().Each())
		if len(instances) != min(found, 10) || err != nil {
			t.Errorf("%d instances are stored after %d, %v", len(instances), found, err)
		}
		for _, id := range instances {
			services, err := keys(r.Services().By(app.ServiceByInstance, id))
			if len(services) != parts || err != nil {
				t.Errorf("instance %s has %d services, %v", id, len(services), err)
			}
		}
		return nil
	})
	want := app.Revision((parts + 1) * (found + max(0, found-10)))
	if revision, err := s.Revision(t.Context()); revision != want || err != nil {
		t.Errorf("the revision is %d, %v, want %d", revision, err, want)
	}
}
