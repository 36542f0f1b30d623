package duckdb

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/stage/seal"
)

// told is a row of a dataset: what stands in its columns, as SQL. A column that
// is not named holds nothing.
type told struct {
	set   string
	cells map[string]string
}

// life is a stage in which persons' records change, in two forms: as layers, to
// go on from, and as the rows that count, which are staged anew to compare.
type life struct {
	e      *engine
	stage  string
	m      seal.Manifest
	counts map[int64][]told // by person
	inputs []catalogue.Input
	run    int
}

func newLife(t fataler, e *engine, stage string, asOf string) *life {
	inputs, err := catalogue.Inputs()
	if err != nil {
		t.Fatal(err)
	}
	return &life{e: e, stage: stage, counts: make(map[int64][]told), inputs: inputs, m: seal.Manifest{AsOf: asOf, Purpose: "planning", Epoch: "e"}}
}

// next names another run and makes its folder.
func (l *life) next(t fataler) string {
	l.run++
	name := fmt.Sprintf("r%d", l.run)
	if err := os.MkdirAll(seal.Dir(l.stage, name), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// write stages the rows of persons as parts of one layer.
func (l *life) write(t fataler, run string, layer int64, rows map[int64][]told) (out []seal.Part) {
	sets := make(map[string][]string)
	for _, person := range slices.Sorted(maps.Keys(rows)) {
		for _, r := range rows[person] {
			in := unlinkedRow
			if r.set != seal.Unlinked {
				in = l.inputs[slices.IndexFunc(l.inputs, func(in catalogue.Input) bool { return in.Name == r.set })]
			}
			sets[r.set] = append(sets[r.set], literalRow(in, person, r.cells))
		}
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		out = append(out, l.part(t, run, set, layer, strings.Join(sets[set], " UNION ALL ")))
	}
	return out
}

// unlinkedRow is what is read of the dataset seal.Unlinked.
var unlinkedRow = catalogue.Input{Name: seal.Unlinked, Columns: []catalogue.Column{
	{Name: "person_id", Type: "BIGINT"}, {Name: "feed", Type: "VARCHAR"}, {Name: "record_key", Type: "BIGINT"}}}

func (l *life) part(t fataler, run, set string, layer int64, query string) seal.Part {
	p := seal.Part{Dataset: set, File: fmt.Sprintf("%s-%d.parquet", set, layer), Layer: layer}
	if err := l.e.copyTo(context.Background(), query, filepath.Join(seal.Dir(l.stage, run), p.File)); err != nil {
		t.Fatalf("%s: %v", set, err)
	}
	return p
}

// literalRow writes a row as it is staged: nothing is a zero, an empty text, a
// NaN or the year 1970.
func literalRow(in catalogue.Input, person int64, cells map[string]string) string {
	var out []string
	for _, c := range in.Columns {
		x, ok := cells[c.Name]
		switch {
		case c.Name == "person_id":
			x = fmt.Sprint(person)
		case c.Name == "recorder" && !ok:
			x = "'professional'"
		case c.Name == "feed" && !ok:
			x = "'gp'"
		case !ok || x == "":
			x = map[string]string{"VARCHAR": "''", "DOUBLE": "'NaN'", "TIMESTAMP": "TIMESTAMP '1970-01-01'", "BOOLEAN": "false"}[c.Type]
			if x == "" {
				x = "0"
			}
		}
		out = append(out, fmt.Sprintf(`CAST(%s AS %s) AS "%s"`, x, c.Type, c.Name))
	}
	return "SELECT " + strings.Join(out, ", ")
}

// source is a manifest's rows, with what marts are built from besides.
func (l *life) source(t fataler, m seal.Manifest, from Before) Source {
	return Source{Stage: l.stage, Manifest: m, Practices: practices(), Key: testKey(t), Before: from}
}

// delta adds a layer: all rows of the persons touched, and who they are.
func (l *life) delta(t fataler, rows map[int64][]told) {
	run := l.next(t)
	for _, p := range l.m.Parts {
		if err := os.Link(filepath.Join(seal.Dir(l.stage, l.m.Run), p.File), filepath.Join(seal.Dir(l.stage, run), p.File)); err != nil {
			t.Fatal(err)
		}
	}
	first := l.m.Run == ""
	l.m.Run = run
	if !first {
		l.m.Layer++
		var who []string
		for _, p := range slices.Sorted(maps.Keys(rows)) {
			who = append(who, fmt.Sprintf("(%d::BIGINT)", p))
		}
		l.m.Parts = append(l.m.Parts, l.part(t, run, seal.Touched, l.m.Layer, "SELECT * FROM (VALUES "+strings.Join(who, ", ")+") t(person_id)"))
	}
	l.m.Parts = append(l.m.Parts, l.write(t, run, l.m.Layer, rows)...)
	for p, r := range rows {
		if l.counts[p] = r; len(r) == 0 {
			delete(l.counts, p)
		}
	}
}

// compact makes one layer of all.
func (l *life) compact(t fataler) {
	m, err := Compact(context.Background(), l.stage, l.m, l.next(t), Limits{Temp: l.stage + "/spill"})
	if err != nil {
		t.Fatal(err)
	}
	l.m = m
}

// flat is the manifest of a run of one layer with the rows that count.
func (l *life) flat(t fataler) seal.Manifest {
	m := l.m
	m.Run, m.Layer, m.Since = l.next(t), 0, 0
	m.Parts = l.write(t, m.Run, 0, l.counts)
	return m
}
