// Package inside is what Gondor's binary does inside the pods of sites and builds: it
// is process 1 of their containers, the far end of those who attach, and what builds.
package inside
