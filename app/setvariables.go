package app

import (
	"context"
	"errors"
	"strings"
)

// NewVariable is one variable that SetVariables is asked to set.
type NewVariable struct {
	Name  string
	Value string
	Build bool
}

// reservedPrefix begins the names of variables that Gondor alone sets.
const reservedPrefix = "GONDOR_"

// Check says whether such a variable can be set.
func (n NewVariable) Check() error {
	if err := CheckVariableKey("key", n.Name); err != nil {
		return err
	}
	if strings.HasPrefix(n.Name, reservedPrefix) {
		return Invalid("key", "%s can't be set: names that begin with %s are Gondor's own", n.Name, reservedPrefix)
	}
	return CheckVariableValue("value", n.Name, n.Value)
}

// SetVariables sets and unsets variables of one owner, all or none, and makes one new
// release for each instance whose processes get something else by it. It returns those
// that were set, in the order of set. Several faults are an error of type Errors.
func (a *App) SetVariables(ctx context.Context, who Actor, owner VariableOwner, set []NewVariable, unset []string) ([]PlainVariable, error) {
	var plain []PlainVariable
	err := a.update(ctx, func(tx Tx) error {
		instances, err := owner.affected(tx.Reader(), who)
		if err != nil {
			return err
		}
		if err := checkVariables(set, unset); err != nil {
			return err
		}
		stored, changed, err := a.putVariables(tx, owner, set)
		if err != nil {
			return err
		}
		removed, err := removeVariables(tx, owner, unset)
		if err != nil {
			return err
		}
		if plain, err = a.reveal(stored); err != nil || !changed && !removed {
			return err
		}
		return a.releaseAll(tx, who, instances)
	})
	if err != nil {
		return nil, err
	}
	return plain, nil
}

// releaseAll gives the instances their changed variables.
func (a *App) releaseAll(tx Tx, who Actor, instances []Instance) error {
	for _, instance := range instances {
		if err := a.releaseConfiguration(tx, who, instance, "environment changed"); err != nil {
			return err
		}
	}
	return nil
}

// checkVariables collects the faults of a request, in its order.
func checkVariables(set []NewVariable, unset []string) error {
	var faults Errors
	add := func(err error) {
		var fault *Error
		if errors.As(err, &fault) {
			faults = append(faults, fault)
		}
	}
	seen := map[string]bool{}
	for _, n := range set {
		add(n.Check())
		add(unseen(seen, variableIndex("", n.Name, n.Build), n.Name))
	}
	for _, name := range unset {
		add(CheckVariableKey("key", name))
		add(unseen(seen, variableIndex("", name, false), name))
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// unseen refuses what the request has named before.
func unseen(seen map[string]bool, index, name string) error {
	if seen[index] {
		return Invalid("key", "%s stands twice in the request; name it once", name)
	}
	seen[index] = true
	return nil
}

// putVariables stores what is to be set and reports whether processes get something
// else by it. A variable that has the value already is left as it is.
func (a *App) putVariables(tx Tx, owner VariableOwner, set []NewVariable) (stored []Variable, changed bool, err error) {
	for _, n := range set {
		variable, differs, err := a.putVariable(tx, owner, n)
		if err != nil {
			return nil, false, err
		}
		stored = append(stored, variable)
		changed = changed || differs && !n.Build
	}
	return stored, changed, nil
}

// putVariable stores one variable and reports whether its value is another than before.
func (a *App) putVariable(tx Tx, owner VariableOwner, n NewVariable) (Variable, bool, error) {
	variable, err := tx.Variables().One(VariableByName, variableIndex(owner.id(), n.Name, n.Build))
	switch {
	case IsNotFound(err):
		variable = Variable{
			ID: NewID[Variable](a.now()), Site: owner.Site, Instance: owner.Instance, Service: owner.Service,
			Name: n.Name, Build: n.Build, Created: a.now(),
		}
	case err != nil:
		return Variable{}, false, err
	default:
		if value, err := a.Vault.Open(variable.Value); err != nil || value == n.Value {
			return variable, false, err
		}
	}
	variable.Value, variable.Changed = a.Vault.Seal(n.Value), a.now()
	return variable, true, tx.Variables().Put(variable)
}

// removeVariables deletes variables, those of builds too, and reports whether processes
// get something else by it. One that is not set is a fault of the request.
func removeVariables(tx Tx, owner VariableOwner, unset []string) (changed bool, err error) {
	for _, name := range unset {
		found, err := gather(tx.Variables().By(VariableByOwner, owner.id()), func(v Variable) bool { return v.Name == name })
		if err != nil {
			return false, err
		}
		if len(found) == 0 {
			return false, Invalid("key", "%s is not set here", name)
		}
		for _, variable := range found {
			changed = changed || !variable.Build
			if err := tx.Variables().Delete(variable.ID); err != nil {
				return false, err
			}
		}
	}
	return changed, nil
}
