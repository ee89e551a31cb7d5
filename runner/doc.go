// Package runner joins a WebSocket to a process.
//
// A session that is published gets a path of its own, PATH/ok answers 200 while it can be
// joined, and a WebSocket opened at PATH/ joins it, once. Every message is binary; its
// first byte is a channel: 0 is standard input, 1 standard output, 2 standard error.
// The rest depends on the dialect that the client asks for.
//
// Without a subprotocol, what the first clients of Gondor speak:
//
//	client  0 data      standard input; an empty message ends it
//	client  3 0x01      a heartbeat, every 5 s; 10 s of silence end the session
//	server  1, 2 data   output
//	server  3 reason    how the process failed; nothing when it exited with 0
//	server  3           the end, an empty message; then the WebSocket closes
//
// With the subprotocol v5.channel.k8s.io, what Kubernetes speaks:
//
//	client  0 data      standard input
//	client  4 window    {"Width": N, "Height": N}, the new size of the terminal
//	client  255 0       the end of standard input
//	server  1, 2 data   output
//	server  3 status    a metav1.Status in JSON, last; then the WebSocket closes
//	server  5 secret    {"secret": "…"}, first, to a client with a terminal that asks for it
//
// Who was told a secret and loses the connection can open PATH/ again for a minute, with the
// options secret and received, how many bytes of output had come: the terminal goes on where
// it was. A session through pipes ends with its connection.
//
// Both sides send pings and answer them.
package runner
