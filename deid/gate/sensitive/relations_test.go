package sensitive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/term"
)

// concept is the i-th identifier of some that are sound.
func concept(i int) string {
	body := fmt.Sprintf("%d00", 700_000+i)
	for d := range 10 {
		if id := body + strconv.Itoa(d); sctid(id) {
			return id
		}
	}
	panic("no check digit")
}

// relation is a line of a snapshot of relationships.
func relation(below, above, kind, active string) string {
	return "1\t20260401\t" + active + "\t999000041000000102\t" + below + "\t" + above + "\t0\t" + kind + "\t900000000000011006\t900000000000451002\n"
}

const snapshotName = "sct2_Relationship_UKEDSnapshot_GB_20260401.txt"

// openWith opens a policy of one rule, by descendants of a concept, and a
// snapshot.
func openWith(t testing.TB, name, text string, of ...string) (*Gate, error) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{name: text, "policy.yaml": `name: sensitive
version: "1"
record: one-health-and-care
polarity: exclude
reviewed: 2026-11-01
valid_for: 365d
min_rules: 1
purposes: [planning]
rules: [{category: fertility, systems: [snomed], match: descendants, reason: r, statute: s, source: o, codes: ["` + strings.Join(of, `", "`) + `"]}]
`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Open(Config{Policy: filepath.Join(dir, "policy.yaml"), Relationships: []string{filepath.Join(dir, name)},
		Now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)})
}

// named is the concepts of the first n that a gate takes out.
func named(g *Gate, n int) (out []int) {
	for i := range n {
		if f := g.Explain(term.SNOMED, term.Code(concept(i))); len(f[0].Grounds) > 0 {
			out = append(out, i)
		}
	}
	return out
}

func TestDescendants(t *testing.T) {
	c := concept
	text := relationColumns + "\n" +
		relation(c(1), c(0), isA, "1") + relation(c(2), c(1), isA, "1") + relation(c(2), c(0), isA, "1") + // by two ways
		relation(c(3), c(1), isA, "0") + // no longer
		relation(c(4), c(1), "363698007", "1") + // its site, not what it is
		relation(c(0), c(5), isA, "1") + relation(c(6), c(5), isA, "1") // above, and beside
	for _, text := range []string{text, strings.ReplaceAll(text, "\n", "\r\n")} {
		g, err := openWith(t, snapshotName, text, c(0))
		if err != nil {
			t.Fatal(err)
		}
		if got := named(g, 7); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("taken out: %v", got)
		}
		if how := g.Explain("", term.Code(c(2)))[0].Grounds[0].How; how != "it is below "+c(0) {
			t.Error(how)
		}
		if !strings.Contains(g.Describe(), snapshotName+", 5 is-a relationships, sha256 ") {
			t.Error(g.Describe())
		}
	}
}

// TestRelationshipRefusals holds each way a snapshot can be wrong to its reason.
func TestRelationshipRefusals(t *testing.T) {
	c := concept
	good := relationColumns + "\n" + relation(c(1), c(0), isA, "1") + relation(c(2), c(1), isA, "1")
	for _, tc := range []struct{ name, file, text, want string }{
		{"a column that is not known", snapshotName, strings.Replace(good, "modifierId", "modifierId\tplanted", 1), ":1: columns: not the header"},
		{"a column less", snapshotName, strings.Replace(good, "\tmodifierId", "", 1), ":1: columns: not the header"},
		{"a field more", snapshotName, good + strings.Replace(relation(c(3), c(0), isA, "1"), "\n", "\tplanted\n", 1), ":4: not ten columns"},
		{"a field less", snapshotName, good + "1\t2\t1\n", ":4: not ten columns"},
		{"active", snapshotName, good + relation(c(3), c(0), isA, "planted"), ":4: active: neither"},
		{"rounded below", snapshotName, good + relation("1007761000000100", c(0), isA, "1"), ":4: sourceId"},
		{"rounded above", snapshotName, good + relation(c(3), "1007761000000100", isA, "1"), ":4: destinationId"},
		{"a cycle", snapshotName, good + relation(c(0), c(2), isA, "1"), "a concept is below itself"},
		{"a concept that is below itself", snapshotName, good + relation(c(1), c(1), isA, "1"), "a concept is below itself"},
		{"a cycle elsewhere", snapshotName, good + relation(c(7), c(8), isA, "1") + relation(c(8), c(7), isA, "1"), "a concept is below itself"},
		{"empty", snapshotName, relationColumns + "\n" + relation(c(1), c(0), isA, "0"), "empty: no active is-a"},
		{"cut off", snapshotName, good[:len(good)-3], "cut off"},
		{"a delta", "sct2_Relationship_UKEDDelta_GB_20260401.txt", good, "its name is not that of a snapshot"},
		{"stated", "sct2_StatedRelationship_UKEDSnapshot_GB_20260401.txt", good, "its name is not that of a snapshot"},
		{"of another edition", snapshotName, strings.ReplaceAll(good, c(0), c(9)), "rules[0]: codes[0] is in no relationship"},
	} {
		g, err := openWith(t, tc.file, tc.text, c(0))
		if g != nil || !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), c(0))) {
			t.Errorf("%s: %q holds what is in a file", tc.name, err)
		}
	}
}

// TestDescendantsProperty holds what is taken out to what a naive search finds,
// and that every cycle is refused, wherever it lies.
func TestDescendantsProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const n = 12
		edges := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) [2]int {
			return [2]int{rapid.IntRange(0, n-1).Draw(r, "above"), rapid.IntRange(0, n-1).Draw(r, "below")}
		}), 1, 20).Draw(r, "edges")
		edges = append(edges, [2]int{n, 0}) // the one that is asked for is there
		var reach [n + 1][n + 1]bool
		text := relationColumns + "\n"
		for _, e := range edges {
			reach[e[0]][e[1]] = true
			text += relation(concept(e[1]), concept(e[0]), isA, "1")
		}
		for k := range reach {
			for i := range reach {
				for j := range reach {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		cycle, want := false, []int(nil)
		for i := range reach {
			cycle = cycle || reach[i][i]
			if i == 0 || reach[0][i] {
				want = append(want, i)
			}
		}
		g, err := openWith(t, snapshotName, text, concept(0))
		if cycle {
			if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "below itself") {
				r.Fatalf("a cycle: %v", err)
			}
			return
		}
		if err != nil {
			r.Fatal(err)
		}
		if got := named(g, n+1); !slices.Equal(got, want) {
			r.Fatalf("taken out: %v, want %v", got, want)
		}
	})
}

// FuzzRelationships reads any line as a relationship: it is taken in, passed
// over or refused, and what was taken in has an order or none.
func FuzzRelationships(f *testing.F) {
	f.Add([]byte(strings.TrimSuffix(relation(concept(1), concept(0), isA, "1"), "\n")))
	f.Add([]byte("\t\t1\t\t\t\t\t116680003\t\t"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, line []byte) {
		h := hierarchy{number: make(map[uint64]int32)}
		_, reason := h.line(line)
		if reason != "" && len(h.edges) > 0 {
			t.Error("taken in, and refused")
		}
		if _, ok := h.order(); ok != (len(h.ids) != 1) && len(h.edges) > 0 {
			t.Errorf("%d concepts, in order: %t", len(h.ids), ok)
		}
	})
}

// TestBuiltInDescendants is that the built-in policy takes in what is below its
// concepts, by as many files as there are, and says of how many it knows nothing.
func TestBuiltInDescendants(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i, text := range []string{relation(concept(1), "86406008", isA, "1"), relation(concept(2), concept(1), isA, "1")} {
		file := filepath.Join(dir, fmt.Sprintf("sct2_Relationship_Snapshot_%d.txt", i))
		if err := os.WriteFile(file, []byte(relationColumns+"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	g, err := Open(Config{Relationships: files, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if got := named(g, 4); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("taken out: %v", got)
	}
	if d := g.Describe(); !strings.Contains(d, "_0.txt, 1 is-a") || !strings.Contains(d, "_1.txt, 1 is-a") || !strings.Contains(d, " of the concepts of its rules are in no relationship") {
		t.Error(d)
	}
	if g, err = Open(Config{Relationships: files[:1], Now: now}); err != nil || !slices.Equal(named(g, 4), []int{1}) {
		t.Errorf("of one file: %v", err)
	}
}
