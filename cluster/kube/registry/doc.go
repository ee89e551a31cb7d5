// Package registry is Gondor's own registry of images: that of the project distribution
// over a directory, with tokens instead of users, a budget of disk, and a garbage
// collection that runs beside the pushes.
package registry
