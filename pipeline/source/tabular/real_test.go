package tabular

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// sharedData returns a folder of the project's real data, or skips the test.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real data is not on this machine")
	}
	return dir
}

// census is what became of a feed.
type census struct {
	read, unused int64
	rows         map[string]int // by dataset
	rejects      map[string]int // by field and reason
	texts        []string       // every row, but for its line
	persons      map[string]bool
	systems      map[term.System]int // of the codings of rows with Part 0
}

func take(t *testing.T, s source.Source) census {
	t.Helper()
	c := census{rows: map[string]int{}, rejects: map[string]int{}, persons: map[string]bool{}, systems: map[term.System]int{}}
	readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
		c.read += b.Read
		for _, r := range b.Rejects {
			c.rejects[string(r.Dataset)+" "+r.Field+": "+r.Reason]++
		}
		for i := range b.Encounters {
			for _, x := range b.Encounters[i].Codings {
				c.systems[x.System]++
			}
			c.persons[fmt.Sprint(b.Encounters[i].Number)] = true
			h := &b.Encounters[i].Head
			h.Line, h.From, h.Size = 0, 0, 0
		}
		for i := range b.Problems {
			h := &b.Problems[i].Head
			h.Line, h.From, h.Size = 0, 0, 0
		}
		for i := range b.Procedures {
			h := &b.Procedures[i].Head
			h.Line, h.From, h.Size = 0, 0, 0
		}
		for i := range b.Persons {
			h := &b.Persons[i].Head
			h.Line, h.From, h.Size = 0, 0, 0
		}
		v := reflect.ValueOf(b).Elem()
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).Kind() != reflect.Slice || name == "Rejects" {
				continue
			}
			for j := range v.Field(i).Len() {
				c.rows[name]++
				c.texts = append(c.texts, fmt.Sprintf("%s %+v", name, v.Field(i).Index(j)))
			}
		}
	})
	slices.Sort(c.texts)
	return c
}

// TestArtificialHES reads Artificial HES through the presets: nothing is
// rejected, nothing is lost, and CSV and Parquet give the same rows.
func TestArtificialHES(t *testing.T) {
	dir := sharedData(t, "uk-tabular/CUREd-Plus__cuRed")
	for _, tc := range []struct {
		preset, csv, parquet string
		lines, persons       int
	}{
		{"hes-apc", "apc/artificial_hes_apc_0102_truncated.csv", "apc/artificial_hes_apc_0102_truncated.parquet", 2075, 994},
		{"hes-ae", "ae/artificial_hes_ae_0708_truncated.csv", "ae/artificial_hes_ae_0708_truncated.parquet", 1000, 672},
	} {
		var both []census
		for _, file := range []string{tc.csv, tc.parquet} {
			s, err := Open(dir, []Table{{File: file, Preset: tc.preset}})
			if err != nil {
				t.Fatal(err)
			}
			c := take(t, s)
			t.Logf("%s: read %d, rows %v, rejects %v, codings %v, persons %d", file, c.read, c.rows, c.rejects, c.systems, len(c.persons))
			if c.read != int64(tc.lines) || c.rows["Encounters"] != tc.lines || len(c.rejects) > 0 || len(c.persons) != tc.persons {
				t.Errorf("%s: %d lines of %d persons, want %d of %d and no reject", file, c.read, len(c.persons), tc.lines, tc.persons)
			}
			both = append(both, c)
		}
		if !slices.Equal(both[0].texts, both[1].texts) {
			for i := range both[0].texts {
				if i >= len(both[1].texts) || both[0].texts[i] != both[1].texts[i] {
					t.Fatalf("%s: CSV and Parquet differ:\n%s\n%s", tc.preset, both[0].texts[i], both[1].texts[min(i, len(both[1].texts)-1)])
				}
			}
		}
	}
}

func TestPresetsCompile(t *testing.T) {
	for _, name := range Presets() {
		if _, err := Open("x", []Table{{File: "x", Preset: name}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		numbered := Table{File: "x", Preset: name, Columns: map[string][]string{"nhs_number": {"NHS_NUMBER"}}}
		c, err := compile(numbered)
		if err != nil || c.local || c.columns[nhsNumber][0].name != "NHS_NUMBER" {
			t.Errorf("%s with an NHS number instead: %v", name, err)
		}
	}
}
