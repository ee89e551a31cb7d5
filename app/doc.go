// Package app is the domain of Gondor: its nouns, their rules, the use cases that
// people call, the reconciler that makes them true, and the ports through which all
// of it reaches the world. It imports no other package of this module; every other
// package may import it.
package app
