package stage

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/stage/seal"
)

// planting is what a column may hold, and what a faulty adapter might store.
var planting = map[string]struct {
	set  func(*row.Observation)
	want error
}{
	"diabetes mellitus":               {func(r *row.Observation) { r.Code = "73211009" }, nil},
	"a depressive episode":            {func(r *row.Observation) { r.Code = "F32.1" }, nil},
	"a unit of the list":              {func(r *row.Observation) { r.Unit = "mm[Hg]" }, nil},
	"a unit that is not known":        {func(r *row.Observation) { r.Unit = "{other}" }, nil},
	"a sentence":                      {func(r *row.Observation) { r.Code = "seen by Dr Smith" }, ErrUnfit},
	"a name":                          {func(r *row.Observation) { r.Code = "Featherstone" }, ErrUnfit},
	"the number of the Dictionary":    {func(r *row.Observation) { r.Code = "9434765919" }, ErrUnfit},
	"the same with hyphens":           {func(r *row.Observation) { r.ValueCode = "943-476-5919" }, ErrUnfit},
	"a postcode":                      {func(r *row.Observation) { r.Code = "ST55BG" }, ErrUnfit},
	"an address of electronic mail":   {func(r *row.Observation) { r.Code = "x@example.org" }, ErrUnfit},
	"a name as a unit":                {func(r *row.Observation) { r.Unit = "Featherstone" }, ErrUnfit},
	"a unit as it is commonly spelt":  {func(r *row.Observation) { r.Unit = "mmHg" }, ErrUnfit},
	"a code as a unit":                {func(r *row.Observation) { r.Unit = "73211009" }, ErrUnfit},
	"a unit as a code":                {func(r *row.Observation) { r.Code = "mm[Hg]" }, ErrUnfit},
	"a name as an organisation":       {func(r *row.Observation) { r.Provider = "SMITH" }, ErrUnfit},
	"a number as an organisation":     {func(r *row.Observation) { r.Provider = "9434765919" }, ErrUnfit},
	"a name as a word":                {func(r *row.Observation) { r.Status = "Featherstone" }, ErrUnfit},
	"a number with hyphens as a word": {func(r *row.Observation) { r.Status = "943-476-5919" }, ErrUnfit},
	"a number as a feed":              {func(r *row.Observation) { r.Feed = "9434765919" }, ErrUnfit},
}

// TestUnfitTextIsNotSealed stores what a faulty adapter might: the seal is the
// last place to find it.
func TestUnfitTextIsNotSealed(t *testing.T) {
	for name, tc := range planting {
		rows := make([]row.Observation, 200_000) // two row groups; the unfit row is in the second
		for i := range rows {
			rows[i].Feed, rows[i].Recorder, rows[i].Code = "ohc", row.Professional, "73211009"
		}
		tc.set(&rows[150_000])
		stage, sealed, err := sealOne(t, rows)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", name, err, tc.want)
		}
		if _, err := seal.Read(stage, "r"); (err == nil) != (tc.want == nil) {
			t.Errorf("%s: sealed: %v", name, err == nil)
		}
		if tc.want == nil && len(sealed.Parts[0].SHA256) != 64 {
			t.Errorf("%s: no checksum", name)
		}
	}
}

// sealOne seals a run of one part.
func sealOne[X row.Row](t *testing.T, rows []X) (stage string, m seal.Manifest, err error) {
	t.Helper()
	stage = t.TempDir()
	if err := seal.Make(stage, "r"); err != nil {
		t.Fatal(err)
	}
	m = seal.Manifest{Run: "r", Parts: []seal.Part{lay(t, seal.Dir(stage, "r"), record.DatasetOf[X]().String(), 0, rows)}}
	m, err = Seal(stage, m)
	return stage, m, err
}

// TestSealFillsInWhatIsMissing: a part that comes with its checksum keeps it,
// and one that comes without gets one that Verify accepts.
func TestSealFillsInWhatIsMissing(t *testing.T) {
	stage, m, err := sealOne(t, []row.Problem{{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := seal.Verify(t.Context(), stage, m); err != nil {
		t.Error(err)
	}
	given := seal.Part{Dataset: "problem", File: m.Parts[0].File, Bytes: 1, SHA256: "given"}
	m.Parts[0] = given
	if m, err = Seal(stage, m); err != nil || m.Parts[0] != given {
		t.Errorf("%+v %v", m.Parts[0], err)
	}
}

// TestEveryColumnIsHeld: every column of text that a row has is held to its
// type, the same in every row, and one that no row has holds no text.
func TestEveryColumnIsHeld(t *testing.T) {
	types := make(map[string]reflect.Type)
	all := []any{row.Person{}, row.Problem{}, row.Observation{}, row.Medication{}, row.Allergy{}, row.Immunisation{}, row.Encounter{},
		row.Procedure{}, row.Referral{}, row.Appointment{}, row.CarePlan{}, row.SelfRecord{}, row.Reading{}, row.Link{}, row.Tombstone{}, row.Exclusion{}, row.Touched{}, row.Unlinked{}}
	if len(all) != int(record.Datasets) {
		t.Errorf("%d rows of %d datasets", len(all), record.Datasets)
	}
	for _, r := range all {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(r)) {
			if f.Type.Kind() != reflect.String {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
			if was, ok := types[name]; ok && was != f.Type {
				t.Errorf("column %s is a %s and a %s", name, was, f.Type)
			}
			types[name] = f.Type
			if columns[name] == nil {
				t.Errorf("column %s of %T is not held", name, r)
			}
		}
	}
	if len(types) != len(columns) || len(types) < 20 {
		t.Errorf("%d columns of text, %d held", len(types), len(columns))
	}
	if checkOf(reflect.TypeFor[string]()) != nil || columns["name"].fit([]byte("1")) || !columns["name"].fit(nil) {
		t.Error("a column of no type holds text")
	}
	if !columns["lsoa"].fit([]byte("E01000001")) || columns["lsoa"].fit([]byte("ST55BG")) || columns["system"].fit([]byte("Smith")) {
		t.Error("an area or a system is not held to its form")
	}
}

// TestSealRefusesAColumnOfNobody seals a part with a column that no row has.
func TestSealRefusesAColumnOfNobody(t *testing.T) {
	type stranger struct {
		PersonID int64     `parquet:"person_id"`
		Name     term.Word `parquet:"name,dict"`
	}
	dir := t.TempDir()
	m := seal.Manifest{Run: "r", Parts: []seal.Part{{Dataset: "person", File: "person-000.parquet"}}}
	if err := seal.Make(dir, "r"); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(filepath.Join(seal.Dir(dir, "r"), m.Parts[0].File), []stranger{{1, "smith"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(dir, m); !errors.Is(err, ErrUnfit) {
		t.Errorf("error %v", err)
	}
}
