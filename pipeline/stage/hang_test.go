package stage

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/row"
	"secondaryuse/pipeline/stage/seal"
)

type keySet map[uint64]bool

func (s keySet) Has(key uint64) bool { return s[key] }

// TestHanging holds that whoever has a record of an encounter, or with a link,
// that is among the keys is told, once, from every part and from the links that
// are kept; that nobody else is; and that what holds no rows of persons is
// passed over.
func TestHanging(t *testing.T) {
	stage := t.TempDir()
	m := seal.Manifest{Run: "r"}
	dir := seal.Dir(stage, m.Run)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	of := func(person, encounter int64) row.Key { return row.Key{PersonID: person, EncounterKey: encounter} }
	m.Parts = []seal.Part{
		lay(t, dir, "problem", 0, []row.Problem{{Key: of(1, 10)}, {Key: of(2, 20)}, {Key: of(3, 0)}}),
		lay(t, dir, "observation", 0, []row.Observation{{Key: of(1, 10)}, {Key: of(4, -5)}}),
		{Dataset: seal.Touched, File: "touched.parquet"},
	}
	m.State = []seal.Part{
		lay(t, dir, "link", 0, []row.Link{{Key: of(5, 0), To: 10}, {Key: of(6, 10), To: 30}}),
		{Dataset: seal.Locator, File: "l.bin"}, {Dataset: seal.Roster, File: "r.bin"}, {Dataset: seal.Doomed, File: "d.parquet"},
	}
	minus := int64(-5)
	for _, tc := range []struct {
		on   keySet
		want []int64
	}{
		{keySet{10: true}, []int64{1, 5}}, // a link's own encounter is told by the record's row
		{keySet{20: true, uint64(minus): true}, []int64{2, 4}},
		{keySet{30: true}, []int64{6}},
		{keySet{99: true}, nil},
	} {
		if got, err := Hanging(stage, m, tc.on); err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("on %v hang %v, want %v, error %v", tc.on, got, tc.want, err)
		}
	}
	m.Parts = append(m.Parts, seal.Part{Dataset: "allergy", File: "gone.parquet"})
	if _, err := Hanging(stage, m, keySet{10: true}); err == nil {
		t.Error("a part that is gone was passed over")
	}
}

// TestHung holds that whoever has a record that went with one of somebody among
// the given is told, once, and that what is no table of such records is passed
// over.
func TestHung(t *testing.T) {
	stage := t.TempDir()
	m := seal.Manifest{Run: "r"}
	dir := seal.Dir(stage, m.Run)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	type edge struct {
		PersonID int64 `parquet:"person_id"`
		OnPerson int64 `parquet:"on_person"`
	}
	if err := parquet.WriteFile(filepath.Join(dir, "d.parquet"), []edge{{2, 1}, {3, 1}, {2, 1}, {4, 3}, {5, 0}}); err != nil {
		t.Fatal(err)
	}
	m.State = []seal.Part{{Dataset: seal.Roster, File: "r.bin"}, {Dataset: seal.Doomed, File: "d.parquet"}}
	for _, tc := range []struct {
		on   keySet
		want []int64
	}{{keySet{1: true}, []int64{2, 3}}, {keySet{1: true, 3: true}, []int64{2, 3, 4}}, {keySet{2: true}, nil}} {
		if got, err := Hung(stage, m, tc.on); err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("with those of %v went ones of %v, want %v, error %v", tc.on, got, tc.want, err)
		}
	}
	m.State[1].File = "gone.parquet"
	if _, err := Hung(stage, m, keySet{1: true}); err == nil {
		t.Error("a part that is gone was passed over")
	}
}
