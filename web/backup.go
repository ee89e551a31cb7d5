package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

func (s *server) backupRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/v2/backup/", status: http.StatusOK, gets: echo.MIMEOctetStream,
		summary: "A copy of the store at this moment; the key of its secrets is not part of it",
		serve:   func(c *call) error { return c.App.Backup(c.ctx(), c.who, attachment{c, "gondor.db"}) },
	}}
}

// attachment is the body of an answer that is a file. Its header is written with its
// first byte, so that an error before that is still answered as one.
type attachment struct {
	*call
	name string
}

// Write implements io.Writer.
func (a attachment) Write(b []byte) (int, error) {
	response := a.Response()
	if !response.Committed {
		response.Header().Set(echo.HeaderContentType, echo.MIMEOctetStream)
		response.Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+a.name+`"`)
	}
	return response.Write(b)
}
