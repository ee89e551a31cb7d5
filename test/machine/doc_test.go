// Package machine tries what README.md says of a server on a Debian of its own, started with
// systemd as process 1 in namespaces. It has tests only, which run as root where mmdebstrap
// and systemd-nspawn are and GONDOR_TEST_MACHINE is set.
package machine
