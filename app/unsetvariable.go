package app

import "context"

// UnsetVariable removes one variable and makes a new release for each instance whose
// processes get something else by it.
func (a *App) UnsetVariable(ctx context.Context, who Actor, id ID[Variable]) error {
	return a.update(ctx, func(tx Tx) error {
		if err := signedIn(who); err != nil {
			return err
		}
		variable, err := tx.Variables().Get(id)
		if err != nil {
			return err
		}
		owner := VariableOwner{Site: variable.Site, Instance: variable.Instance, Service: variable.Service}
		instances, err := owner.affected(tx.Reader(), who)
		if IsNotFound(err) {
			return NotFound("variable")
		}
		if err != nil {
			return err
		}
		if err := tx.Variables().Delete(id); err != nil || variable.Build {
			return err
		}
		return a.releaseAll(tx, who, instances)
	})
}
