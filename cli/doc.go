// Package cli is the command line of Gondor: the command tree, the client's
// configuration, and the composition root that plugs all rooms together.
//
//	main.go      the process's own world
//	program.go   the program as a value: New, Run
//	root.go      the command tree
//	exit.go      errors become messages and exit codes
//	client.go    which server is called; target.go, which site and instance is meant
//	output.go    tables for people, JSON for programs
//	deploy*.go   from a commit to a release
//	serve*.go    the server; demo*.go, a server with a site of its own
//
// The other files hold one group of commands each.
package cli
