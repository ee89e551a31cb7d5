package app

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Variable is an environment variable, set on a site, an instance or a service; the
// nearest wins. Exactly one of the three is set.
type Variable struct {
	ID       ID[Variable]
	Site     ID[Site]
	Instance ID[Instance]
	Service  ID[Service]
	Name     string // what the API calls key
	Value    Sealed
	// Build says that it is given to builds and not to processes.
	Build   bool
	Created time.Time
	Changed time.Time
}

// VariableByOwner is the index of variables by the ID of their site, instance or service.
const VariableByOwner = "owner"

// VariableByName is the unique index "OWNER-ID/NAME", with "/build" behind it for those
// of builds.
const VariableByName = "name"

// Owner is the ID of the site, instance or service that it is set on.
func (v Variable) Owner() string { return string(v.Site) + string(v.Instance) + string(v.Service) }

// Key implements Record.
func (v Variable) Key() string { return string(v.ID) }

// InstanceID implements OfInstance; empty for a variable of a site or a service.
func (v Variable) InstanceID() ID[Instance] { return v.Instance }

// Indexes implements Record.
func (v Variable) Indexes() []Index {
	return []Index{
		{Name: VariableByOwner, Value: v.Owner()},
		{Name: VariableByName, Value: variableIndex(v.Owner(), v.Name, v.Build), Unique: true},
	}
}

// variableIndex is the value of VariableByName.
func variableIndex(owner, name string, build bool) string {
	if build {
		return owner + "/" + name + "/build"
	}
	return owner + "/" + name
}

// PlainVariable is a variable with its value in the clear, for who may read secrets.
type PlainVariable struct {
	Variable
	Plain string
}

// VariableOwner is what variables are set on: exactly one of the three.
type VariableOwner struct {
	Site     ID[Site]
	Instance ID[Instance]
	Service  ID[Service]
}

// id is the owner's ID as Variable.Owner has it.
func (o VariableOwner) id() string { return string(o.Site) + string(o.Instance) + string(o.Service) }

// affected returns the instances whose processes get the owner's variables, when who may
// read and write these.
func (o VariableOwner) affected(r Reader, who Actor) ([]Instance, error) {
	switch {
	case o == VariableOwner{Service: o.Service} && o.Service != "":
		_, instance, _, err := serviceFor(r, who, ActionSecret, o.Service)
		return []Instance{instance}, err
	case o == VariableOwner{Instance: o.Instance} && o.Instance != "":
		instance, _, err := instanceFor(r, who, ActionSecret, o.Instance)
		return []Instance{instance}, err
	case o == VariableOwner{Site: o.Site} && o.Site != "":
		site, err := siteFor(r, who, ActionSecret, o.Site)
		if err != nil {
			return nil, err
		}
		return instancesOf(r, site)
	}
	if err := signedIn(who); err != nil {
		return nil, err
	}
	return nil, Invalid("", "say on what the variables are set: a site, an instance or a service, and only one of them")
}

// Variables lists what is set on a site, an instance or a service, by name.
func (a *App) Variables(ctx context.Context, who Actor, owner VariableOwner) ([]PlainVariable, error) {
	var plain []PlainVariable
	err := a.read(ctx, func(r Reader) error {
		if _, err := owner.affected(r, who); err != nil {
			return err
		}
		found, err := gather(r.Variables().By(VariableByOwner, owner.id()), every[Variable])
		if err != nil {
			return err
		}
		slices.SortFunc(found, func(x, y Variable) int { return cmp.Compare(x.Name, y.Name) })
		plain, err = a.reveal(found)
		return err
	})
	return plain, err
}

// reveal returns the variables with their values.
func (a *App) reveal(sealed []Variable) ([]PlainVariable, error) {
	plain := make([]PlainVariable, len(sealed))
	for i, variable := range sealed {
		value, err := a.Vault.Open(variable.Value)
		if err != nil {
			return nil, err
		}
		plain[i] = PlainVariable{Variable: variable, Plain: value}
	}
	return plain, nil
}
