// Package killpoint lets a test kill Gondor at every commit of its store and at every call
// of its engine. Only a binary that is built with the tag killpoints holds it.
package killpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// Env names the directory in which a test and its Gondor meet:
//
//	DIR/passed     a line "ROLE POINT" for each point that was passed, in order
//	DIR/ROLE.pid   the process that passes the points of the role
//	DIR/order      an Order, written by the test; gone once obeyed
const Env = "GONDOR_KILLPOINTS"

// The roles of processes.
const (
	Serve      = "serve"
	Supervisor = "supervisor"
)

// Order says whom to kill where.
type Order struct {
	Role    string   // who passes the point
	Point   string   // its name; empty for every point
	Pass    int      // 1 for the first time that it is passed after the order
	Victims []string // roles
}

// Points are the places at which a process of a role can be killed. It is safe for
// concurrent use.
type Points struct {
	dir, role string

	mu     sync.Mutex
	known  bool   // its pid is written down
	text   string // the order that was last read
	passed int    // how often its point was passed since then
}

// Open returns the points of a role. Without Env's directory they do nothing.
func Open(role string) *Points { return &Points{dir: os.Getenv(Env), role: role} }

// Pass is a point. When there is an order to kill at it, Pass does so, and never returns
// when this process is one of the victims.
func (p *Points) Pass(name string) {
	if p.dir == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	victims, err := p.pass(name)
	if err != nil {
		slog.Error("pass a point", "point", name, "error", err)
	}
	for _, victim := range victims {
		p.kill(victim)
	}
}

// pass notes the point and returns whom to kill at it.
func (p *Points) pass(name string) ([]string, error) {
	if err := p.introduce(); err != nil {
		return nil, err
	}
	if err := p.note(name); err != nil {
		return nil, err
	}
	order, err := p.order()
	if err != nil || order.Role != p.role || order.Point != "" && order.Point != name {
		return nil, err
	}
	if p.passed++; p.passed != order.Pass {
		return nil, nil
	}
	return order.Victims, os.Remove(p.path("order"))
}

// order reads the present order, a zero one when there is none.
func (p *Points) order() (Order, error) {
	var order Order
	text, err := os.ReadFile(p.path("order"))
	if os.IsNotExist(err) {
		return order, nil
	}
	if string(text) != p.text {
		p.text, p.passed = string(text), 0
	}
	return order, errors.Join(err, json.Unmarshal(text, &order))
}

// introduce writes down which process plays the role.
func (p *Points) introduce() error {
	if p.known {
		return nil
	}
	p.known = true
	return os.WriteFile(p.path(p.role+".pid"), []byte(strconv.Itoa(os.Getpid())), 0o600)
}

func (p *Points) note(name string) error {
	file, err := os.OpenFile(p.path("passed"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("note a point: %w", err)
	}
	_, err = fmt.Fprintf(file, "%s %s\n", p.role, name)
	if err := file.Close(); err != nil {
		return fmt.Errorf("note a point: %w", err)
	}
	return err
}

// kill ends a process as a crash does.
func (p *Points) kill(victim string) {
	pid := os.Getpid()
	if victim != p.role {
		text, err := os.ReadFile(p.path(victim + ".pid"))
		if err == nil {
			pid, err = strconv.Atoi(string(text))
		}
		if err != nil {
			slog.Error("find whom to kill", "victim", victim, "error", err)
			return
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // another victim may have ended by itself
	if victim == p.role {
		select {} // until the signal arrives
	}
}

func (p *Points) path(name string) string { return filepath.Join(p.dir, name) }
