package runner

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/websocket"

	"gondor/app"
)

// ServeHTTP serves /PATH/ok and the WebSocket of /PATH/, below whatever prefix has been
// stripped. 404 for a path that is unknown or has expired, 409 for one that has been
// joined, 403 for a browser that comes from another site's page.
func (r *Runner) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, rest, _ := strings.Cut(strings.Trim(req.URL.Path, "/"), "/")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case rest == "ok":
		r.serveOK(w, path)
	case rest != "":
		http.NotFound(w, req)
	case !websocket.IsWebSocketUpgrade(req):
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "open a WebSocket here", http.StatusUpgradeRequired)
	default:
		r.serveAttach(w, req, path)
	}
}

func (r *Runner) serveOK(w http.ResponseWriter, path string) {
	if err := r.look(path); err != nil {
		refuse(w, err)
		return
	}
	_, _ = w.Write([]byte("ok\n")) // who has gone needs no answer
}

// serveAttach joins one WebSocket to the session. What is wrong with the handshake is
// said before the endpoint is used up.
func (r *Runner) serveAttach(w http.ResponseWriter, req *http.Request, path string) {
	speak, err := dialectOf(req)
	if err != nil {
		refuse(w, err)
		return
	}
	options, err := optionsOf(req)
	if err != nil {
		refuse(w, err)
		return
	}
	if options.Secret != "" {
		r.serveReturn(w, req, path, speak, options)
		return
	}
	session, err := r.claim(path)
	if err != nil {
		refuse(w, err)
		return
	}
	c := r.open(w, req, speak)
	switch {
	case c == nil:
		r.release(path)
	case options.resumable(speak):
		r.attachTerminal(c, path, session, options)
	default:
		defer r.release(path)
		attach(r.alive, r.log, c, session, options)
	}
}

// open opens the WebSocket; nil when the client has failed to.
func (r *Runner) open(w http.ResponseWriter, req *http.Request, speak dialect) *connection {
	socket, err := upgrade(w, req, speak)
	if err != nil {
		r.log.Info("a client failed to open the WebSocket of an endpoint", "error", err)
		return nil
	}
	return newConnection(socket, speak)
}

// attachTerminal joins a client to a terminal that it can come back to.
func (r *Runner) attachTerminal(c *connection, path string, s app.Session, o options) {
	t := newTerminal(r.alive, r.log, s, o, r.absence)
	r.keep(path, t)
	go func() {
		<-t.over
		r.release(path)
	}()
	if t.introduce(c) != nil {
		c.end() // its reader tells
	}
	t.enter(c, 0, o.window())
	t.carry(c)
}

// serveReturn lets a client that was lost come back to its terminal.
func (r *Runner) serveReturn(w http.ResponseWriter, req *http.Request, path string, speak dialect, o options) {
	t, err := r.returning(path, o.Secret)
	if err == nil && speak.protocol == "" {
		err = app.Invalid("", "only who speaks %s can come back", channels.protocol)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	if c := r.open(w, req, speak); c != nil {
		t.enter(c, o.Received, o.window())
		t.carry(c)
	}
}

func upgrade(w http.ResponseWriter, req *http.Request, speak dialect) (*websocket.Conn, error) {
	upgrader := websocket.Upgrader{
		ReadBufferSize: chunk + maxControl, WriteBufferSize: 4 << 10,
		CheckOrigin: func(*http.Request) bool { return true }, // dialectOf has looked at it
	}
	if speak.protocol != "" {
		upgrader.Subprotocols = []string{speak.protocol}
	}
	return upgrader.Upgrade(w, req, nil)
}

// dialectOf returns the dialect that the client asks for, or an error of CodeInvalid, or of
// CodeForbidden for a browser on the page of another host.
func dialectOf(req *http.Request) (dialect, error) {
	offered := websocket.Subprotocols(req)
	switch {
	case !sameOrigin(req):
		return dialect{}, app.Fault(app.CodeForbidden, "a page of another host may not join a process")
	case len(offered) == 0:
		return plain, nil
	case slices.Contains(offered, channels.protocol):
		return channels, nil
	}
	return dialect{}, app.Invalid("", "the subprotocol must be %s, or none", channels.protocol)
}

// sameOrigin reports whether the handshake does not come from a page of another host.
// A script on a page can't set X-Pipe-Opts, so who sends it is no browser; the first
// clients send an Origin of http://localhost beside it.
func sameOrigin(req *http.Request) bool {
	origin := req.Header.Get("Origin")
	if origin == "" || req.Header.Get(optionsHeader) != "" {
		return true
	}
	from, err := url.Parse(origin)
	return err == nil && strings.EqualFold(from.Host, req.Host)
}

// refuse answers an error before the WebSocket is open.
func refuse(w http.ResponseWriter, err error) {
	status := map[app.Code]int{
		app.CodeInvalid:   http.StatusBadRequest,
		app.CodeForbidden: http.StatusForbidden,
		app.CodeNotFound:  http.StatusNotFound,
		app.CodeConflict:  http.StatusConflict,
	}[app.CodeOf(err)]
	http.Error(w, err.Error(), status)
}
