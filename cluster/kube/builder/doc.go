// Package builder is what Gondor's binary does in the pod of a build:
//
//	order, source ──unpack──▶ steps ──▶ search ──▶ pack ──▶ push ──▶ keep the cache
//
// It reads an Order and then the source from its standard input, and tells what it does by
// Messages on its standard output. It reaches the registry and nothing else of Gondor's.
package builder
