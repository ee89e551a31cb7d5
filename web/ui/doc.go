// Package ui is the dashboard: pages that are rendered here and work without scripts, and
// a small script that keeps them live.
//
// A page is a handler, a view that the handler fills, and a template of the same name. Parts
// of a page that change by themselves are templates called "section-NAME": the page's own
// address with ?section=NAME renders that part alone, and the script swaps it in when the
// event stream says that something it shows has changed. What no event tells, it fetches anew every
// few seconds.
//
// The page of the terminal alone loads a script of its own, with xterm.js, which speaks with the
// runner itself: the dashboard tells it an endpoint, and is out of the way.
package ui
