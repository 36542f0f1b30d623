package deid

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/testdata/openssl"
)

const vectorKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func testKey(t *testing.T) Key {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "base.key"), []byte(vectorKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := OpenKey(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func parse(t *testing.T, s string) identity.Number {
	t.Helper()
	n, err := identity.Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPersonVector holds person_id to a fixed value and to a second
// implementation of HMAC-SHA-256.
func TestPersonVector(t *testing.T) {
	got := testKey(t).Person(parse(t, "943 476 5919"))
	const want = 3516417712553835781
	if got != want {
		t.Errorf("person_id = %d, want %d", got, want)
	}
	sum := openssl.HMAC(t, vectorKey, "person\x1f9434765919")
	if id := int64(binary.BigEndian.Uint64(sum) >> 1); id != got {
		t.Errorf("openssl says %d, we say %d", id, got)
	}
}

func TestKeyFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := OpenKey(dir, false); err == nil {
		t.Error("a missing key was opened")
	}
	a, err := OpenKey(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenKey(dir, true)
	if err != nil || a.Fingerprint() != b.Fingerprint() {
		t.Errorf("the second opening made another key: %v", err)
	}
	path := filepath.Join(dir, "base.key")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	text, _ := os.ReadFile(path)
	os.WriteFile(path, text[:40], 0o600)
	if _, err := OpenKey(dir, true); err == nil || strings.Contains(err.Error(), string(text[:16])) {
		t.Errorf("a short key: %v", err)
	}
	os.WriteFile(path, text, 0o600)
	os.Chmod(path, 0o640)
	if _, err := OpenKey(dir, true); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key others can read: %v", err)
	}
}

// TestHalfAKeyIsSwept shows that what a process that died has left of a key
// goes when the next one opens it, and what is not ours stays.
func TestHalfAKeyIsSwept(t *testing.T) {
	dir := t.TempDir()
	foreign := []string{".base.key-", ".base.key-12x", ".base.key-12/a", ".other.key-12", "base.key-12", "notes"}
	plant := func(name string) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range foreign {
		plant(name)
	}
	for range 2 { // while there is no key, and when there is one
		plant(".base.key-1234567")
		if _, err := OpenKey(dir, true); err != nil {
			t.Fatal(err)
		}
		entries, _ := os.ReadDir(dir)
		if len(entries) != len(foreign)+1 {
			t.Errorf("left: %v", entries)
		}
	}
	for _, name := range foreign {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("what is not ours was removed: %v", err)
		}
	}
	plant(".base.key-7")
	if _, err := OpenKey(dir, false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".base.key-7")); err != nil {
		t.Errorf("opening a key without making one has changed its folder: %v", err)
	}
}

// TestOneKeyOfMany has many make the key at once: all hold the same in the end.
func TestOneKeyOfMany(t *testing.T) {
	for range 20 {
		dir := filepath.Join(t.TempDir(), "keys")
		prints := make([]string, 8)
		var wg sync.WaitGroup
		for i := range prints {
			wg.Go(func() {
				k, err := OpenKey(dir, true)
				if err != nil {
					t.Error(err)
					return
				}
				prints[i] = k.Fingerprint()
			})
		}
		wg.Wait()
		if slices.ContainsFunc(prints, func(p string) bool { return p != prints[0] }) {
			t.Fatalf("keys %v", prints)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Fatalf("left: %v", left)
		}
	}
}

// TestNewKey holds that the key of a secret is the one that its file holds.
func TestNewKey(t *testing.T) {
	secret, err := hex.DecodeString(vectorKey)
	if err != nil {
		t.Fatal(err)
	}
	n := parse(t, "943 476 5919")
	if k := NewKey([32]byte(secret)); k.Person(n) != testKey(t).Person(n) || k.Fingerprint() != testKey(t).Fingerprint() {
		t.Error("another key")
	}
}

func TestFingerprintTellsNothing(t *testing.T) {
	if f := testKey(t).Fingerprint(); len(f) != 16 || strings.Contains(vectorKey, f) {
		t.Errorf("fingerprint %s", f)
	}
	if _, err := hex.DecodeString(testKey(t).Fingerprint()); err != nil {
		t.Error(err)
	}
}

func TestBirth(t *testing.T) {
	asOf := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		born        string
		year, month int32
	}{
		{"1990-05-17", 1990, 5},
		{"1990-05", 1990, 5},
		{"1990", 1990, 0},
		{"1936-11-02", 1936, 11}, // 89 until tomorrow
		{"1936-11-01", 1936, 0},  // 90 today
		{"1931-04-05", 1936, 0},
		{"1905-01-01", 1936, 0},
		{"", 0, 0},
	} {
		b, _ := identity.ParseBirth([]byte(tc.born))
		if y, m := birth(b, asOf); y != tc.year || m != tc.month {
			t.Errorf("%q -> %d-%d, want %d-%d", tc.born, y, m, tc.year, tc.month)
		}
	}
}

// TestRecordKeys shows that a feed's own key never crosses, that two feeds do
// not share pseudonyms and that references meet the records they name.
func TestRecordKeys(t *testing.T) {
	k := gate.NewKeeper(gate.Gates{})
	f := record.Feed{Name: "a", Kind: record.Shared}
	g := record.Feed{Name: "b", Kind: record.Shared}
	k.Judge()
	c, err := NewCrossing(testKey(t), k, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Desk(f), c.Desk(g)
	ref := record.Ref{Kind: record.Encounter, ID: "17"}
	if a.ref(ref) == b.ref(ref) {
		t.Error("two feeds share a pseudonym")
	}
	if a.ref(ref) != a.ref(record.Ref{Kind: record.Encounter, ID: string([]byte("17"))}) {
		t.Error("one reference, two pseudonyms")
	}
	if a.ref(ref) == a.ref(record.Ref{Kind: record.Condition, ID: "17"}) {
		t.Error("two kinds share a pseudonym")
	}
	if a.ref(record.Ref{}) != 0 || a.ref(record.Ref{Kind: record.Encounter}) != 0 {
		t.Error("a reference to nothing has a pseudonym")
	}
}

func TestNothingCrossesWithoutAnOrdinal(t *testing.T) {
	k := gate.NewKeeper(gate.Gates{})
	f := record.Feed{Name: "a", Kind: record.Shared}
	n := parse(t, "9434765919")
	k.Enrol(f, []record.Person{{Of: record.Of[row.Person]{Head: record.Head{ID: record.Ref{Kind: record.Patient, ID: "p"}, Number: n}}}})
	k.Judge()
	c, err := NewCrossing(testKey(t), k, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	desk := k.Desk()
	rows := []record.Of[row.Problem]{
		{Head: record.Head{Subject: record.Ref{Kind: record.Patient, ID: "p"}, ID: record.Ref{Kind: record.Condition, ID: "1"}}},
		{Head: record.Head{Subject: record.Ref{Kind: record.Patient, ID: "q"}, ID: record.Ref{Kind: record.Condition, ID: "2"}}},
	}
	batch, _ := Cross(c.Desk(f), gate.Admit(desk, f, rows), nil)
	if len(batch.Rows()) != 1 || batch.Rows()[0].PersonID != testKey(t).Person(n) || batch.Rows()[0].Recorder != row.Professional {
		t.Errorf("crossed: %+v", batch.Rows())
	}
	if got := desk.Records[record.DatasetOf[row.Problem]()]; got[gate.Kept] != 1 || got[gate.UnknownPerson] != 1 {
		t.Errorf("tally: %v", got)
	}
}

// TestOut is that a record that was left out leaves a tombstone of its version.
func TestOut(t *testing.T) {
	k := gate.NewKeeper(gate.Gates{})
	f := record.Feed{Name: "a", Kind: record.Shared}
	k.Judge()
	c, err := NewCrossing(testKey(t), k, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	judge, cross := k.Desk(), c.Desk(f)
	gate.Admit(judge, f, []record.Of[row.Problem]{{Head: record.Head{ID: record.Ref{Kind: record.Condition, ID: "1"}, Version: 7}}, {}})
	batch, _ := Out(cross, judge.Out, nil)
	if rows := batch.Rows(); len(rows) != 1 || rows[0].RecordKey != cross.ref(record.Ref{Kind: record.Condition, ID: "1"}) || rows[0].Version != 7 || rows[0].Feed != "a" {
		t.Errorf("%+v", rows)
	}
}
