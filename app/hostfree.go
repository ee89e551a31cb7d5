package app

import "strings"

// checkHostFree says whether the instance may have the name: nobody has it, it is not
// Gondor's, and it crosses no wildcard of another group.
func (a *App) checkHostFree(r Reader, instance Instance, site Site, name string) error {
	taken := Conflict("host", "this host name is taken")
	if a.isOurs(name) && !strings.HasSuffix(name, "."+instance.Domain) {
		return taken
	}
	if free, err := isFree(r, name); err != nil || !free {
		return orElse(err, taken)
	}
	crossing, err := crossedBy(r, name)
	if err != nil {
		return err
	}
	for _, host := range crossing {
		if same, err := isOfGroup(r, host, site.Group); err != nil || !same {
			return orElse(err, taken)
		}
	}
	return nil
}

// isOurs reports whether the name is Gondor's own domain or below it.
func (a *App) isOurs(name string) bool {
	return name == a.domain() || strings.HasSuffix(name, "."+a.domain())
}

// crossedBy returns the hosts that a wildcard covers, or the wildcard that covers an
// exact name. A wildcard stands for one label, so two wildcards never cross.
func crossedBy(r Reader, name string) ([]Host, error) {
	if rest, wildcard := strings.CutPrefix(name, "*."); wildcard {
		return gather(r.Hosts().By(HostByParent, rest), every[Host])
	}
	return gather(r.Hosts().By(HostByName, "*."+parentOf(name)), every[Host])
}

// isOfGroup reports whether the host's instance belongs to a site of the group.
func isOfGroup(r Reader, host Host, group ID[ResourceGroup]) (bool, error) {
	instance, err := r.Instances().Get(host.Instance)
	if err != nil {
		return false, err
	}
	site, err := r.Sites().Get(instance.Site)
	return site.Group == group, err
}

// orElse returns err, or other when there is none.
func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
