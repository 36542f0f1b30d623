package leak

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"secondaryuse/deid/trace"
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

// TestCertain holds that what is found is held to the feeds once more: what is not there
// by letter and digit is no finding but chance, unless the feeds are others by now or
// cannot be read.
func TestCertain(t *testing.T) {
	dir := laid(t, map[string]string{"a.txt": "9434765919, Featherstone and feATHerstone"})
	for name, tc := range map[string]struct {
		again          func(to *trace.Wanted) (bool, error)
		found, chances int
		fault          bool
	}{
		"the same": {func(to *trace.Wanted) (bool, error) {
			to.Word(trace.Name, "FEATHERSTONE")
			return to.NHS([]byte("943 476 5919")), nil
		}, 2, 0, false},
		"one of two": {func(to *trace.Wanted) (bool, error) { return to.NHS([]byte("943 476 5919")), nil }, 1, 1, false},
		"other kind": {func(to *trace.Wanted) (bool, error) { return to.Word(trace.Account, "Featherstone"), nil }, 0, 2, false},
		"nobody":     {func(*trace.Wanted) (bool, error) { return true, nil }, 0, 2, false},
		"changed":    {func(*trace.Wanted) (bool, error) { return false, nil }, 2, 0, true},
		"unreadable": {func(*trace.Wanted) (bool, error) { return true, errors.New("no disk") }, 2, 0, true},
	} {
		s := searcher(t, "9434765919", "Featherstone")
		s.Again = func(_ context.Context, to *trace.Wanted) (bool, error) { return tc.again(to) }
		r, err := s.Run(context.Background(), dir)
		if err != nil || len(r.Found) != tc.found || r.Chance != tc.chances || (len(r.Faults) > 0) != tc.fault {
			t.Errorf("%s: found %v, %d by chance, faults %q: %v", name, r.Found, r.Chance, r.Faults, err)
		}
	}
}
