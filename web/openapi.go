package web

import (
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gondor/app"
	"gondor/web/api"
)

// document is a JSON object of an OpenAPI 3.1 description.
type document = map[string]any

func (s *server) openapiRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/v2/openapi.json", summary: "This description", open: true,
		out: reflect.TypeFor[document](), status: http.StatusOK,
		serve: func(c *call) error { return c.JSON(http.StatusOK, c.openapi) },
	}}
}

// describe makes the description from the routes that are served and the types that
// travel, so that it can't say anything else.
func describe(routes []route, at *url.URL) document {
	schemas := document{}
	paths := document{}
	for _, r := range routes {
		path := openapiPath(r.path)
		if paths[path] == nil {
			paths[path] = document{}
		}
		paths[path].(document)[strings.ToLower(r.method)] = operation(r, schemas)
	}
	return document{
		"openapi": "3.1.0",
		"info":    document{"title": "Gondor", "version": "2"},
		"servers": []any{document{"url": at.Scheme + "://" + at.Host}},
		"paths":   paths,
		"components": document{
			"schemas":         schemas,
			"securitySchemes": document{"token": document{"type": "http", "scheme": "bearer"}},
		},
	}
}

func openapiPath(path string) string { return strings.ReplaceAll(path, ":id", "{id}") }

func operation(r route, schemas document) document {
	o := document{"summary": r.summary, "responses": responses(r, schemas), "security": []any{document{"token": []any{}}}}
	if r.open {
		o["security"] = []any{}
	}
	if r.in != nil {
		o["requestBody"] = document{"required": true, "content": content(r.sends, r.in, schemas)}
	}
	if list := parameters(r); len(list) > 0 {
		o["parameters"] = list
	}
	return o
}

func parameters(r route) []any {
	var list []any
	text := document{"type": "string"}
	if strings.Contains(r.path, ":id") {
		list = append(list, document{"name": "id", "in": "path", "required": true, "schema": text})
	}
	for _, p := range r.parameters {
		list = append(list, document{
			"name": p.name, "in": "query", "required": p.required, "description": p.about, "schema": text,
		})
	}
	return list
}

func responses(r route, schemas document) document {
	success := document{"description": http.StatusText(r.status)}
	if r.out != nil {
		success["content"] = content(r.gets, r.out, schemas)
	}
	failure := document{
		"description": "An error: lists of messages by field, non_field_errors for the rest, or detail",
		"content":     document{"application/json": document{"schema": document{"type": "object"}}},
	}
	return document{strconv.Itoa(r.status): success, "default": failure}
}

func content(kind string, t reflect.Type, schemas document) document {
	if kind == "" {
		kind = "application/json"
	}
	return document{kind: document{"schema": schemaOf(t, schemas)}}
}

// enumerations are the values of the types that have few.
var enumerations = map[reflect.Type][]any{
	reflect.TypeFor[app.Role]():         {app.Owner, app.Developer, app.Viewer},
	reflect.TypeFor[app.InstanceKind](): {app.Production, app.Staging, app.Development},
	reflect.TypeFor[app.ServiceKind]():  {app.Web, app.Worker, app.PostgreSQL, app.Redis},
	reflect.TypeFor[app.Stream]():       {app.Stdout, app.Stderr, app.Gondor, app.Router},
	reflect.TypeFor[app.ServiceState](): {
		app.ServiceNew, app.ServiceDeploying, app.ServiceRestarting, app.ServiceRunning,
		app.ServiceUnhealthy, app.ServiceStopped, app.ServiceFailed,
	},
	reflect.TypeFor[app.ReplicaState](): {
		app.ReplicaStarting, app.ReplicaHealthy, app.ReplicaUnhealthy, app.ReplicaCrashed, app.ReplicaDraining,
	},
	reflect.TypeFor[app.BuildState](): {
		app.BuildWaiting, app.BuildQueued, app.BuildBuilding, app.BuildSucceeded, app.BuildFailed, app.BuildCancelled,
	},
	reflect.TypeFor[app.ReleaseState](): {
		app.ReleasePending, app.ReleasePreparing, app.ReleaseStarting, app.ReleaseActive,
		app.ReleaseRetired, app.ReleaseFailed, app.ReleaseCancelled,
	},
}

// schemaOf describes a type; structs are described once and referred to.
func schemaOf(t reflect.Type, schemas document) document {
	if values, few := enumerations[t]; few {
		return document{"type": "string", "enum": values}
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return document{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[api.Reference]():
		return document{"type": "string", "format": "uri"}
	case t == reflect.TypeFor[[]byte]():
		return document{"type": "string", "format": "binary"}
	}
	return schemaOfKind(t, schemas)
}

func schemaOfKind(t reflect.Type, schemas document) document {
	switch t.Kind() {
	case reflect.Pointer:
		return document{"anyOf": []any{schemaOf(t.Elem(), schemas), document{"type": "null"}}}
	case reflect.Slice:
		return document{"type": "array", "items": schemaOf(t.Elem(), schemas)}
	case reflect.Map:
		return document{"type": "object", "additionalProperties": schemaOf(t.Elem(), schemas)}
	case reflect.Struct:
		return schemaOfStruct(t, schemas)
	case reflect.String:
		return document{"type": "string"}
	case reflect.Bool:
		return document{"type": "boolean"}
	case reflect.Interface:
		return document{}
	}
	return document{"type": "integer"}
}

func schemaOfStruct(t reflect.Type, schemas document) document {
	to := document{"$ref": "#/components/schemas/" + t.Name()}
	if _, known := schemas[t.Name()]; known {
		return to
	}
	properties := document{}
	schemas[t.Name()] = document{"type": "object", "properties": properties}
	for name, field := range fieldsOf(t) {
		properties[name] = schemaOf(field, schemas)
	}
	return to
}
