package ui

import (
	"log/slog"
	"net/url"
	"testing"

	"gondor/app"
)

func TestEveryTemplateFitsItsView(t *testing.T) {
	_, err := New(Options{App: app.New(app.Config{}, app.Ports{}, slog.Default()), URL: &url.URL{Scheme: "http", Host: "localhost:8600"}, Logger: slog.Default()})
	if err != nil {
		t.Fatal(err)
	}
}
