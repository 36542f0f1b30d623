package differ

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
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
			if err := with(bad); !errors.Is(err, errDamaged) && !errors.Is(err, errOtherKey) {
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

// TestStoreIsKeyed: who has not the register's key can neither make a file of the store
// nor change one, call one as another, put an older one back nor take one away; and what
// an earlier program kept without a key is compared with once somebody answers for it.
func TestStoreIsKeyed(t *testing.T) {
	s := store(t)
	release(t, s, "a", 2, "d", []shown{{people: 0xff}})
	release(t, s, "b", 2, "e", []shown{{people: 0xff00}})
	path := func(id string) string { return filepath.Join(s.dir, id+suffix) }
	text := func(id string) []byte {
		out, err := os.ReadFile(path(id))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	a, b := text("a"), text("b")
	forger := &Store{s.dir, testKey("x")}
	forged := func(key Key, h head) []byte {
		forger.key = key
		out := filepath.Join(t.TempDir(), "forged")
		if err := forger.write(out, h, func(put func(entry) error) error { return put(entry{person(1), 0}) }); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	own := head{Release: "a", Domain: "d", Entries: 1, Figures: []Figure{{Marks: []uint32{0}}}}
	for name, tc := range map[string]struct {
		a    []byte
		want error
	}{
		"by another key":                    {forged(testKey("x"), own), errOtherKey},
		"by another key, called as by ours": {forged(named{testKey("x"), "of r"}, own), errDamaged},
		"another's":                         {b, errDamaged},
		"as if of another domain":           {bytes.Replace(a, []byte(`"domain":"d"`), []byte(`"domain":"e"`), 1), errDamaged},
		"without a key":                     {unkeyedFile(t, own, 1), errUnkeyed},
	} {
		if err := os.WriteFile(path("a"), tc.a, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := compare(t, s); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Remove(path("a")); err != nil {
		t.Fatal(err)
	}
	sheet, err := s.Begin("d")
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	if _, err := sheet.Compare(2, nil, []string{"a", "b"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("one that is gone: %v", err)
	}
}

// named is a key that is called as another.
type named struct {
	testKey
	as string
}

func (n named) Fingerprint() string { return n.as }

// unkeyedFile is a file as an earlier program wrote it.
func unkeyedFile(t *testing.T, h head, who int) []byte {
	t.Helper()
	line := fmt.Appendf(nil, `{"version":1,"release":%q,"domain":%q,"entries":1,"figures":[{"set":0,"level":0,"marks":[0],"by":""}]}`+"\n", h.Release, h.Domain)
	p := person(who)
	all := slices.Concat(line, p[:], make([]byte, 4))
	head, sum := sha256.Sum256(line), sha256.Sum256(all)
	return slices.Concat(line, head[:], p[:], make([]byte, 4), sum[:])
}

// TestAccept: what was kept without a key is compared with again once it was accepted,
// and of its persons nothing is added up, since nobody knows what they gave to it.
func TestAccept(t *testing.T) {
	s := store(t)
	if err := os.WriteFile(filepath.Join(s.dir, "a"+suffix), unkeyedFile(t, head{Release: "a", Domain: "d"}, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept("b", true); err == nil {
		t.Error("one that is not there: accepted")
	}
	digest, err := s.Accept("a", true)
	if is, e := summed(filepath.Join(s.dir, "a"+suffix)); err != nil || e != nil || digest != is {
		t.Fatal(digest, is, err, e)
	}
	if again, err := s.Accept("a", true); err != nil || again != digest {
		t.Errorf("accepted twice: %v", err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "c"+suffix), unkeyedFile(t, head{Release: "c", Domain: "d"}, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept("c", false); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		who   int
		gifts bool
		want  bool
	}{{1, true, true}, {1, false, false}, {2, true, false}, {3, true, false}} {
		sheet, err := s.Begin("d")
		if err != nil {
			t.Fatal(err)
		}
		defer sheet.Close()
		if err := sheet.Add(person(tc.who), 0); err != nil {
			t.Fatal(err)
		}
		if found, err := sheet.Compare(0, []Figure{{Marks: []uint32{0}, Gifts: tc.gifts}}, nil); err != nil || found.Blind != tc.want || found.Releases != 2 {
			t.Errorf("%+v: %+v, %v", tc, found, err)
		}
	}
}

func compare(t *testing.T, s *Store) error {
	t.Helper()
	sheet, err := s.Begin("d")
	if err != nil {
		t.Fatal(err)
	}
	defer sheet.Close()
	_, err = sheet.Compare(2, nil, nil)
	return err
}

func TestOpenFolder(t *testing.T) {
	s := store(t)
	if err := os.Chmod(s.dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s.dir, s.key); err == nil {
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
		if _, err := sheet.Compare(2, []Figure{{Marks: []uint32{0}}}, nil); err != nil {
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
	if err := Forget(s.dir, "a"); err != nil {
		t.Fatal(err)
	}
	if found := release(t, s, "b", 2, "d", []shown{{people: 0x1ff}}); found.Hide != nil {
		t.Errorf("%+v", found)
	}
	if err := Forget(s.dir, "a"); err != nil {
		t.Errorf("what is not there: %v", err)
	}
	for _, id := range []string{"../b", ""} {
		if Forget(s.dir, id) == nil {
			t.Errorf("%q was forgotten", id)
		}
	}
}

// FuzzFile holds that no file of the store breaks its reader, and that what it
// takes is sorted.
func FuzzFile(f *testing.F) {
	path, s := filepath.Join(f.TempDir(), "a"), &Store{key: testKey("r")}
	if err := s.write(path, head{Entries: 1}, func(put func(entry) error) error { return put(entry{mark: 7}) }); err != nil {
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
		_ = s.merged([]string{path}, func(e entry) error {
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
	if _, err := sheet.Compare(1, []Figure{{Marks: []uint32{0}}, {Marks: []uint32{1}}, {Marks: []uint32{2}}}, nil); !errors.Is(err, errMany) {
		t.Error(err)
	}
}
