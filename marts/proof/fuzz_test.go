package proof

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

// FuzzRead holds that whatever a statement holds that was signed, or was not, is read
// or refused, and that it is never taken to be held by a folder with nothing in it.
func FuzzRead(f *testing.F) {
	for _, text := range []string{`{}`, `{"files":[{"name":"../a","bytes":1,"sha256":""}]}`, `{"sealed":[{"file":"a"}],"tables":[{"files":["a"]}]}`, `{"files":[{"name":"a"}],"tables":[{"rows":-1,"files":["a"]}]}`, "null", "["} {
		f.Add([]byte(text))
	}
	key := signtest.Key(f, "ohc")
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "manifest.json")
		if err := errors.Join(os.WriteFile(path, text, 0o600), os.WriteFile(sign.Beside(path), sign.Sign(key, "extract", text).Text(), 0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := Read(dir, key.Public())
		if err != nil {
			return
		}
		if err := s.Held(t.Context(), dir); !errors.Is(err, ErrFound) {
			t.Errorf("%+v is held by a folder with nothing in it: %v", s, err)
		}
		if err := os.WriteFile(path, append(text, ' '), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(dir, key.Public()); !errors.Is(err, ErrFound) {
			t.Errorf("one that was not signed was read: %v", err)
		}
	})
}
