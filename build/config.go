package build

import (
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"gondor/app"
)

// ConfigFile is the name of the file in which a site says how it is deployed.
const ConfigFile = "gondor.yml"

// maxConfig is the most bytes that a gondor.yml may have.
const maxConfig = 64 << 10

// Config is what gondor.yml says. Every field may be absent.
type Config struct {
	Cluster   string            // "my-cloud/my-cluster"
	Site      string            // "group/name"
	Buildpack string            // a URL, of old; nothing reads it
	Branches  map[string]string // branch -> label of an instance
	Deploy    Deploy
	Volume    int64 // bytes to keep in DATA_DIR, where an engine has to be asked for them; 0 is none
	// Services are the settings of process types.
	Services map[string]app.ServiceConfig
}

// Deploy says what a deploy reaches.
type Deploy struct {
	Services []string // names of services; empty for all of the instance
}

// The longest times that gondor.yml may give.
const maxDuration = time.Hour

// ReadConfig reads a gondor.yml; an empty one is a zero Config. An error of CodeInvalid
// names the line at fault and says what would be right; an unknown key is one.
func ReadConfig(text []byte) (Config, error) {
	var c Config
	if len(text) > maxConfig {
		return c, app.Invalid("", "%s has %d bytes; at most %d are read", ConfigFile, len(text), maxConfig)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return c, app.Invalid("", "%s is not YAML: %s", ConfigFile, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return c, nil
	}
	return c, c.read(document.Content[0])
}

// read fills c from the document's mapping.
func (c *Config) read(node *yaml.Node) error {
	return readMapping(node, ConfigFile, fields{
		"cluster":   readText(&c.Cluster),
		"site":      c.readSite,
		"buildpack": readText(&c.Buildpack),
		"branches":  c.readBranches,
		"deploy": func(n *yaml.Node) error {
			return readMapping(n, "deploy", fields{"services": c.readDeployed})
		},
		"volume":   c.readVolume,
		"services": c.readServices,
	})
}

func (c *Config) readSite(n *yaml.Node) error {
	if err := readText(&c.Site)(n); err != nil {
		return err
	}
	group, name, found := strings.Cut(c.Site, "/")
	if !found || app.CheckName("", group) != nil || app.CheckName("", name) != nil {
		return faultAt(n, `site %q is not a site; write "group/name"`, c.Site)
	}
	return nil
}

func (c *Config) readBranches(n *yaml.Node) error {
	c.Branches = map[string]string{}
	return eachPair(n, "branches", func(branch, value *yaml.Node) error {
		var label string
		if err := readText(&label)(value); err != nil {
			return err
		}
		if app.CheckName("", label) != nil {
			return faultAt(value, `branch %q: %q is not the label of an instance, such as "primary"`, branch.Value, label)
		}
		c.Branches[branch.Value] = label
		return nil
	})
}

func (c *Config) readDeployed(n *yaml.Node) error {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return faultAt(n, "deploy.services is not a list; write [web, worker]")
	}
	for _, item := range n.Content {
		var name string
		if err := readText(&name)(item); err != nil {
			return err
		}
		switch {
		case app.CheckProcessType("", name) != nil:
			return faultAt(item, `%q is not the name of a service, such as "web"`, name)
		case slices.Contains(c.Deploy.Services, name):
			return faultAt(item, "deploy.services has %q twice; once is enough", name)
		}
		c.Deploy.Services = append(c.Deploy.Services, name)
	}
	return nil
}

func (c *Config) readServices(n *yaml.Node) error {
	c.Services = map[string]app.ServiceConfig{}
	return eachPair(n, "services", func(name, value *yaml.Node) error {
		if app.CheckProcessType("", name.Value) != nil {
			return faultAt(name, `%q is not a process type, such as "web"`, name.Value)
		}
		service, err := readService("services."+name.Value, value)
		c.Services[name.Value] = service
		return err
	})
}

// Encode returns the config as a gondor.yml that ReadConfig reads as the same, keys in
// the order of the documentation.
func (c Config) Encode() ([]byte, error) {
	var root yaml.Node
	root.Kind = yaml.MappingNode
	addText(&root, "cluster", c.Cluster)
	addText(&root, "site", c.Site)
	addText(&root, "buildpack", c.Buildpack)
	if len(c.Branches) > 0 {
		branches := addMapping(&root, "branches")
		for _, branch := range slices.Sorted(maps.Keys(c.Branches)) {
			addText(branches, branch, c.Branches[branch])
		}
	}
	if len(c.Deploy.Services) > 0 {
		addList(addMapping(&root, "deploy"), "services", c.Deploy.Services)
	}
	if c.Volume > 0 {
		addText(&root, "volume", volumeText(c.Volume))
	}
	if len(c.Services) > 0 {
		addServices(addMapping(&root, "services"), c.Services)
	}
	return encodeYAML(&root)
}
