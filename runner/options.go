package runner

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"gondor/app"
)

// optionsHeader says of the client's terminal what options has, in JSON.
const optionsHeader = "X-Pipe-Opts"

// options are the client's terminal, and whether it can come back. A browser, which can't
// send the header, gives them as parameters of the query.
type options struct {
	TTY      bool   `json:"tty"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	Resume   bool   `json:"resume"`   // it wants to know the secret of a terminal
	Secret   string `json:"secret"`   // it comes back with it
	Received int64  `json:"received"` // bytes of output before it was lost
}

// resumable reports whether the session outlives its connection.
func (o options) resumable(speak dialect) bool { return o.TTY && o.Resume && speak.protocol != "" }

// window is the first size of the terminal.
func (o options) window() app.Window { return app.Window{Width: o.Width, Height: o.Height} }

// optionsOf reads the options of a handshake; none is no terminal.
func optionsOf(req *http.Request) (options, error) {
	var o options
	if text := req.Header.Get(optionsHeader); text != "" {
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			return options{}, app.Invalid("", `%s must be JSON such as {"tty": true, "width": 80, "height": 24}`, optionsHeader)
		}
		return o, checkWindow(o.window())
	}
	query := req.URL.Query()
	o.TTY = query.Get("tty") == "true"
	o.Width, _ = strconv.Atoi(query.Get("width")) // a size that is not there is 0, the default
	o.Height, _ = strconv.Atoi(query.Get("height"))
	o.Resume, o.Secret = query.Get("resume") == "true", query.Get("secret")
	o.Received, _ = strconv.ParseInt(query.Get("received"), 10, 64)
	return o, checkWindow(o.window())
}

// checkWindow refuses a size that no terminal has.
func checkWindow(w app.Window) error {
	if w.Width < 0 || w.Height < 0 || w.Width > math.MaxUint16 || w.Height > math.MaxUint16 {
		return app.Invalid("", "a terminal is 0 to %d characters wide and high", math.MaxUint16)
	}
	return nil
}
