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
	session, err := r.claim(path)
	if err != nil {
		refuse(w, err)
		return
	}
	defer r.release(path)
	socket, err := upgrade(w, req, speak)
	if err != nil {
		r.log.Info("a client failed to open the WebSocket of an endpoint", "error", err)
		return
	}
	attach(r.alive, r.log, newConnection(socket, speak), session, options)
}

func upgrade(w http.ResponseWriter, req *http.Request, speak dialect) (*websocket.Conn, error) {
	upgrader := websocket.Upgrader{
		ReadBufferSize: chunk, WriteBufferSize: 4 << 10,
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
