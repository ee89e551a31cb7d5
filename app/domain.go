package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// giveDomain returns the host name of a new instance: SITE.DOMAIN for the primary,
// SITE-LABEL.DOMAIN for the others. When that is taken -GROUP is added, and when that
// is taken too (the sites a-b and a may both want a-b-c) a random part.
func (a *App) giveDomain(r Reader, site Site, label string) (string, error) {
	group, err := r.Groups().Get(site.Group)
	if err != nil {
		return "", err
	}
	name := site.Name
	if label != PrimaryLabel {
		name += "-" + label
	}
	inGroup := name + "-" + group.Name
	for _, candidate := range []string{name, inGroup, inGroup + "-" + strings.ToLower(rand.Text()[:8])} {
		domain := below(a.domain(), candidate)
		free, err := isFree(r, domain)
		if err != nil || free {
			return domain, err
		}
	}
	return "", errors.New("find a host name for an instance: all that were tried are taken")
}

// domain is the installation's own host name, below which instances get theirs.
func (a *App) domain() string { return strings.ToLower(a.config.URL.Hostname()) }

// shortestLabel is what is left for a label below the longest domain.
const shortestLabel = 16

// below returns label.domain. A label that does not fit is cut, with a hash of the
// whole behind it, so that two that begin alike stay apart.
func below(domain, label string) string {
	longest := max(shortestLabel, min(MaxNameLength, MaxHostLength-len(domain)-1))
	if len(label) > longest {
		sum := sha256.Sum256([]byte(label))
		hash := hex.EncodeToString(sum[:5])
		label = strings.TrimRight(label[:longest-len(hash)-1], "-") + "-" + hash
	}
	return label + "." + domain
}

// isFree reports whether the host name is neither an instance's domain nor a host.
func isFree(r Reader, name string) (bool, error) {
	if _, err := r.Instances().One(InstanceByDomain, name); !IsNotFound(err) {
		return false, err
	}
	if _, err := r.Hosts().One(HostByName, name); !IsNotFound(err) {
		return false, err
	}
	return true, nil
}
