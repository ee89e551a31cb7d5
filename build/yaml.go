package build

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"gondor/app"
)

// fields are the keys that a mapping may have, with what reads each value.
type fields map[string]func(*yaml.Node) error

// readMapping reads a mapping with known keys. An unknown key is refused with the
// nearest known one. A value of null is as good as no value.
func readMapping(node *yaml.Node, where string, known fields) error {
	return eachPair(node, where, func(key, value *yaml.Node) error {
		read, ok := known[key.Value]
		switch {
		case !ok:
			return faultAt(key, "%q is not a key of %s; did you mean %q? It takes %s", key.Value, where,
				nearest(key.Value, slices.Sorted(maps.Keys(known))), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case isNull(value):
			return nil
		}
		return read(value)
	})
}

// eachPair calls fn for every key and value of a mapping, whose keys are texts and
// stand once.
func eachPair(node *yaml.Node, where string, fn func(key, value *yaml.Node) error) error {
	if isNull(node) {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return faultAt(node, `%s is not a mapping; write lines such as "key: value"`, where)
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Value == "" || isNull(key):
			return faultAt(key, "a key of %s is not a word", where)
		case key.Tag == "!!merge" || key.Anchor != "" || value.Anchor != "" || value.Kind == yaml.AliasNode:
			return faultAt(key, "anchors and aliases are not read; write the value out")
		case lines[key.Value] > 0:
			return faultAt(key, "%q stands on line %d already", key.Value, lines[key.Value])
		}
		lines[key.Value] = key.Line
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}

// readText reads a plain value: a word, a number, whatever is written without a list.
func readText(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Value == "" || isNull(n) {
			return faultAt(n, "a plain value is missing here, such as a word or a number")
		}
		*to = n.Value
		return nil
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func faultAt(n *yaml.Node, format string, args ...any) error {
	return app.Invalid("", "%s, line %d: %s", ConfigFile, n.Line, fmt.Sprintf(format, args...))
}

func textNode(text string) *yaml.Node {
	var n yaml.Node
	n.SetString(text)
	return &n
}

func addText(to *yaml.Node, key, value string) {
	if value != "" {
		to.Content = append(to.Content, textNode(key), textNode(value))
	}
}

func addDuration(to *yaml.Node, key string, d time.Duration) {
	if d != 0 {
		addText(to, key, d.String())
	}
}

func addMapping(to *yaml.Node, key string) *yaml.Node {
	value := &yaml.Node{Kind: yaml.MappingNode}
	to.Content = append(to.Content, textNode(key), value)
	return value
}

func addList(to *yaml.Node, key string, items []string) {
	if len(items) == 0 {
		return
	}
	value := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, item := range items {
		value.Content = append(value.Content, textNode(item))
	}
	to.Content = append(to.Content, textNode(key), value)
}

func encodeYAML(root *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("write %s: %w", ConfigFile, err)
	}
	return out.Bytes(), encoder.Close()
}
