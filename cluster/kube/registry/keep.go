package registry

import (
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"gondor/app"
	"gondor/cluster/kube/registry/token"
)

// CacheTag is the tag of a site's cache; its other tags are builds.
const CacheTag = "cache"

// slack is by how much the time of a request and the tick of a file's clock may make
// something look older than it is.
const slack = time.Minute

// mostOrder is the most bytes that a keepOrder has.
const mostOrder = 64 << 20

// keepOrder is the body of a request at keepPath. It tells an age and no time, for the
// clocks of two machines differ.
type keepOrder struct {
	Age    float64  `json:"age"` // seconds since the lists were made; less than 0: they hold for longer
	Tags   []string `json:"tags"`
	Caches []string `json:"caches"` // repositories
}

// serveKeep removes all tags of sites but those that are to be kept, then collects garbage.
func (r *Registry) serveKeep(w http.ResponseWriter, request *http.Request) {
	arrived := time.Now()
	if !r.admits(w, request, "Only the administrator says what is kept.") {
		return
	}
	var order keepOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, request.Body, mostOrder)).Decode(&order); err != nil {
		refuse(w, http.StatusBadRequest, "UNSUPPORTED", "This is no list of what to keep.")
		return
	}
	asOf := arrived.Add(-time.Duration(order.Age * float64(time.Second)))
	err := r.alone(request.Context(), func(c *collection) error {
		return errors.Join(c.keep(order, asOf.Add(-slack)), c.run())
	})
	switch {
	case app.CodeOf(err) == app.CodeUnavailable:
		refuse(w, http.StatusServiceUnavailable, "UNAVAILABLE", err.Error())
	case err != nil:
		r.options.Logger.Error("images were not removed", "error", err)
		refuse(w, http.StatusInternalServerError, "UNKNOWN", "Images could not be removed; the registry's log says why.")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// admits reports whether the administrator asks, and answers anybody else.
func (r *Registry) admits(w http.ResponseWriter, request *http.Request, otherwise string) bool {
	scope, err := controller{r.options.Key}.scope(request)
	if err == nil && scope.IsAdmin() {
		return true
	}
	challenge{}.SetHeaders(request, w)
	refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", otherwise)
	return false
}

// keep removes the tags of sites that are older and not in the order.
func (c *collection) keep(order keepOrder, before time.Time) error {
	names, err := c.repositories()
	if err != nil {
		return err
	}
	tags := set(order.Tags)
	for _, name := range names {
		if !strings.HasPrefix(name, token.Sites) {
			continue
		}
		wanted := func(tag string) bool {
			return tags[tag] && tag != CacheTag || tag == CacheTag && slices.Contains(order.Caches, name)
		}
		if err := c.keepTags(name, wanted, before); err != nil {
			return err
		}
	}
	return nil
}

func (c *collection) keepTags(repository string, wanted func(tag string) bool, before time.Time) error {
	tags, err := c.tags(repository)
	if err != nil {
		return err
	}
	for tag, link := range tags {
		if wanted(tag) || !link.changed.Before(before) {
			continue
		}
		c.dropped[repository+"@"+link.target] = true
		if err := c.remove(path.Join(repositoryDir(repository), tagsDir, tag)); err != nil {
			return err
		}
	}
	return nil
}

func set(list []string) map[string]bool {
	all := make(map[string]bool, len(list))
	for _, one := range list {
		all[one] = true
	}
	return all
}
