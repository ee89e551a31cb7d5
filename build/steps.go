package build

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
)

// The scripts of steps. They are part of the plan, so that an engine needs nothing but
// a shell to run them.
var (
	//go:embed steps/kept.sh
	keptScript string
	//go:embed steps/python.sh
	pythonScript string
	//go:embed steps/hashed.py
	hashedScript string
	//go:embed steps/django.py
	djangoScript string
	//go:embed steps/node.sh
	nodeScript string
)

// fingerprint is a short hash of texts and of where one ends and the next begins.
func fingerprint(texts ...string) string {
	hash := sha256.New()
	for _, text := range texts {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(text), text) // a hash takes everything
	}
	return hex.EncodeToString(hash.Sum(nil))[:20]
}

// hereDocument is the end of a command that reads the text as it is.
func hereDocument(text string) string {
	return "<<'END_OF_TEXT'\n" + strings.TrimSuffix(text, "\n") + "\nEND_OF_TEXT\n"
}
