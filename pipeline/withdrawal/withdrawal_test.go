package withdrawal

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func record(run string, at time.Time, c Change, who ...byte) Record {
	g := Group{Change: c, Gate: "optout", Reason: "not on the allow list"}
	for _, n := range who {
		g.Digests = append(g.Digests, Digest{n})
	}
	return Record{Run: run, At: at, Groups: []Group{g}}
}

// TestMatches holds that an extract is matched to all who were taken out of it,
// as a whole or in part, and to nobody who was let in.
func TestMatches(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "withdrawals")
	if all, err := Read(dir); err != nil || len(all) != 0 {
		t.Fatalf("where there never was any: %v, %v", all, err)
	}
	for _, r := range []Record{record("2", day, Less, 4, 3), record("1", day, Out, 1, 2), record("3", day, In, 5), {Run: "4", At: day}} {
		if err := Write(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Read(dir)
	if err != nil || len(all) != 3 || all[0].Run != "1" || all[1].Groups[0].Persons != 2 || all[1].Groups[0].Digests[0] != (Digest{3}) {
		t.Fatalf("%v, %v", all, err)
	}
	if err := Write(dir, record("5", day, Out, 3, 6)); err != nil {
		t.Fatal(err)
	}
	if all, err = Read(dir); err != nil {
		t.Fatal(err)
	}
	extract := map[Digest]bool{{1}: true, {3}: true, {5}: true, {9}: true}
	for since, want := range map[string][]Digest{"": {{1}, {3}}, "1": {{3}}, "2": {{3}}, "5": nil} {
		if got := Matches(all, since, func(d Digest) bool { return extract[d] }); !slices.Equal(got, want) {
			t.Errorf("of an extract made of run %q %v match, want %v", since, got, want)
		}
	}
	if err := Write(dir, Record{Run: "6", At: day, Unknown: true}); err != nil {
		t.Fatal(err)
	}
	if run, err := Newest(dir); err != nil || run != "6" {
		t.Errorf("the newest that may have taken out is %s, %v", run, err)
	}
	if err := os.Remove(filepath.Join(dir, "6.json")); err != nil {
		t.Fatal(err)
	}
	if run, err := Newest(dir); err != nil || run != "5" {
		t.Errorf("the newest that took out is %s, %v", run, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "1.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	again := record("1", day, Out, 1, 2)
	again.Groups[0].Persons = 2
	if !reflect.DeepEqual(all[0], again) {
		t.Errorf("%v was read, of %v", all[0], again)
	}
}

// TestForget holds that records go when their time is over, and only then.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	for i, run := range []string{"1", "2"} {
		if err := Write(dir, record(run, day.AddDate(0, 0, i), Out, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Forget(dir, day.AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if all, err := Read(dir); err != nil || len(all) != 1 || all[0].Run != "2" {
		t.Errorf("%v, %v", all, err)
	}
}

// TestDamagedIsAnError holds that what cannot be read is never taken for nothing.
func TestDamagedIsAnError(t *testing.T) {
	whole := `{"run":"1","at":"2026-11-01T00:00:00Z","groups":[{"change":"out","reason":"r","persons":1,"digests":["01000000000000000000000000000000"]}]}`
	for name, text := range map[string]string{
		"empty": "", "cut off": whole[:80], "of another run": strings.Replace(whole, `"1"`, `"2"`, 1),
		"a digest too short": strings.Replace(whole, "0000000000", "", 1), "no digest": strings.Replace(whole, "01000", "x1000", 1),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "1.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(dir); err == nil {
			t.Errorf("%s: read", name)
		}
		if _, err := Newest(dir); err == nil {
			t.Errorf("%s: it has a newest", name)
		}
	}
}

// FuzzRead holds that what is read is an error or a record that can be written.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"run":"1","at":"2026-11-01T00:00:00Z","groups":[{"change":"out","digests":["01000000000000000000000000000000"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "1.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := Read(dir)
		if err != nil {
			return
		}
		if err := Write(dir, all[0]); err != nil {
			t.Error(err)
		}
		if again, err := Read(dir); len(all[0].Groups) > 0 && (err != nil || len(again) != 1) {
			t.Error(err)
		}
	})
}
