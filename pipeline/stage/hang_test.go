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

// TestHanging holds that every record of an encounter, or with a link, that is
// among the keys is told, once, from every part and from the links that are kept;
// that no other is; and that what holds no rows of persons is passed over.
func TestHanging(t *testing.T) {
	stage := t.TempDir()
	m := seal.Manifest{Run: "r"}
	dir := seal.Dir(stage, m.Run)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	of := func(record, encounter int64) row.Key { return row.Key{RecordKey: record, EncounterKey: encounter} }
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

// TestDoomed holds that what is said of the records that had to go is told, of
// every part of the live run's state that says so, and that a part which is no
// such is an error that names no value.
func TestDoomed(t *testing.T) {
	stage := t.TempDir()
	m := seal.Manifest{Run: "r"}
	dir := seal.Dir(stage, m.Run)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	type doomed struct {
		RecordKey int64 `parquet:"record_key"`
		Root      bool  `parquet:"root"`
		Up        bool  `parquet:"up"`
		On        int64 `parquet:"on_key"`
	}
	part := func(name string, rows []doomed) seal.Part {
		if err := parquet.WriteFile(filepath.Join(dir, name), rows); err != nil {
			t.Fatal(err)
		}
		return seal.Part{Dataset: seal.Doomed, File: name}
	}
	m.State = []seal.Part{
		part("a.parquet", []doomed{{RecordKey: 1, Root: true}, {2, false, false, 1}, {2, false, true, -8}}),
		{Dataset: seal.Roster, File: "gone.bin"},
		part("b.parquet", []doomed{{-3, false, false, 2}}), part("c.parquet", nil),
	}
	var got [][2]int64
	each := func(record, on int64) { got = append(got, [2]int64{record, on}) }
	if err := Doomed(stage, m, each); err != nil || !slices.Equal(got, [][2]int64{{1, 0}, {2, 1}, {2, -8}, {-3, 2}}) {
		t.Errorf("%v, error %v", got, err)
	}
	m.State = append(m.State, lay(t, dir, "link", 1, []row.Link{{To: 10}}))
	m.State[len(m.State)-1].Dataset = seal.Touched // which is passed over
	if err := Doomed(stage, m, func(int64, int64) {}); err != nil {
		t.Error(err)
	}
	for _, p := range []seal.Part{{File: "gone.parquet"}, lay(t, dir, "problem", 0, []row.Problem{{}})} {
		p.Dataset = seal.Doomed
		if err := Doomed(stage, seal.Manifest{Run: "r", State: []seal.Part{p}}, each); err == nil {
			t.Errorf("%s was passed over", p.File)
		}
	}
}
