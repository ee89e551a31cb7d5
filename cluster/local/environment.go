package local

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// systemPath is the PATH of every process, behind what its plan adds.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment is put together from layers, each over those before it. Nothing of
// Gondor's own gets in by itself.
type environment map[string]string

// over puts a layer on top.
func (e environment) over(layer map[string]string) environment {
	maps.Copy(e, layer)
	return e
}

// plan puts a plan's layer on top: names such as ${APP} in its values are replaced, and
// its PATH stands in front of the one that is there.
func (e environment) plan(layer map[string]string, namesAndValues ...string) environment {
	replacer := strings.NewReplacer(namesAndValues...)
	for key, value := range layer {
		value = replacer.Replace(value)
		if key == "PATH" {
			value += ":" + e["PATH"]
		}
		e[key] = value
	}
	return e
}

// list returns it as execve(2) wants it, in order.
func (e environment) list() []string {
	list := make([]string, 0, len(e))
	for _, key := range slices.Sorted(maps.Keys(e)) {
		list = append(list, key+"="+e[key])
	}
	return list
}

var (
	// simpleCommand matches one program with its arguments: no operators, no assignment
	// before it, nothing that only a shell can do itself.
	simpleCommand = regexp.MustCompile("^[^\\s;&|<>(){}`#=!~]+([ \\t]+[^;&|<>(){}`\\n]*)?$")
	// shellWord matches a command that begins with a word that sh keeps for itself, or does
	// itself and not as a program (POSIX.1-2017 XCU sections 2.4 and 2.14).
	shellWord = regexp.MustCompile(`^(\.|:|\[|alias|bg|break|case|cd|command|continue|do|done|elif|else|esac|eval|exec|exit|export|fg|fi|for|getopts|hash|if|jobs|local|read|readonly|return|set|shift|source|test|then|time|times|trap|type|ulimit|umask|unalias|unset|until|wait|while)(\s|$)`)
)

// shell returns the arguments that run a command by sh. A simple command takes the
// place of its shell, so that signals and its exit reach and come from the program
// itself; the supervisor signals the whole process group of any other.
func shell(command string) []string {
	trimmed := strings.TrimSpace(command)
	if simpleCommand.MatchString(trimmed) && !shellWord.MatchString(trimmed) {
		command = "exec " + trimmed
	}
	return []string{"/bin/sh", "-c", command}
}
