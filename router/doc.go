// Package router sends each HTTP request to a healthy backend of its host.
//
// net/http's server stands in front (HTTP/1.0, HTTP/1.1 and, behind TLS, HTTP/2); a
// client of this package's own speaks HTTP/1.1 to the backends over kept connections,
// in the goroutine of the request and without buffering: what a backend has written is
// flushed as soon as the router would have to wait for more.
//
// The way of a request, file by file:
//
//	router.go    the host picks Gondor itself, a route, or a page; serve.go in front
//	table.go     the routes, an immutable snapshot behind an atomic pointer
//	exchange.go  one request: which backend; attempt.go, what may be tried again
//	request.go   the head that a backend sees; forwarded.go, who asked for it
//	recall.go    what pages loaded before a switch link, of the backends that drain
//	upload.go    the body on its way to the backend
//	backend.go   in flight, out of the rotation, kept connections (pool.go, conn.go)
//	response.go  the answer on its way back (head.go, body.go)
//	tunnel.go    what comes after a 101; goaway.go, how it is ended
//	page.go      what people see when there is no answer
package router
