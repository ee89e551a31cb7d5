package build

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"gondor/app"
)

// readService reads the settings of one process type. where names it in errors.
func readService(where string, node *yaml.Node) (app.ServiceConfig, error) {
	var s app.ServiceConfig
	err := readMapping(node, where, fields{
		"health": func(n *yaml.Node) error {
			return readMapping(n, where+".health", fields{
				"path":     readPath(&s.HealthPath),
				"statuses": readStatuses(&s.HealthStatuses),
				"interval": readDuration(&s.HealthInterval),
				"timeout":  readDuration(&s.HealthTimeout),
			})
		},
		"warm_up":       readPaths(where+".warm_up", &s.WarmUp),
		"stop_timeout":  readDuration(&s.StopTimeout),
		"drain_timeout": readDuration(&s.DrainTimeout),
		"strategy":      readStrategy(&s.Strategy),
	})
	return s, err
}

func readPath(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if err := readText(to)(n); err != nil {
			return err
		}
		if !strings.HasPrefix(*to, "/") || strings.ContainsAny(*to, " \t\r\n\x00#") {
			return faultAt(n, `%q is not a path; write one such as "/health/"`, *to)
		}
		return nil
	}
}

func readPaths(where string, to *[]string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.SequenceNode {
			return faultAt(n, `%s is not a list; write the paths to ask for, such as [/, /shop/]`, where)
		}
		for _, item := range n.Content {
			var path string
			if err := readPath(&path)(item); err != nil {
				return err
			}
			*to = append(*to, path)
		}
		return nil
	}
}

func readDuration(to *time.Duration) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		var text string
		if err := readText(&text)(n); err != nil {
			return err
		}
		d, err := time.ParseDuration(text)
		if seconds, err2 := strconv.Atoi(text); err2 == nil && seconds <= int(maxDuration/time.Second) {
			d, err = time.Duration(seconds)*time.Second, nil
		}
		if err != nil || d <= 0 || d > maxDuration {
			return faultAt(n, `%q is not a time; write seconds such as 30, or "1m30s", above 0 and up to 1h`, text)
		}
		*to = d
		return nil
	}
}

func readStrategy(to *app.Strategy) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		var text string
		if err := readText(&text)(n); err != nil {
			return err
		}
		*to = app.Strategy(text)
		if *to != app.Overlap && *to != app.StopFirst {
			return faultAt(n, "%q is not a strategy; use %s or %s", text, app.Overlap, app.StopFirst)
		}
		return nil
	}
}

// readStatuses reads a list of HTTP statuses and of ranges such as 200-299.
func readStatuses(to *[]int) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		seen := map[int]bool{}
		for _, item := range items {
			first, last, err := statusRange(item)
			if err != nil {
				return err
			}
			for status := first; status <= last; status++ {
				seen[status] = true
			}
		}
		*to = slices.Sorted(maps.Keys(seen))
		return nil
	}
}

func statusRange(n *yaml.Node) (first, last int, err error) {
	var text string
	if err := readText(&text)(n); err != nil {
		return 0, 0, err
	}
	from, to, isRange := strings.Cut(text, "-")
	first, err = strconv.Atoi(from)
	last = first
	if isRange && err == nil {
		last, err = strconv.Atoi(to)
	}
	if err != nil || first < 100 || last > 599 || first > last {
		return 0, 0, faultAt(n, `%q is not an HTTP status; write some such as [200, 301] or "200-299"`, text)
	}
	return first, last, nil
}

// addServices is the inverse of readService for all process types.
func addServices(to *yaml.Node, services map[string]app.ServiceConfig) {
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s, node := services[name], addMapping(to, name)
		health := &yaml.Node{Kind: yaml.MappingNode}
		addText(health, "path", s.HealthPath)
		addList(health, "statuses", statusTexts(s.HealthStatuses))
		addDuration(health, "interval", s.HealthInterval)
		addDuration(health, "timeout", s.HealthTimeout)
		if len(health.Content) > 0 {
			node.Content = append(node.Content, textNode("health"), health)
		}
		addList(node, "warm_up", s.WarmUp)
		addDuration(node, "stop_timeout", s.StopTimeout)
		addDuration(node, "drain_timeout", s.DrainTimeout)
		addText(node, "strategy", string(s.Strategy))
	}
}

// statusTexts writes statuses in order, three or more in a row as a range.
func statusTexts(statuses []int) []string {
	statuses = slices.Compact(slices.Sorted(slices.Values(statuses)))
	var texts []string
	for i := 0; i < len(statuses); {
		end := i
		for end+1 < len(statuses) && statuses[end+1] == statuses[end]+1 {
			end++
		}
		if end-i < 2 {
			end = i
			texts = append(texts, strconv.Itoa(statuses[i]))
		} else {
			texts = append(texts, fmt.Sprintf("%d-%d", statuses[i], statuses[end]))
		}
		i = end + 1
	}
	return texts
}
