package stage

import (
	"fmt"
	"math"
	"testing"

	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
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
