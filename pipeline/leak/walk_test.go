package leak

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// laid lays files into folders below a new one.
func laid(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLinks holds that what can be read through a link is searched, once, whether the
// link is what was configured or lies somewhere below; and that a ring of links has an
// end.
func TestLinks(t *testing.T) {
	dir := laid(t, map[string]string{"real/a.txt": "9434765919", "marts/b.txt": "nobody", "else/c.txt": "Featherstone", "else/d.txt": "nobody"})
	for at, to := range map[string]string{"linked": "real", "marts/file": "../else/c.txt", "marts/folder": "../else", "marts/ring": "../marts", "real/round": "round", "marts/away": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, at)); err != nil {
			t.Fatal(err)
		}
	}
	for root, want := range map[string]string{"linked": "linked/a.txt", "marts": "marts/file"} {
		r, err := searcher(t, "9434765919", "Featherstone").Run(context.Background(), filepath.Join(dir, root))
		if err != nil || len(r.Found) != 1 || r.Found[0].File != want || r.Found[0].Count != 1 {
			t.Errorf("%s: found %v, %v", root, r.Found, err)
		}
	}
}
