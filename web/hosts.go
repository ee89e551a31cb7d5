package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) hostRoutes() []route {
	return []route{
		show("/v2/hosts/", "The host names of an instance", listHosts).needs("instance", "its url"),
		show("/v2/hosts/find/", "The host of a name", findHost).needs("instance", "the url of its instance", "host", "the host name"),
		create("/v2/hosts/", "Give an instance a host name", createHost),
		show("/v2/hosts/:id/", "One host name", showHost),
		change("/v2/hosts/:id/", "Take the key pair of a host name away; none can be given yet", changeHost),
		erase("/v2/hosts/:id/", "Take a host name from its instance", deleteHost),
	}
}

func (c *call) host(h app.Host) (api.Host, error) {
	return api.Host{Instance: refer(c, "instances", h.Instance), Host: h.Name, URL: refer(c, "hosts", h.ID)}, nil
}

func listHosts(c *call) ([]api.Host, error) {
	instance, err := mustAsk[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	hosts, err := c.App.Hosts(c.ctx(), c.who, instance)
	return each(hosts, err, c.host)
}

func findHost(c *call) (api.Host, error) {
	name, err := c.needed("host")
	if err != nil {
		return api.Host{}, err
	}
	hosts, err := listHosts(c)
	return find(hosts, err, "host", func(h api.Host) bool { return h.Host == name })
}

func createHost(c *call, in api.NewHost) (api.Host, error) {
	instance, err := required[app.Instance](c, "instance", "instances", in.Instance)
	if err != nil {
		return api.Host{}, err
	}
	host, err := c.App.CreateHost(c.ctx(), c.who, app.NewHost{Instance: instance, Name: in.Host})
	if err != nil {
		return api.Host{}, err
	}
	return c.host(host)
}

// changeHost takes what a client of the first days sends to detach a key pair. There are
// none in this version, so there is none to attach.
func changeHost(c *call, in api.HostUpdate) (api.Host, error) {
	id, err := given[app.Host](c, "host")
	if err != nil {
		return api.Host{}, err
	}
	host, err := c.App.Host(c.ctx(), c.who, id)
	switch {
	case err != nil:
		return api.Host{}, err
	case in.KeyPair != nil:
		return api.Host{}, app.Invalid("keypair", "there is no such key pair; let a proxy in front speak TLS and name it in --trusted-proxies")
	}
	return c.host(host)
}

func showHost(c *call) (api.Host, error) {
	id, err := given[app.Host](c, "host")
	if err != nil {
		return api.Host{}, err
	}
	host, err := c.App.Host(c.ctx(), c.who, id)
	if err != nil {
		return api.Host{}, err
	}
	return c.host(host)
}

func deleteHost(c *call) error {
	id, err := given[app.Host](c, "host")
	if err != nil {
		return err
	}
	return c.App.DeleteHost(c.ctx(), c.who, id)
}
