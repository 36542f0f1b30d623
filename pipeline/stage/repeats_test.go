package stage

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"secondaryuse/deid/row"
	"secondaryuse/pipeline/stage/seal"
)

// lay writes rows as a part of dir.
func lay[X row.Row](t fataler, dir, dataset string, number int, rows []X) seal.Part {
	t.Helper()
	name := fmt.Sprintf("%s-%03d.parquet", dataset, number)
	p, err := create[X](filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.write(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := p.close(); err != nil {
		t.Fatal(err)
	}
	return seal.Part{Dataset: dataset, File: name, Rows: int64(len(rows))}
}

type fataler interface {
	Helper()
	Fatal(...any)
}

// Repeats tells just the keys that stand more than once, in one part or in
// several, in one dataset or in several, however many passes it takes.
func TestRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "repeats")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		few := rapid.Int64Range(-20, 20)
		key := rapid.OneOf(few, rapid.Int64(), rapid.Custom(func(t *rapid.T) int64 { return few.Draw(t, "high") << 50 }))
		keyed := rapid.Custom(func(t *rapid.T) row.Key {
			return row.Key{RecordKey: key.Draw(t, "key"), Part: rapid.SampledFrom([]int32{0, 0, 0, 1, 2}).Draw(t, "part")}
		})
		counts := make(map[int64]int)
		var parts []seal.Part
		for i := range rapid.IntRange(0, 4).Draw(t, "parts") {
			var problems []row.Problem
			var links []row.Link
			for _, k := range rapid.SliceOfN(keyed, 0, 60).Draw(t, "keys") {
				problems = append(problems, row.Problem{Key: k})
				links = append(links, row.Link{Key: k})
				if k.Part == 0 {
					counts[k.RecordKey]++
				}
			}
			dataset := []string{"problem", "encounter"}[i%2] // the columns of a key are those of any dataset
			parts = append(parts, lay(t, dir, dataset, i, problems), lay(t, dir, "link", i, links))
		}
		var want []int64
		for k, n := range counts {
			if n > 1 || k == 0 {
				want = append(want, k)
			}
		}
		slices.Sort(want)
		got, err := repeats(dir, parts, rapid.Int64Range(1, 300).Draw(t, "held"))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d %v, want %d", got, err, want) // no key of a record is 0
		}
	})
}

// Keys of several row groups are matched with their rows.
func TestRepeatsGroups(t *testing.T) {
	dir := t.TempDir()
	rows := make([]row.Problem, 2*groupRows+10)
	for i := range rows {
		rows[i].RecordKey, rows[i].Part = int64(i+1)*0x9E3779B97F4A7C1, int32(i%3)
	}
	rows[len(rows)-1].Key = rows[0].Key
	rows[len(rows)-2].Key = rows[1].Key // no first row
	got, err := Repeats(dir, []seal.Part{lay(t, dir, "problem", 0, rows)})
	if err != nil || !slices.Equal(got, []int64{rows[0].RecordKey}) {
		t.Errorf("%d %v", got, err)
	}
}

// A part whose keys lie in a dictionary, as the engine that settles may write
// them, is read as any other.
func TestRepeatsInADictionary(t *testing.T) {
	type keyed struct {
		RecordKey int64 `parquet:"record_key,dict"`
		Part      int32 `parquet:"part,dict"`
	}
	dir := t.TempDir()
	// The first word of the dictionary of parts is 1.
	rows := []keyed{{70, 1}, {70, 0}, {80, 1}, {90, 0}, {60, 0}, {60, 1}, {90, 0}, {80, 2}}
	if err := parquet.WriteFile(filepath.Join(dir, "problem-000-settled.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	parts := []seal.Part{{Dataset: "problem", File: "problem-000-settled.parquet", Rows: int64(len(rows))},
		lay(t, dir, "encounter", 0, []row.Encounter{{Key: row.Key{RecordKey: 60}}, {Key: row.Key{RecordKey: 80}}})}
	if got, err := Repeats(dir, parts); err != nil || !slices.Equal(got, []int64{60, 90}) {
		t.Errorf("%d %v, want 60 and 90", got, err)
	}
	type other struct {
		RecordKey int32 `parquet:"record_key"`
		Part      int32 `parquet:"part"`
	}
	if err := parquet.WriteFile(filepath.Join(dir, "problem-001.parquet"), []other{{1, 0}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Repeats(dir, []seal.Part{{Dataset: "problem", File: "problem-001.parquet", Rows: 1}}); err == nil {
		t.Error("read, although its keys are of another kind")
	}
}

func TestRepeatsOfDamagedPart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "problem-000.parquet"), []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Repeats(dir, []seal.Part{{Dataset: "problem", File: "problem-000.parquet", Rows: 1}}); err == nil {
		t.Error("read")
	}
	if err := parquet.WriteFile(filepath.Join(dir, "encounter-000.parquet"), []struct{ A int64 }{{1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Repeats(dir, []seal.Part{{Dataset: "encounter", File: "encounter-000.parquet", Rows: 1}}); err == nil {
		t.Error("read, although it has no keys")
	}
}
