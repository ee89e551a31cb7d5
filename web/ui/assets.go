package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:generate make -C ../.. assets

//go:embed dist/app.js dist/app.css dist/terminal.js dist/terminal.css src/mark.svg
var distribution embed.FS

// assets serves the scripts and styles under names that hold their hash, so that a browser
// may keep them for ever.
type assets struct {
	files map[string][]byte // by hashed name
	names map[string]string // plain name -> hashed name
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string][]byte{}, names: map[string]string{}}
	err := fs.WalkDir(distribution, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(distribution, file)
		if err != nil {
			return err
		}
		a.add(path.Base(file), content)
		return nil
	})
	return a, err
}

func (a *assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	extension := path.Ext(name)
	hashed := strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
	a.files[hashed], a.names[name] = content, hashed
}

// path returns where an asset is served.
func (a *assets) path(name string) (string, error) {
	hashed, known := a.names[name]
	if !known {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return "/assets/" + hashed, nil
}

// ServeHTTP serves the asset that the path names.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	content, known := a.files[name]
	if !known {
		http.Error(w, "no such asset", http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
