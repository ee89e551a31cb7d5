package store

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gondor/app"
)

func openKey(t *testing.T, s *Store, path string) *app.Vault {
	t.Helper()
	vault, err := s.OpenKey(t.Context(), path)
	if err != nil {
		t.Fatalf("open the key: %v", err)
	}
	return vault
}

func TestTheKeyFileIsMadeOnceAndOpensItsSecretsAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	s := openStore(t, dir)
	sealed := openKey(t, s, path).Seal("secret")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() != app.VaultKeySize {
		t.Errorf("the key file is %v, %v", info, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := openKey(t, openStore(t, dir), path).Open(sealed); text != "secret" || err != nil {
		t.Errorf("the secret opens to %q, %v", text, err)
	}
	if names := files(t, dir); !slices.Equal(names, []string{FileName, "key"}) {
		t.Errorf("the directory holds %q", names)
	}
}

func TestAKeyFileThatOpensNothingIsRefusedAndLeftAsItWas(t *testing.T) {
	write := func(contents string, mode os.FileMode) func(string) error {
		return func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
				return err
			}
			return os.Chmod(path, mode)
		}
	}
	other := strings.Repeat("k", app.VaultKeySize)
	spoils := []struct {
		name  string
		spoil func(path string) error
		says  string
	}{
		{"it is missing", os.Remove, "is missing, and the store holds secrets"},
		{"it is another key", write(other, 0o600), "is not the one that this store's secrets were sealed with"},
		{"it is empty", write("", 0o600), "does not have 32 bytes"},
		{"it is too short", write(other[1:], 0o600), "does not have 32 bytes"},
		{"it is too long", write(other+"k", 0o600), "does not have 32 bytes"},
		{"its group may read it", write(other, 0o640), "chmod 600"},
		{"others may write it", write(other, 0o602), "chmod 600"},
	}
	for _, test := range spoils {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			s := openStore(t, t.TempDir())
			openKey(t, s, path)
			if err := test.spoil(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			_, err := s.OpenKey(t.Context(), path)
			wantCode(t, err, app.CodeConflict)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the refusal is %v, it should say %q", err, test.says)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file has changed")
			}
		})
	}
}

func TestAKeyFileThatIsADirectoryIsRefused(t *testing.T) {
	_, err := openStore(t, t.TempDir()).OpenKey(t.Context(), t.TempDir())
	wantCode(t, err, app.CodeConflict)
}

func TestAStoreWithoutSecretsTakesTheKeyThatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	sealed := openKey(t, openStore(t, t.TempDir()), path).Seal("secret")
	if text, err := openKey(t, openStore(t, t.TempDir()), path).Open(sealed); text != "secret" || err != nil {
		t.Errorf("the secret opens to %q, %v", text, err)
	}
}
