package registry

import (
	"io"
	"log/slog"
	"net/http"

	"github.com/sirupsen/logrus"
)

// quiet sends what distribution logs, which it does by the one logger of the process, to
// ours; without what it logs of requests that the client got wrong.
func quiet(log *slog.Logger) {
	logger := logrus.StandardLogger()
	logger.SetOutput(io.Discard)
	logger.SetLevel(logrus.ErrorLevel)
	hooks := logrus.LevelHooks{}
	hooks.Add(hook{log})
	logger.ReplaceHooks(hooks)
}

// hook implements logrus.Hook.
type hook struct{ log *slog.Logger }

// Levels implements logrus.Hook.
func (hook) Levels() []logrus.Level {
	return []logrus.Level{logrus.PanicLevel, logrus.FatalLevel, logrus.ErrorLevel}
}

// Fire implements logrus.Hook.
func (h hook) Fire(entry *logrus.Entry) error {
	if status, ok := entry.Data["http.response.status"].(int); ok && status < http.StatusInternalServerError {
		return nil
	}
	h.log.Error(entry.Message, "detail", entry.Data["err.detail"], "uri", entry.Data["http.request.uri"])
	return nil
}
