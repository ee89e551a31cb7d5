package app

import (
	"fmt"
	"maps"
	"strings"
)

// settled is the environment of a release at the moment of its turn: the variables of
// the site and the instance, and those of each service.
type settled struct {
	shared   map[string]Sealed
	services map[string]map[string]Sealed
	hosts    []string
}

// settle reads the present environment of an instance.
func settle(r Reader, instance Instance) (settled, error) {
	out := settled{shared: map[string]Sealed{}, services: map[string]map[string]Sealed{}}
	for _, owner := range []string{string(instance.Site), string(instance.ID)} {
		if err := collect(r, owner, false, out.shared); err != nil {
			return settled{}, err
		}
	}
	for service, err := range r.Services().By(ServiceByInstance, string(instance.ID)) {
		if err != nil {
			return settled{}, err
		}
		own := map[string]Sealed{}
		if err := collect(r, string(service.ID), false, own); err != nil {
			return settled{}, err
		}
		out.services[service.Name] = own
	}
	hosts, err := hostsOf(r, instance)
	out.hosts = hosts
	return out, err
}

// collect adds the variables of one owner to into, in place of those that are there.
func collect(r Reader, owner string, build bool, into map[string]Sealed) error {
	for variable, err := range r.Variables().By(VariableByOwner, owner) {
		if err != nil {
			return err
		}
		if variable.Build == build {
			into[variable.Name] = variable.Value
		}
	}
	return nil
}

// hostsOf lists the host names that reach an instance, the one it was given first.
func hostsOf(r Reader, instance Instance) ([]string, error) {
	hosts := []string{instance.Domain}
	for host, err := range r.Hosts().By(HostByInstance, string(instance.ID)) {
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, host.Name)
	}
	return hosts, nil
}

// environment is what a process of the release gets: what people set, and, where they
// did not, what Gondor gives. service is empty for a process of no service.
func (a *App) environment(instance Instance, release Release, build Build, service string) (map[string]string, error) {
	env, err := a.given(instance, release, build)
	if err != nil {
		return nil, err
	}
	for _, sealed := range []map[string]Sealed{release.Env, release.ServiceEnv[service]} {
		opened, err := a.openAll(sealed)
		if err != nil {
			return nil, err
		}
		maps.Copy(env, opened)
	}
	return env, nil
}

// given is the environment of a process for which nobody set anything.
func (a *App) given(instance Instance, release Release, build Build) (map[string]string, error) {
	secret, err := a.Vault.Open(instance.Secret)
	if err != nil {
		return nil, fmt.Errorf("open the secret of instance %s: %w", instance.ID, err)
	}
	return map[string]string{
		"SECRET_KEY":           secret,
		"ALLOWED_HOSTS":        strings.Join(allowedHosts(release.Hosts), ","),
		"CSRF_TRUSTED_ORIGINS": strings.Join(a.origins(release.Hosts), ","),
		"GONDOR_RELEASE":       fmt.Sprintf("v%d", release.Number),
		"GONDOR_COMMIT":        build.SHA,
	}, nil
}

// allowedHosts writes wildcards the way Django's ALLOWED_HOSTS has them: ".example.com".
func allowedHosts(hosts []string) []string {
	out := make([]string, len(hosts))
	for i, host := range hosts {
		out[i] = strings.TrimPrefix(host, "*")
	}
	return out
}

func (a *App) origins(hosts []string) []string {
	out := make([]string, 0, 2*len(hosts))
	for _, host := range hosts {
		out = append(out, a.urlOf(host))
		if a.config.URL.Scheme != "https" {
			out = append(out, "https://"+host) // for a proxy in front that speaks TLS
		}
	}
	return out
}

// urlOf is where people reach a host: with Gondor's own scheme and port.
func (a *App) urlOf(host string) string {
	if port := a.config.URL.Port(); port != "" {
		host += ":" + port
	}
	return a.config.URL.Scheme + "://" + host
}

func (a *App) openAll(sealed map[string]Sealed) (map[string]string, error) {
	opened := make(map[string]string, len(sealed))
	for name, value := range sealed {
		plain, err := a.Vault.Open(value)
		if err != nil {
			return nil, fmt.Errorf("open the variable %s: %w", name, err)
		}
		opened[name] = plain
	}
	return opened, nil
}

// sameEnvironment reports whether two sets of variables hold the same values.
func (a *App) sameEnvironment(x, y map[string]Sealed) (bool, error) {
	left, err := a.openAll(x)
	if err != nil {
		return false, err
	}
	right, err := a.openAll(y)
	return maps.Equal(left, right), err
}
