package stage

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"secondaryuse/deid/row"
	"secondaryuse/pipeline/stage/seal"
)

// shown is all that a search has shown.
type shown struct {
	ids   map[uint64]int
	texts map[string]bool
}

func (s *shown) Column(string) {}
func (s *shown) ID(id uint64)  { s.ids[id]++ }
func (s *shown) Text(b []byte) { s.texts[string(b)] = true }

// TestSearch holds that every value of every row group is shown, whatever column
// it stands in, and that a file any part of which is missing is an error.
func TestSearch(t *testing.T) {
	rows := make([]row.Observation, groupRows+10)
	rows[5] = row.Observation{Key: row.Key{PersonID: 41, RecordKey: 42, EncounterKey: 43, Part: 44}, Value: 45}
	rows[len(rows)-1] = row.Observation{Key: row.Key{PersonID: 51, Feed: "ohc"}, Code: "73211009", At: 52}
	stage, m, err := sealOne(t, rows)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(seal.Dir(stage, "r"), m.Parts[0].File)
	s := &shown{make(map[uint64]int), make(map[string]bool)}
	c, err := Search(path, s)
	if err != nil || c.Rows != int64(len(rows)) || c.Columns[0] != "person_id" || !slices.Contains(c.Columns, "value_code") {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, id := range []uint64{41, 42, 43, 44, 45, 51, 52} {
		if s.ids[id] != 1 {
			t.Errorf("%d was shown %d times", id, s.ids[id])
		}
	}
	if !s.texts["ohc"] || !s.texts["73211009"] || SaysTouched(c) {
		t.Errorf("%v", s.texts)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.parquet")
	for n := 0; n < len(whole); n += 1 + len(whole)/300 {
		if err := os.WriteFile(cut, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Search(cut, s); err == nil {
			t.Fatalf("cut off at %d of %d, and searched", n, len(whole))
		}
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/300 { // what is damaged is searched or told, and ends nothing
		whole[n] ^= 0x55
		if err := os.WriteFile(cut, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		Search(cut, s)
		whole[n] ^= 0x55
	}
	if _, err := Search(filepath.Join(t.TempDir(), "none"), s); err == nil {
		t.Error("a file that is not there was searched")
	}
}
