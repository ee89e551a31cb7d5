// Package supervisor is a small program that owns what can't be reattached otherwise:
// processes with their pipes, terminals and exit codes, the logs of what they write, and
// listening sockets. It runs as a process of its own in its own session, so that whoever
// talks to it can be killed at any instruction, come back and find everything as it was.
//
// When Gondor is upgraded another program takes its place by exec (see Client.Replace): this
// process stays the parent of all others, with their descriptors open.
//
// It knows nothing of sites. It answers on a Unix socket in its directory:
//
//	DIR/supervisor.sock      the socket, mode 0600; or, where that path is too long,
//	DIR/supervisor.socket    a file that names a shorter one
//	DIR/supervisor.lock      held for as long as a supervisor of DIR lives
//	DIR/supervisor.log       what it says of itself, and .1, the one before
//	DIR/processes/ID.json    one file for each process that it was told to start
//	DIR/logs/NAME/N.log      the segments of each log, N being the first line's cursor
//
// A process is in one of these states:
//
//	held ──attach──▶ running ──ends──▶ exited ──Remove──▶ removed
//	                   ▲  │ends, Restart
//	                   │  ▼
//	                  waiting ──Stop──▶ exited
package supervisor
