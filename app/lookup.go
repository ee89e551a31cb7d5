package app

import "iter"

// siteFor returns the site when who may do the action to it. Foreign, deleted and
// unknown sites are the same to who asks: an error of CodeNotFound.
func siteFor(r Reader, who Actor, action Action, id ID[Site]) (Site, error) {
	return siteOf(r, who, action, id, "site")
}

// siteOf is siteFor where the site was reached through something else, whose noun the
// error then names.
func siteOf(r Reader, who Actor, action Action, id ID[Site], noun string) (Site, error) {
	if err := signedIn(who); err != nil {
		return Site{}, err
	}
	site, err := r.Sites().Get(id)
	switch {
	case IsNotFound(err) || err == nil && !site.alive():
		return Site{}, NotFound(noun)
	case err != nil:
		return Site{}, err
	}
	return site, Authorize(r, who, action, site.Resource(), noun)
}

// instanceFor returns the instance and its site when who may do the action to it.
func instanceFor(r Reader, who Actor, action Action, id ID[Instance]) (Instance, Site, error) {
	return instanceOf(r, who, action, id, "instance")
}

// instanceOf is instanceFor where the instance was reached through something else.
func instanceOf(r Reader, who Actor, action Action, id ID[Instance], noun string) (Instance, Site, error) {
	if err := signedIn(who); err != nil {
		return Instance{}, Site{}, err
	}
	instance, err := r.Instances().Get(id)
	switch {
	case IsNotFound(err) || err == nil && !instance.alive():
		return Instance{}, Site{}, NotFound(noun)
	case err != nil:
		return Instance{}, Site{}, err
	}
	site, err := siteOf(r, who, action, instance.Site, noun)
	return instance, site, err
}

// serviceFor returns the service, its instance and its site when who may do the action
// to it.
func serviceFor(r Reader, who Actor, action Action, id ID[Service]) (Service, Instance, Site, error) {
	if err := signedIn(who); err != nil {
		return Service{}, Instance{}, Site{}, err
	}
	service, err := r.Services().Get(id)
	switch {
	case IsNotFound(err):
		return Service{}, Instance{}, Site{}, NotFound("service")
	case err != nil:
		return Service{}, Instance{}, Site{}, err
	}
	instance, site, err := instanceOf(r, who, action, service.Instance, "service")
	return service, instance, site, err
}

// fullName is the name of a site with that of its group: "GROUP/NAME".
func fullName(r Reader, id ID[Site]) (string, error) {
	site, err := r.Sites().Get(id)
	if err != nil {
		return "", err
	}
	group, err := r.Groups().Get(site.Group)
	return group.Name + "/" + site.Name, err
}

// sight is all that one person may see, read once for a whole list.
type sight struct {
	all    bool
	groups map[ID[ResourceGroup]]bool // a member of these sees all of their sites
	sites  map[ID[Site]]bool
}

// sightOf returns what who may see, or an error of CodeUnauthenticated.
func sightOf(r Reader, who Actor) (sight, error) {
	s := sight{all: who.Admin, groups: map[ID[ResourceGroup]]bool{}, sites: map[ID[Site]]bool{}}
	if err := Authorize(r, who, ActionView, Resource{}, ""); err != nil {
		return s, err
	}
	for m, err := range r.Members().By(MemberByUser, string(who.User)) {
		if err != nil {
			return s, err
		}
		s.groups[m.Group] = true
	}
	for u, err := range r.SiteUsers().By(SiteUserByUser, string(who.User)) {
		if err != nil {
			return s, err
		}
		s.sites[u.Site] = true
	}
	return s, nil
}

// sees reports whether a site that is not deleted is in sight.
func (s sight) sees(site Site) bool {
	return site.alive() && (s.all || s.groups[site.Group] || s.sites[site.ID])
}

// groupsOfSites returns the groups of the sites that the person is a user of.
func (s sight) groupsOfSites(r Reader) (map[ID[ResourceGroup]]bool, error) {
	groups := map[ID[ResourceGroup]]bool{}
	for id := range s.sites {
		site, err := r.Sites().Get(id)
		switch {
		case err == nil && site.alive():
			groups[site.Group] = true
		case err != nil && !IsNotFound(err):
			return nil, err
		}
	}
	return groups, nil
}

// gather returns what rows yield and keep accepts, in their order; never nil.
func gather[T any](rows iter.Seq2[T, error], keep func(T) bool) ([]T, error) {
	kept := []T{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if keep(row) {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// every keeps all rows.
func every[T any](T) bool { return true }

// prune deletes all but the newest of the records of an index that have ended, and returns
// those.
func prune[T Record](table Table[T], index, value string, keep int, ended func(T) bool) ([]T, error) {
	rows, err := gather(table.By(index, value), ended)
	if err != nil || len(rows) <= keep {
		return nil, err
	}
	old := rows[:len(rows)-keep]
	for _, row := range old {
		if err := table.Delete(ID[T](row.Key())); err != nil {
			return nil, err
		}
	}
	return old, nil
}

// deleteAll deletes every record that rows yield. The rows are read before the first
// is deleted, because a table may not change under its own iteration.
func deleteAll[T Record](table Table[T], index, value string) error {
	rows, err := gather(table.By(index, value), every[T])
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := table.Delete(ID[T](row.Key())); err != nil {
			return err
		}
	}
	return nil
}
