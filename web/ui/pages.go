package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"reflect"
	"strings"
	"time"

	"gondor/app"
)

//go:embed templates
var templates embed.FS

// page is what a template is executed with.
type page struct {
	Title  string
	Place  string // the entry of the navigation that it belongs to
	Events string // the stream that says when its sections have changed; "" for none
	View   any    // of the type that the page's name stands for in views
	Form   form   // the one that was sent and refused

	Who   app.Actor
	Flash string
	Now   time.Time
}

// pages are the templates, one set per page.
type pages struct{ sets map[string]*template.Template }

// parsePages parses every template and executes it with an empty and with a full view, so
// that one that does not fit its view is found at the start and not by people.
func parsePages(functions template.FuncMap) (*pages, error) {
	base, err := template.New("layout").Funcs(functions).ParseFS(templates, "templates/layout.html", "templates/parts/*.html")
	if err != nil {
		return nil, err
	}
	p := &pages{sets: map[string]*template.Template{}}
	for name, view := range views() {
		set, err := template.Must(base.Clone()).ParseFS(templates, "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		if err := check(set, view); err != nil {
			return nil, fmt.Errorf("check the page %s: %w", name, err)
		}
		p.sets[name] = set
	}
	return p, nil
}

// check executes the page and each of its sections with what it may get.
func check(set *template.Template, view reflect.Type) error {
	for _, full := range []bool{false, true} {
		p := page{View: sample(view, full), Who: app.Actor{Admin: full}}
		for _, one := range set.Templates() {
			if one.Name() != "layout" && !strings.HasPrefix(one.Name(), sectionPrefix) {
				continue
			}
			if err := one.Execute(&bytes.Buffer{}, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// sectionPrefix begins the names of the templates that a page's address renders alone.
const sectionPrefix = "section-"

// show answers with a page.
func (d *dashboard) show(c *call, name string, p page) error {
	return d.showAs(c, http.StatusOK, name, p)
}

// showAs answers with a page, or the section of it that was asked for, and a status.
func (d *dashboard) showAs(c *call, status int, name string, p page) error {
	p.Who, p.Now = c.who, time.Now()
	part := "layout"
	if section := c.section(); section != "" && status == http.StatusOK {
		part = sectionPrefix + section
	} else {
		p.Flash = d.takeFlash(c.w, c.Request)
	}
	set := d.pages.sets[name].Lookup(part)
	if set == nil {
		return app.NotFound("section")
	}
	var out bytes.Buffer
	if err := set.Execute(&out, p); err != nil {
		return fmt.Errorf("render the page %s: %w", name, err)
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = out.WriteTo(c.w) // who has gone does not read it
	return nil
}

// refuse shows the page again with what was wrong in its form, and the status of the error.
// An error that nobody mends by typing is returned.
func (d *dashboard) refuse(c *call, sent form, err error, again func(*call, int, form) error) error {
	if left := sent.blame(err); left != nil {
		return left
	}
	sent.hideSecrets()
	return again(c, statusOf(app.CodeOf(err)), sent)
}
