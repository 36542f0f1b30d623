package duckdb

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"secondaryuse/pipeline/stage/seal"
)

// TestSettleGoesOn settles a run, and another that goes on from what the first
// keeps. Record 1 is excluded, and excluded again when its person is touched;
// 2 hangs on it, 3 of somebody else on 2, and 4 of a third person on 3.
func TestSettleGoesOn(t *testing.T) {
	e := testEngine(t)
	row := func(record, person, encounter int64) staged {
		return staged{set: "encounter", feed: "a", record: record, person: person, encounter: encounter}
	}
	link := func(record, to int64) staged { // of what is not stored
		return staged{set: "link", feed: "a", record: record, to: to, whole: true}
	}
	root := staged{set: "exclusion", feed: "a", record: 1}
	first := t.TempDir()
	got, err := Settle(context.Background(), first, lay(t, e, first, []staged{
		row(1, 1, 0), row(2, 1, 1), row(3, 2, 2), row(4, 3, 3), row(5, 3, 0), root,
	}), nil, true, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(got.Parts, func(p seal.Part) bool { return p.Dataset == seal.Doomed })
	kept := got.Parts[i]
	if edges := hungIn(t, e, filepath.Join(first, kept.File)); !slices.Equal(edges, [][2]int64{{2, 3}, {3, 2}, {3, 4}, {4, 3}}) || kept.Rows != 6 {
		t.Errorf("of %d rows there hang on such as may stay: %v", kept.Rows, edges)
	}
	for name, tc := range map[string]struct {
		touched    []staged
		rows       []staged
		stay, gone []int64
	}{
		"nobody is touched":                 {nil, []staged{row(6, 4, 4), row(7, 4, 0)}, []int64{7}, []int64{6}},
		"it is as it was":                   {[]staged{{person: 1}}, []staged{row(1, 1, 0), row(2, 1, 1), row(8, 1, 0), root}, []int64{8}, []int64{1, 2}},
		"what hung on it does not":          {[]staged{{person: 1}, {person: 2}, {person: 3}}, []staged{row(1, 1, 0), row(2, 1, 0), row(3, 2, 2), row(4, 3, 3), row(5, 3, 0), root}, []int64{2, 3, 4, 5}, []int64{1}},
		"what hung on it is left out":       {[]staged{{person: 1}, {person: 2}, {person: 3}}, []staged{link(2, 1), row(3, 2, 2), row(4, 3, 3), root}, nil, []int64{3, 4}},
		"what is left out hangs on another": {[]staged{{person: 1}, {person: 2}, {person: 3}}, []staged{link(2, 9), row(3, 2, 2), row(4, 3, 3), root}, []int64{3, 4}, nil},
		"what hangs on one not touched":     {[]staged{{person: 3}}, []staged{row(4, 3, 3), row(5, 3, 0)}, []int64{5}, []int64{4}},
		"it is not excluded any more":       {[]staged{{person: 1}}, []staged{row(1, 1, 0), row(2, 1, 1)}, nil, []int64{1, 2}},
		"it is excluded, and nothing stays": {[]staged{{person: 1}}, []staged{row(1, 1, 0), root}, nil, []int64{1}},
	} {
		dir := t.TempDir()
		for i := range tc.touched {
			tc.touched[i].set = seal.Touched
		}
		parts := lay(t, e, dir, append(tc.touched, tc.rows...))
		was := kept
		was.File = "was.parquet"
		if err := os.Link(filepath.Join(first, kept.File), filepath.Join(dir, was.File)); err != nil {
			t.Fatal(err)
		}
		got, err := Settle(context.Background(), dir, append(parts, was), nil, true, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		present(t, dir, got.Parts)
		var stay []int64
		touched := 0
		for _, r := range left(t, e, dir, slices.DeleteFunc(got.Parts, func(p seal.Part) bool { return p.Dataset == seal.Doomed })) {
			if r.set == seal.Touched {
				touched++
			} else {
				stay = append(stay, r.record)
			}
		}
		linked := int64(0)
		for _, tally := range got.Tallies {
			if tally.End == Linked {
				linked += tally.Records
			}
		}
		if !slices.Equal(stay, tc.stay) || linked != int64(len(tc.gone)) || touched != len(tc.touched) {
			t.Errorf("%s: %v stay and %d go, want %v and %v; %d touched", name, stay, linked, tc.stay, tc.gone, touched)
		}
	}
}

// hungIn reads which records hang on which.
func hungIn(t *testing.T, e *engine, path string) (out [][2]int64) {
	t.Helper()
	err := e.each(context.Background(), "SELECT record_key, on_key FROM read_parquet("+text(path)+") WHERE on_key <> 0 ORDER BY ALL", func(scan func(...any) error) error {
		var pair [2]int64
		err := scan(&pair[0], &pair[1])
		out = append(out, pair)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
