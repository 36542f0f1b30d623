package register

import (
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// TestNew holds that who is in none of the earlier files is counted, as a plain count
// of sets has it, and that a file that is gone, torn or another is an error.
func TestNew(t *testing.T) {
	r := made(t)
	rapid.Check(t, func(t *rapid.T) {
		var files []Persons
		seen := make(map[[16]byte]bool)
		var last []byte
		for k := range rapid.IntRange(1, 4).Draw(t, "files") {
			last = rapid.SliceOfN(rapid.ByteRange(0, 12), 0, 12).Draw(t, "persons")
			var of [][16]byte
			for _, b := range last {
				of = append(of, [16]byte{b, 15: b})
			}
			p, err := r.Persons(all(of...))
			if err != nil {
				t.Fatal(err)
			}
			if files = append(files, p); k > 0 {
				continue
			}
			seen = make(map[[16]byte]bool)
			for _, d := range of {
				seen[d] = true
			}
		}
		for _, p := range files[1:] {
			for d, err := range r.Each(p) {
				if err != nil {
					t.Fatal(err)
				}
				delete(seen, d)
			}
		}
		if n, err := r.New(files[0], files[1:]); err != nil || n != int64(len(seen)) {
			t.Fatalf("%d are new, want %d: %v", n, len(seen), err)
		}
	})
	one, err := r.Persons(all([16]byte{1}, [16]byte{9}))
	if err != nil {
		t.Fatal(err)
	}
	two, err := r.Persons(all([16]byte{2}, [16]byte{3}))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.dir, persons, two.SHA256)
	for _, harm := range []func() error{
		func() error { return os.WriteFile(path, append(make([]byte, 31), 3), 0o600) },
		func() error { return os.Truncate(path, 20) }, func() error { return os.Truncate(path, 16) }, func() error { return os.Truncate(path, 0) }, func() error { return os.Remove(path) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.New(one, []Persons{two}); err == nil {
			t.Error("a file that is changed, torn or gone was read")
		}
		if _, err := r.New(two, []Persons{one}); err == nil {
			t.Error("a file that is changed, torn or gone was read")
		}
	}
}
