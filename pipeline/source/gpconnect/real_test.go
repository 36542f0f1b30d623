package gpconnect

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
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

// TestRealBundles reads real test records of two GP systems: every entry ends
// in a tally.
func TestRealBundles(t *testing.T) {
	for _, tc := range []struct {
		folder string
		good   bool // the numbers pass their check digit
	}{
		{"uk-fhir/NHSDigital__integration-adaptor-gp2gp/uat", false},
		{"uk-fhir/NHSDigital__nia-patient-switching-standard-adaptor", true},
	} {
		dir := sharedData(t, tc.folder)
		s := Open(dir, fhir.Person{})
		shards, err := s.Shards(context.Background(), source.Rows)
		if err != nil {
			t.Fatal(err)
		}
		tallies, all := map[string]int64{}, int64(0)
		var b record.Block
		for _, sh := range shards {
			want := entriesOf(t, filepath.Join(dir, sh.File))
			var read int64
			err := s.Read(context.Background(), source.Rows, sh, &b, func() error {
				read += b.Read
				tally(&b, tallies)
				for _, p := range b.Persons {
					if good := p.Fault == record.NoFault && !p.Number.Zero(); good != tc.good {
						t.Errorf("a person with fault %d", p.Fault)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if all += want; read != want {
				t.Errorf("%d of %d entries read", read, want)
			}
		}
		for name, n := range tallies {
			if all -= n; strings.HasPrefix(name, "rejected") && !strings.HasSuffix(name, "date: before the birth of the Patient") {
				t.Errorf("%d %s", n, name)
			}
		}
		if all != 0 {
			t.Errorf("%d entries are not accounted for", all)
		}
		for _, name := range slices.Sorted(keys(tallies)) {
			t.Logf("%s: %s: %d", filepath.Base(tc.folder), name, tallies[name])
		}
	}
}

// entriesOf counts the entries of a Bundle with encoding/json.
func entriesOf(t *testing.T, path string) int64 {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Entry []json.RawMessage }
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return int64(len(v.Entry))
}

func tally(b *record.Block, tallies map[string]int64) {
	tallies["persons"] += int64(len(b.Persons))
	for kind, n := range b.Unused {
		tallies["unused "+string(kind)] += n
	}
	for _, r := range b.Rejects {
		tallies[fmt.Sprintf("rejected %s %s: %s", r.Dataset, r.Field, r.Reason)]++
	}
	for _, l := range listsOf(b) {
		for _, h := range l.since() {
			if h.Part == 0 {
				tallies[fmt.Sprintf("kept %T", l)]++
			}
		}
	}
}

func keys(m map[string]int64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
