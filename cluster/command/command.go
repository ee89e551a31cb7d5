// Package command says how an engine starts a command: its environment and its shell.
package command

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gondor/app"
)

// SystemPath is the PATH of every process, behind what its plan adds.
const SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Environment is put together from layers, each over those before it. Nothing of
// Gondor's own gets in by itself.
type Environment map[string]string

// Over puts a layer on top.
func (e Environment) Over(layer map[string]string) Environment {
	maps.Copy(e, layer)
	return e
}

// Plan puts a plan's layer on top: names such as ${APP} in its values are replaced, and
// its PATH stands in front of the one that is there.
func (e Environment) Plan(layer map[string]string, namesAndValues ...string) Environment {
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

// List returns it as execve(2) wants it, in order.
func (e Environment) List() []string {
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
	shellWord = regexp.MustCompile(`^(\.|:|\[|alias|bg|break|case|cd|command|continue|do|done|elif|else|esac|eval|exec|exit|export|fg|fi|for|getopts|hash|if|jobs|kill|local|read|readonly|return|set|shift|source|test|then|time|times|trap|type|ulimit|umask|unalias|unset|until|wait|while)(\s|$)`)
)

// Of returns the program and arguments that run what a Program says.
func Of(p app.Program) []string {
	if len(p.Argv) > 0 {
		return p.Argv
	}
	return Shell(p.Command)
}

// Shell returns the arguments that run a command by sh. A simple command takes the
// place of its shell, so that signals and its exit reach and come from the program
// itself; the supervisor signals the whole process group of any other.
func Shell(command string) []string {
	trimmed := strings.TrimSpace(command)
	if simpleCommand.MatchString(trimmed) && !shellWord.MatchString(trimmed) {
		command = "exec " + trimmed
	}
	return []string{"/bin/sh", "-c", command}
}
