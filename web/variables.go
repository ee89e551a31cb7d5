package web

import (
	"slices"

	"gondor/app"
	"gondor/web/api"
)

func (s *server) variableRoutes() []route {
	return []route{
		show("/v2/envvars/", "The variables of a site, an instance or a service", listVariables).
			asks("site", "its url", "instance", "its url", "service", "its url; one of the three is needed"),
		create("/v2/envvars/", "Set variables, and with the value null unset them, all or none", setVariables),
		erase("/v2/envvars/:id/", "Unset one variable", unsetVariable),
	}
}

func (c *call) variable(v app.PlainVariable) (api.Variable, error) {
	return api.Variable{
		Site: optional(c, "sites", v.Site), Instance: optional(c, "instances", v.Instance),
		Service: optional(c, "services", v.Service),
		Key:     v.Name, Value: v.Plain, Build: v.Build, URL: refer(c, "envvars", v.ID),
	}, nil
}

func listVariables(c *call) ([]api.Variable, error) {
	owner, err := c.owner(
		api.Reference(c.QueryParam("site")), api.Reference(c.QueryParam("instance")), api.Reference(c.QueryParam("service")))
	if err != nil {
		return nil, err
	}
	variables, err := c.App.Variables(c.ctx(), c.who, owner)
	return each(variables, err, c.variable)
}

func (c *call) owner(site, instance, service api.Reference) (owner app.VariableOwner, err error) {
	if count(site != "", instance != "", service != "") != 1 {
		return owner, app.Invalid("", "say on what the variables are set: one of site, instance and service")
	}
	if owner.Site, err = referred[app.Site](c, "site", "sites", site); err != nil {
		return owner, err
	}
	if owner.Instance, err = referred[app.Instance](c, "instance", "instances", instance); err != nil {
		return owner, err
	}
	owner.Service, err = referred[app.Service](c, "service", "services", service)
	return owner, err
}

func setVariables(c *call, in []api.NewVariable) ([]api.Variable, error) {
	owner, err := c.oneOwner(in)
	if err != nil {
		return nil, err
	}
	var set []app.NewVariable
	var unset []string
	for _, n := range in {
		if n.Value == nil {
			unset = append(unset, n.Key)
		} else {
			set = append(set, app.NewVariable{Name: n.Key, Value: *n.Value, Build: n.Build})
		}
	}
	if _, err := c.App.Variables(c.ctx(), c.who, owner); err != nil {
		return nil, err // who may not read them is not told what is wrong with them
	}
	if err := checkElements(in); err != nil {
		return nil, err
	}
	variables, err := c.App.SetVariables(c.ctx(), c.who, owner, set, unset)
	return each(variables, err, c.variable)
}

// oneOwner returns what all the variables of a request are set on.
func (c *call) oneOwner(in []api.NewVariable) (app.VariableOwner, error) {
	if len(in) == 0 {
		return app.VariableOwner{}, app.Invalid("", "the array is empty; give at least one variable")
	}
	faults := make(elementErrors, len(in))
	var first app.VariableOwner
	for i, n := range in {
		owner, err := c.owner(n.Site, n.Instance, n.Service)
		if i == 0 {
			first = owner
		}
		if err == nil && owner != first {
			err = app.Invalid("", "all variables of one request must be set on the same site, instance or service")
		}
		faults[i] = err
	}
	return first, faults.orNil()
}

// checkElements says of each variable what is wrong with it.
func checkElements(in []api.NewVariable) error {
	faults := make(elementErrors, len(in))
	for i, n := range in {
		if n.Value == nil {
			faults[i] = app.CheckVariableKey("key", n.Key)
		} else {
			faults[i] = app.NewVariable{Name: n.Key, Value: *n.Value, Build: n.Build}.Check()
		}
	}
	return faults.orNil()
}

// orNil returns the errors when there is one.
func (e elementErrors) orNil() error {
	if slices.ContainsFunc(e, func(err error) bool { return err != nil }) {
		return e
	}
	return nil
}

func unsetVariable(c *call) error {
	id, err := given[app.Variable](c, "variable")
	if err != nil {
		return err
	}
	return c.App.UnsetVariable(c.ctx(), c.who, id)
}
