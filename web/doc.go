// Package web is the HTTP face of Gondor: the API below /v2/, its sign-in below /oauth/,
// and whatever else is handed to it for people's eyes. A file has one noun: its routes, each beside its
// handler, and how it looks on the wire.
package web
