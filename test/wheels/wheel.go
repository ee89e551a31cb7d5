package wheels

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// distribution is a Python package as Debian installs it: modules and a directory of
// metadata beside them.
type distribution struct {
	root     string // the directory of installed packages
	metadata string // "Django-3.2.25.egg-info"
	name     string // as its metadata has it: "Django"
	version  string
}

// wheelName is the file's name as the binary distribution format has it (PEP 427,
// "File name convention").
func (d distribution) wheelName() string {
	escaped := strings.NewReplacer("-", "_", ".", "_").Replace(d.name)
	return escaped + "-" + d.version + "-py3-none-any.whl"
}

// wheel returns the distribution as a wheel: its modules, its metadata in the form of
// PEP 427, and the list of all with their hashes.
func (d distribution) wheel() ([]byte, error) {
	var out bytes.Buffer
	w := wheelWriter{zip: zip.NewWriter(&out), info: strings.TrimSuffix(d.wheelName(), "-py3-none-any.whl") + ".dist-info"}
	modules, err := d.modules()
	if err != nil {
		return nil, err
	}
	for _, module := range modules {
		if err := w.addModule(d.root, module); err != nil {
			return nil, fmt.Errorf("pack %s of %s: %w", module, d.name, err)
		}
	}
	if err := w.addMetadata(d); err != nil {
		return nil, fmt.Errorf("pack the metadata of %s: %w", d.name, err)
	}
	return out.Bytes(), nil
}

// modules are the directories and files that the distribution is made of.
func (d distribution) modules() ([]string, error) {
	text, err := d.read("top_level.txt")
	if err != nil {
		return nil, err
	}
	var found []string
	for name := range strings.FieldsSeq(text) {
		for _, candidate := range []string{name, name + ".py"} {
			if _, err := os.Stat(filepath.Join(d.root, candidate)); err == nil {
				found = append(found, candidate)
			}
		}
	}
	return found, nil
}

// read returns a file of the metadata, "" when there is none.
func (d distribution) read(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(d.root, d.metadata, name))
	if os.IsNotExist(err) {
		return "", nil
	}
	return string(text), err
}

// wheelWriter writes the files of a wheel and remembers their hashes.
type wheelWriter struct {
	zip    *zip.Writer
	info   string
	record strings.Builder
}

// addModule adds a file, or a directory with all in it but compiled modules. Links are
// followed: Debian keeps some scripts of packages elsewhere.
func (w *wheelWriter) addModule(root, name string) error {
	info, err := os.Stat(filepath.Join(root, name))
	if err != nil {
		return err
	}
	if !info.IsDir() {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		return w.add(name, data)
	}
	entries, err := os.ReadDir(filepath.Join(root, name))
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "__pycache__" })
	for _, entry := range entries {
		if err := w.addModule(root, path.Join(name, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (w *wheelWriter) add(name string, data []byte) error {
	// Stored and not compressed: the wheels travel no further than this machine.
	file, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	fmt.Fprintf(&w.record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(data))
	_, err = file.Write(data)
	return err
}

// addMetadata adds METADATA, WHEEL, the scripts' entry points and, last, RECORD.
func (w *wheelWriter) addMetadata(d distribution) error {
	metadata, err := d.metadataText()
	if err != nil {
		return err
	}
	files := []struct{ name, text string }{
		{"METADATA", metadata},
		{"WHEEL", "Wheel-Version: 1.0\nGenerator: gondor\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	}
	if points, err := d.read("entry_points.txt"); err != nil {
		return err
	} else if points != "" {
		files = append(files, struct{ name, text string }{"entry_points.txt", points})
	}
	for _, file := range files {
		if err := w.add(w.info+"/"+file.name, []byte(file.text)); err != nil {
			return err
		}
	}
	record, err := w.zip.Create(w.info + "/RECORD")
	if err != nil {
		return err
	}
	if _, err := record.Write([]byte(w.record.String() + w.info + "/RECORD,,\n")); err != nil {
		return err
	}
	return w.zip.Close()
}
