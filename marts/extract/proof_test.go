package extract

import (
	"errors"
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
