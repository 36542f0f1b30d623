package differ

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestStoreRefuses: what is not whole and ours is not compared with.
func TestStoreRefuses(t *testing.T) {
	s := store(t)
	release(t, s, "a", 2, "d", []shown{{people: 0xff}})
	path := filepath.Join(s.dir, "a"+suffix)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	with := func(text []byte) error {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return compare(t, s)
	}
	for i := 0; i < len(whole); i += 5 {
		for _, bad := range [][]byte{whole[:i], slices.Concat(whole[:i], []byte{whole[i] ^ 1}, whole[i+1:])} {
			if err := with(bad); !errors.Is(err, errDamaged) {
				t.Fatalf("damaged at byte %d of %d: %v", i, len(whole), err)
			}
		}
	}
	if err := with(append(slices.Clone(whole), 0)); !errors.Is(err, errDamaged) {
		t.Errorf("a byte more: %v", err)
	}
	if err := with(whole); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "b.txt"), nil, 0o600); err != nil || compare(t, s) == nil {
		t.Error("a foreign file: compared")
	}
}

func compare(t *testing.T, s *Store) error {
	t.Helper()
	sheet, err := s.Begin("d")
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	_, err = sheet.Compare(2, nil)
	return err
}

func TestOpenFolder(t *testing.T) {
	s := store(t)
	if err := os.Chmod(s.dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s.dir); err == nil {
		t.Error("a folder that others may enter: opened")
	}
}

// TestMeanwhile: of two tables that were compared side by side, one is kept.
func TestMeanwhile(t *testing.T) {
	s := store(t)
	var sheets []*Sheet
	for range 2 {
		sheet, err := s.Begin("d")
		if err != nil {
			t.Fatal(err)
		}
		defer sheet.Close()
		if err := sheet.Add(person(1), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := sheet.Compare(2, []Figure{{Marks: []uint32{0}}}); err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, sheet)
	}
	if err := sheets[0].Keep("a", nil); err != nil {
		t.Error(err)
	}
	if err := sheets[1].Keep("b", nil); !errors.Is(err, ErrMeanwhile) {
		t.Errorf("kept beside another: %v", err)
	}
	if err := sheets[1].Keep("../a", nil); err == nil {
		t.Error("kept outside the store")
	}
}

// TestForget: what was taken out is not compared with any more.
func TestForget(t *testing.T) {
	s := store(t)
	release(t, s, "a", 2, "d", []shown{{people: 0xff}})
	if err := s.Forget("a"); err != nil {
		t.Fatal(err)
	}
	if found := release(t, s, "b", 2, "d", []shown{{people: 0x1ff}}); found.Hide != nil {
		t.Errorf("%+v", found)
	}
	if err := s.Forget("a"); err != nil {
		t.Errorf("what is not there: %v", err)
	}
	for _, id := range []string{"../b", ""} {
		if s.Forget(id) == nil {
			t.Errorf("%q was forgotten", id)
		}
	}
}

// FuzzFile holds that no file of the store breaks its reader, and that what it
// takes is sorted.
func FuzzFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a")
	if err := write(path, head{Version: 1, Release: "a", Entries: 1}, func(put func(entry) error) error { return put(entry{mark: 7}) }); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var before *entry
		_ = merged([]string{path}, func(e entry) error {
			if before != nil && before.compare(e) >= 0 {
				t.Fatal("not sorted")
			}
			before = &e
			return nil
		})
	})
}

// TestMany: what would not fit into memory is refused.
func TestMany(t *testing.T) {
	defer func(n int) { most = n }(most)
	most = 2
	sheet, err := store(t).Begin("d")
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	for n := range 3 {
		if err := sheet.Add(person(n), uint32(n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sheet.Compare(1, []Figure{{Marks: []uint32{0}}, {Marks: []uint32{1}}, {Marks: []uint32{2}}}); !errors.Is(err, errMany) {
		t.Error(err)
	}
}
