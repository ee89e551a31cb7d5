package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gondor/cluster"
	"gondor/cluster/local"
)

func (s *server) openEngine(ctx context.Context) error {
	o := cluster.Options{Engine: s.options.engine}
	var err error
	switch o.Engine {
	case cluster.Local:
		o.Local, err = s.localOptions()
	case cluster.Kube:
		o.Kube = s.kubeOptions()
	}
	if err != nil {
		return err
	}
	if s.engine, err = cluster.Open(ctx, o); err != nil {
		return err
	}
	for _, note := range s.engine.Notes() {
		s.options.log.Warn(note)
	}
	return nil
}

func (s *server) localOptions() (local.Options, error) {
	executable, err := os.Executable()
	if err != nil {
		return local.Options{}, fmt.Errorf("find Gondor's binary: %w", err)
	}
	space, err := spaceOf(s.options.data)
	if err != nil {
		return local.Options{}, err
	}
	return placed(local.Options{
		CacheBudget: s.budget.Caches(), LogBudget: s.budget.Logs(), Reserve: space.Reserve,
		Limits:     local.Limits{Disk: s.budget.Build()},
		Dir:        filepath.Join(s.options.data, "engine"),
		Supervisor: []string{executable, "supervisor", "--dir"},
		Drainer:    s.router,
		Logger:     s.options.log,
	}), nil
}
