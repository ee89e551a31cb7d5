// Package installation puts Gondor on the tests' cluster as its operators do: with the image
// of make image and the manifests of gondor install, to be used by the gondor command.
package installation
