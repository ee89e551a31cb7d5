// Package config keeps what the client knows between its runs: the clusters it has
// signed in to, by name, with their tokens.
package config

import (
	"maps"
	"slices"
	"strings"

	"gondor/app"
)

// Config is the content of the client's configuration file.
type Config struct {
	// Current is the name, "CLOUD/CLUSTER", of the cluster that is used when none is named.
	Current string           `yaml:"current,omitempty"`
	Clouds  map[string]Cloud `yaml:"clouds,omitempty"`
}

// Cloud is a number of clusters under one name.
type Cloud struct {
	Clusters map[string]Cluster `yaml:"clusters,omitempty"`
}

// Cluster is one Gondor and the sign-in there. Without tokens nobody is signed in.
type Cluster struct {
	URL          string `yaml:"url"`
	Username     string `yaml:"username,omitempty"`
	AccessToken  string `yaml:"access_token,omitempty"`
	RefreshToken string `yaml:"refresh_token,omitempty"`
}

// Name joins the names of a cloud and a cluster.
func Name(cloud, cluster string) string { return cloud + "/" + cluster }

// Names lists the clusters as "CLOUD/CLUSTER", in order.
func (c Config) Names() []string {
	var names []string
	for _, cloud := range slices.Sorted(maps.Keys(c.Clouds)) {
		for _, cluster := range slices.Sorted(maps.Keys(c.Clouds[cloud].Clusters)) {
			names = append(names, Name(cloud, cluster))
		}
	}
	return names
}

// Resolve returns the full name of the cluster that is meant: cluster may be
// "CLOUD/CLUSTER", or a name within cloud or within the current cloud; without it the
// current one is meant, or the only one of cloud. An error of CodeUnauthenticated when
// there is none yet, of CodeNotFound when it is another that there is not.
func (c Config) Resolve(cloud, cluster string) (string, error) {
	switch {
	case strings.Contains(cluster, "/"):
		return c.known(cluster)
	case cloud == "" && cluster == "" && c.Current == "":
		return "", app.Fault(app.CodeUnauthenticated, "you are not signed in")
	case cloud == "" && cluster == "":
		return c.known(c.Current)
	case cloud == "":
		cloud, _, _ = strings.Cut(c.Current, "/")
	}
	if cluster == "" {
		return c.only(cloud)
	}
	return c.known(Name(cloud, cluster))
}

// known returns the name when there is such a cluster.
func (c Config) known(name string) (string, error) {
	if _, ok := c.Find(name); ok {
		return name, nil
	}
	return "", app.Fault(app.CodeNotFound, "your configuration has no cluster %q%s; sign in to it with gondor login", name, c.hint())
}

func (c Config) only(cloud string) (string, error) {
	clusters := slices.Collect(maps.Keys(c.Clouds[cloud].Clusters))
	if len(clusters) != 1 {
		return "", app.Invalid("", "the cloud %q has %d clusters in your configuration%s; name one with --cluster", cloud, len(clusters), c.hint())
	}
	return Name(cloud, clusters[0]), nil
}

func (c Config) hint() string {
	if len(c.Clouds) == 0 {
		return ""
	}
	return " (it knows " + strings.Join(c.Names(), ", ") + ")"
}

// Find returns the cluster of a full name.
func (c Config) Find(name string) (Cluster, bool) {
	cloud, cluster, _ := strings.Cut(name, "/")
	found, ok := c.Clouds[cloud].Clusters[cluster]
	return found, ok
}

// Put keeps a cluster under a full name.
func (c *Config) Put(name string, value Cluster) {
	cloud, cluster, _ := strings.Cut(name, "/")
	if c.Clouds == nil {
		c.Clouds = map[string]Cloud{}
	}
	if c.Clouds[cloud].Clusters == nil {
		c.Clouds[cloud] = Cloud{Clusters: map[string]Cluster{}}
	}
	c.Clouds[cloud].Clusters[cluster] = value
}

// OfURL returns the full name of a cluster with this URL, "" when there is none. The
// current one comes first.
func (c Config) OfURL(url string) string {
	for _, name := range append([]string{c.Current}, c.Names()...) {
		if found, ok := c.Find(name); ok && found.URL == url {
			return name
		}
	}
	return ""
}
