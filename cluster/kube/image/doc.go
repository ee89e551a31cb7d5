// Package image makes container images without a daemon: it packs directories as layers,
// puts them on a base image, pushes the result to a registry and reads what is there. It
// also makes the image of Gondor itself, as an archive.
package image
