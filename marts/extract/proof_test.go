package extract

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"secondaryuse/marts/proof"
)

// TestProof holds that an auditor verifies an extract as it lies in the outbox, and as
// its recipient has unpacked it, every file and the rows of every table; and that what
// is changed in either is found.
func TestProof(t *testing.T) {
	s := newSite(t, 400, 30)
	out := s.issue()
	unpacked := s.unpacked(s.opened(out))
	if bags, err := filepath.Glob(filepath.Join(unpacked, "*", "bagit.txt")); err == nil && len(bags) == 1 {
		unpacked = filepath.Dir(bags[0])
	}
	for _, dir := range []string{out.Folder, filepath.Join(unpacked, "data")} {
		said, err := proof.Read(dir, s.sign.Public())
		if err = errors.Join(err, said.Held(t.Context(), dir)); err != nil {
			t.Fatal(err)
		}
		if dir != out.Folder && !slices.ContainsFunc(said.Files, func(f proof.File) bool { return f.Counted && f.Rows > 0 }) {
			t.Error("no rows were counted")
		}
		for _, f := range said.Files {
			path := filepath.Join(dir, f.Name)
			text, err := os.ReadFile(path)
			s.must(err)
			text[len(text)/2] ^= 1
			s.must(os.WriteFile(path, text, 0o600))
			if !errors.Is(said.Held(t.Context(), dir), proof.ErrFound) {
				t.Errorf("%s was changed, and that was not found", f.Name)
			}
			text[len(text)/2] ^= 1
			s.must(os.WriteFile(path, text, 0o600))
		}
	}
}

// TestBag holds that of a whole bag nothing can be changed, taken away or put in: neither
// what says under which terms it is held, nor what lies beside the data.
func TestBag(t *testing.T) {
	s := newSite(t, 300, 30)
	bag := s.unpacked(s.opened(s.issue()))
	found := func() error {
		data, whole := proof.Data(bag)
		said, err := proof.Read(data, s.sign.Public())
		if err != nil || !whole {
			return errors.Join(err, proof.ErrFound)
		}
		return errors.Join(said.Held(t.Context(), data), said.Bagged(bag))
	}
	s.must(found())
	files := 0
	s.must(filepath.WalkDir(bag, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		s.must(err, os.WriteFile(path, append(slices.Clone(text), ' '), 0o600))
		if !errors.Is(found(), proof.ErrFound) {
			t.Errorf("%s was changed, and that was not found", path)
		}
		s.must(os.Remove(path))
		if !errors.Is(found(), proof.ErrFound) {
			t.Errorf("%s was taken away, and that was not found", path)
		}
		return os.WriteFile(path, text, 0o600)
	}))
	if files != 15 {
		t.Errorf("%d files were tried", files)
	}
	for _, name := range []string{"more.csv", "data/more.csv", "data/tables/more.csv"} {
		s.must(os.WriteFile(filepath.Join(bag, name), nil, 0o600))
		if !errors.Is(found(), proof.ErrFound) {
			t.Errorf("%s was put in, and that was not found", name)
		}
		s.must(os.Remove(filepath.Join(bag, name)))
	}
	s.must(found())
}
