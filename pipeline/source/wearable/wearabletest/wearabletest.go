// Package wearabletest is what the tests of the vendors' adapters share: it
// reads a whole folder, tells readings as lines of text that can be compared,
// and finds the real payloads that stand beside the repository.
package wearabletest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/source"
)

// Rows are the readings of a folder, in their order.
type Rows []record.Of[row.Reading]

// Read reads every file of a source and returns copies of all: the readings,
// and a block with what was counted and rejected.
func Read(t testing.TB, src source.Source) (rows Rows, all record.Block) {
	t.Helper()
	list, err := src.Shards(context.Background(), source.Rows)
	if err != nil {
		t.Fatal(err)
	}
	var b record.Block
	for _, sh := range list {
		err := src.Read(context.Background(), source.Rows, sh, &b, func() error {
			for _, r := range b.Readings {
				r.Subject.ID, r.ID.ID = strings.Clone(r.Subject.ID), strings.Clone(r.ID.ID)
				rows = append(rows, r)
			}
			all.Read += b.Read
			all.Rejects = append(all.Rejects, b.Rejects...)
			for kind, n := range b.Unused {
				all.Pass(kind, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return rows, all
}

// Folder makes a folder of the given files.
func Folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// File returns a file of the package's testdata.
func File(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Line tells a reading in one line: its part and all that may be stored of it
// but for the vendor.
func Line(r record.Of[row.Reading]) string {
	const layout = "01-02 15:04:05"
	x := &r.Row
	return fmt.Sprintf("%d %s %.6g %s | %s to %s, day %s | %s %s", r.Part, x.Metric, x.Value, x.Unit,
		x.Start.Clock().Format(layout), x.End.Clock().Format(layout), x.Day.Clock().Format("01-02"), x.DeviceKind, x.Span)
}

// Same compares readings with the lines that are wanted.
func Same(t testing.TB, rows Rows, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(want), "\n")
	for i := range max(len(rows), len(lines)) {
		g, w := "none", "none"
		if i < len(rows) {
			g = Line(rows[i])
		}
		if i < len(lines) {
			w = strings.TrimSpace(lines[i])
		}
		if g != w {
			t.Fatalf("row %d:\n got %s\nwant %s", i, g, w)
		}
	}
}

// Silent checks that no stored column and nothing that is told of the input
// holds any of the words.
func Silent(t testing.TB, rows Rows, all record.Block, words ...string) {
	t.Helper()
	told := fmt.Sprint(all.Rejects, all.Unused)
	for i := range rows {
		told += fmt.Sprintf("%+v", rows[i].Row)
	}
	for _, w := range words {
		if strings.Contains(told, w) {
			t.Errorf("%q is told", w)
		}
	}
}

// Tally logs what a folder of real data came to and wants no rejects.
func Tally(t testing.TB, rows Rows, all record.Block) {
	t.Helper()
	for _, x := range all.Rejects {
		t.Errorf("line %d: %s: %s", x.Line, x.Field, x.Reason)
	}
	metrics := map[string]int{}
	for i := range rows {
		metrics[string(rows[i].Row.Metric)+" "+string(rows[i].Row.Span)]++
	}
	for _, k := range slices.Sorted(maps.Keys(metrics)) {
		t.Logf("%6d %s", metrics[k], k)
	}
	t.Logf("%6d records read, %d rejects, unused %v", all.Read, len(all.Rejects), all.Unused)
}

// Shared finds a folder of the real data that stands beside the repository,
// and skips the test where there is none.
func Shared(t testing.TB, folder string) string {
	t.Helper()
	at, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(at) != at; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			break
		}
	}
	dir := filepath.Join(at, "../shared/data", filepath.FromSlash(folder))
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real data is not beside this repository: ../shared/data")
	}
	return dir
}
