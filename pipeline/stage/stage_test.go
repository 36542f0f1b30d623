package stage

import (
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/stage/seal"
)

func BenchmarkObservation(b *testing.B) {
	rows := make([]row.Observation, 8192)
	codes := make([]term.Code, 50)
	for i := range codes {
		codes[i] = term.Code(fmt.Sprint(1000000 + i*37))
	}
	for i := range rows {
		r := &rows[i]
		r.PersonID = int64(i/10) * 0x9E3779B97F4A7C1
		r.Feed, r.Recorder = "ohc", row.Professional
		r.RecordKey = int64(i) * 0x1E3779B97F4A7C15
		r.EncounterKey = int64(i/5) * 0x1E3779B97F4A7C15
		r.System, r.Code = term.SNOMED, codes[i%50]
		r.Category, r.Status = "vital-signs", "final"
		r.At = term.Time(1_700_000_000_000_000 + int64(i)*1e7)
		r.Recorded = r.At + 1
		r.Version = r.At + 2
		r.Value = float64(i%300) / 10
		if i%7 == 0 {
			r.Value = math.NaN()
		}
		r.Unit = "mm[Hg]"
	}
	f, err := create[row.Observation](b.TempDir() + "/x.parquet")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(rows)))
	b.ReportAllocs()
	for b.Loop() {
		if err := f.write(rows); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := f.close(); err != nil {
		b.Fatal(err)
	}
}

func TestSealedPartsAreWhole(t *testing.T) {
	dir := t.TempDir()
	w := NewWriter(dir, 3)
	if parts, err := w.Close(); err != nil || len(parts) != 0 {
		t.Errorf("a writer that wrote nothing has parts %v, error %v", parts, err)
	}
	if _, err := create[row.Problem](dir + "/missing/x.parquet"); err == nil {
		t.Error("a part was made in a folder that is not there")
	}
	if _, err := create[row.Problem](dir + "/x.parquet"); err != nil {
		t.Fatal(err)
	}
	if _, err := create[row.Problem](dir + "/x.parquet"); err == nil {
		t.Error("a part was written over")
	}
}

// TestUnfitTextIsNotSealed stores what a faulty adapter might: the seal is the
// last place to find it.
func TestUnfitTextIsNotSealed(t *testing.T) {
	for code, want := range map[term.Code]error{
		"73211009":         nil, // diabetes mellitus
		"F32.1":            nil,
		"seen by Dr Smith": ErrUnfit,
		"9434765919":       ErrUnfit, // the number printed in the NHS Data Dictionary
		"x@example.org":    ErrUnfit,
	} {
		stage := t.TempDir()
		m := seal.Manifest{Run: "r", Parts: []seal.Part{{Dataset: "problem", File: "problem-000.parquet"}}}
		os.MkdirAll(seal.Dir(stage, "r"), 0o700)
		f, err := create[row.Problem](seal.Dir(stage, "r") + "/problem-000.parquet")
		if err != nil {
			t.Fatal(err)
		}
		rows := make([]row.Problem, 200_000) // two row groups; the unfit row is in the second
		for i := range rows {
			rows[i].Feed, rows[i].Recorder, rows[i].Code = "ohc", row.Professional, "73211009"
		}
		rows[150_000].Code = code
		if err := f.write(rows); err != nil {
			t.Fatal(err)
		}
		if _, err := f.close(); err != nil {
			t.Fatal(err)
		}
		sealed, err := Seal(stage, m)
		if !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", code, err, want)
		}
		if _, err := seal.Read(stage, "r"); (err == nil) != (want == nil) {
			t.Errorf("%s: sealed: %v", code, err == nil)
		}
		if want == nil && len(sealed.Parts[0].SHA256) != 64 {
			t.Errorf("%s: no checksum", code)
		}
	}
}

func TestVerhoeff(t *testing.T) {
	for id, want := range map[string]bool{"73211009": true, "271649006": true, "827241000000103": true, "73211008": false, "9434765919": false} {
		if verhoeff([]byte(id)) != want {
			t.Errorf("%s: %v", id, !want)
		}
	}
}
