package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CreateService makes a service that runs from the next release on.
func (a *App) CreateService(ctx context.Context, who Actor, n NewService) (Service, error) {
	var service Service
	err := a.update(ctx, func(tx Tx) error {
		instance, _, err := instanceFor(tx.Reader(), who, ActionManage, n.Instance)
		if err != nil {
			return err
		}
		if err := n.check(); err != nil {
			return err
		}
		size, err := a.sizeCalled(n.Size)
		if err != nil {
			return err
		}
		if _, err := tx.Services().One(ServiceByName, instance.Key()+"/"+n.Name); !IsNotFound(err) {
			return taken(err, "name", "the instance has a service called %q already", n.Name)
		}
		service = Service{
			ID: NewID[Service](a.now()), Instance: instance.ID, Name: n.Name, Kind: n.Kind,
			Size: size.Name, Replicas: n.replicas(), Created: a.now(),
		}
		return orElse(tx.Services().Put(service), a.happened(tx, service.event(who, "The service "+service.Name+" was made.")))
	})
	return service, err
}

// Scale says how many replicas of a service should run; 0 stops it.
func (a *App) Scale(ctx context.Context, who Actor, id ID[Service], replicas int) (Service, error) {
	return a.changeService(ctx, who, id, func(s *Service) (string, error) {
		told := fmt.Sprintf("%s was scaled from %d to %d.", s.Name, s.Replicas, replicas)
		s.Replicas = replicas
		return told, checkReplicas(replicas)
	})
}

// Resize gives the replicas of a service another size: those that run are replaced, one
// restart later.
func (a *App) Resize(ctx context.Context, who Actor, id ID[Service], size string) (Service, error) {
	return a.changeService(ctx, who, id, func(s *Service) (string, error) {
		found, err := a.config.Sizes.Find(size)
		if err != nil || found.Name == s.Size {
			return "", err
		}
		s.Size = found.Name
		if s.Release != "" {
			s.restart(a.now())
		}
		return s.Name + " is of the size " + s.Size + " now.", nil
	})
}

// Restart replaces the replicas of a service by new ones of the same release.
func (a *App) Restart(ctx context.Context, who Actor, id ID[Service]) (Service, error) {
	return a.changeService(ctx, who, id, func(s *Service) (string, error) {
		if s.Release == "" {
			return "", Conflict("", "the service %s has nothing to restart; deploy it first", s.Name)
		}
		s.restart(a.now())
		return s.Name + " was restarted.", nil
	})
}

// DeleteService removes a service with its variables; its replicas are taken down, and
// its log goes.
func (a *App) DeleteService(ctx context.Context, who Actor, id ID[Service]) error {
	return a.update(ctx, func(tx Tx) error {
		service, _, _, err := serviceFor(tx.Reader(), who, ActionManage, id)
		if err != nil {
			return err
		}
		if err := deleteAll(tx.Variables(), VariableByOwner, service.Key()); err != nil {
			return err
		}
		told := "The service " + service.Name + " was deleted."
		return errors.Join(tx.Services().Delete(service.ID), a.happened(tx, service.event(who, told)), a.settle(tx, downKind(service), service.Key(), told))
	})
}

// changeService stores what change makes of a service, and puts what it says of it into the
// feed.
func (a *App) changeService(ctx context.Context, who Actor, id ID[Service], change func(*Service) (string, error)) (Service, error) {
	var service Service
	err := a.update(ctx, func(tx Tx) (err error) {
		service, _, _, err = serviceFor(tx.Reader(), who, ActionDeploy, id)
		if err != nil {
			return err
		}
		before := service
		told, err := change(&service)
		if err != nil || service == before {
			return err
		}
		return orElse(tx.Services().Put(service), a.happened(tx, service.event(who, told)))
	})
	return service, err
}

// restart asks for new replicas. What became of the last restart no longer matters.
func (s *Service) restart(now time.Time) {
	s.Restart++
	s.Restarted = now
	s.GaveUp, s.Fault = 0, ""
}

// event is what the feed tells of something that who did to the service.
func (s Service) event(who Actor, text string) Event {
	return Event{Instance: s.Instance, Kind: EventService, By: who.User, About: s.Key(), Text: text}
}

// sizeCalled returns the size of that name, or the one for services that name none.
func (a *App) sizeCalled(name string) (Size, error) {
	if name != "" {
		return a.config.Sizes.Find(name)
	}
	if size, err := a.config.Sizes.Find(DefaultSize); err == nil {
		return size, nil
	}
	return a.config.Sizes[0], nil
}
