package disclose

import (
	"context"
	"fmt"
	"math/bits"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/marts/duckdb/reader"
)

// seen is a figure that was released, and whom it counts: bit n is person n.
type seen struct {
	release int
	total   bool
	people  uint32
}

// TestNobodyDiffersReleases has some tables released one after the other, and
// then tries every pair of figures, and every figure against every choice of
// the cells of one table: none may differ by 1 to 4 people, which the profile
// ukhsa hides.
func TestNobodyDiffersReleases(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id FROM range(32)"})
	root, n, told := t.TempDir(), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		var all []seen
		for release := range 3 {
			sql, cells := split(t)
			in := crossed1(t, r, filepath.Join(root, fmt.Sprint(n)), sql)
			table, _, err := Control(context.Background(), in)
			if err != nil {
				continue // nothing leaves
			}
			for _, row := range table.Rows() {
				f := seen{release, row[0] == "Total", cells[row[0]]}
				if row[1] != "*" && !known(all, f) {
					all = append(all, f)
				}
			}
			if err := table.Keep(fmt.Sprint("r", release)); err != nil {
				t.Fatal(err)
			}
			if why := differs(all, 4); why != "" {
				t.Fatal(why)
			}
		}
		told += len(all)
	})
	t.Logf("%d of %d figures told, those told before left out", told, 9*n)
}

// split draws a table of some people in two cells: its SELECT, and who is in
// what.
func split(t *rapid.T) (sql string, cells map[string]uint32) {
	low, high := rapid.IntRange(0, 6).Draw(t, "from"), rapid.IntRange(22, 31).Draw(t, "to")
	cut := rapid.IntRange(low+1, high).Draw(t, "cut")
	out := rapid.Uint32().Draw(t, "out") & rapid.Uint32().Draw(t, "some") & rapid.Uint32().Draw(t, "of them")
	cells = make(map[string]uint32)
	who := []string{"-1"} // nobody
	for p := low; p < high; p++ {
		if out>>p&1 == 1 {
			continue
		}
		who = append(who, fmt.Sprint(p))
		cells[map[bool]string{true: "a", false: "b"}[p < cut]] |= 1 << p
		cells["Total"] |= 1 << p
	}
	return fmt.Sprintf("SELECT person_id, CASE WHEN person_id < %d THEN 'a' ELSE 'b' END AS a FROM population WHERE person_id IN (%s)", cut, strings.Join(who, ", ")), cells
}

// crossed1 asks for persons by one dimension, with totals.
func crossed1(t *rapid.T, r *reader.Reader, folder, sql string) Input {
	q, err := Load(strings.Replace(crossed, "--   b: another\n", "", 1) + sql)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Choose("ukhsa")
	if err != nil {
		t.Fatal(err)
	}
	return Input{Question: q, Profile: p, Snapshot: "s1", Domain: "d1", Marts: r, Nobody: []string{"place"}, Person: digest, Key: testKey{}, Folder: folder}
}

// known says that the people were told of in an earlier release.
func known(all []seen, f seen) bool {
	for _, o := range all {
		if o.people == f.people && o.release < f.release {
			return true
		}
	}
	return false
}

// differs looks for two figures, or a figure and both cells of another table,
// that are nearly of the same people. A table's own total is left to the test
// that solves tables.
func differs(all []seen, few int) string {
	near := func(a, b uint32) bool { d := bits.OnesCount32(a ^ b); return a&b != 0 && d >= 1 && d <= few }
	for i, f := range all {
		for j, o := range all {
			if j != i && near(f.people, o.people) && (f.release != o.release || f.total == o.total) {
				return fmt.Sprintf("%+v and %+v", f, o)
			}
			for _, u := range all {
				if u.release == o.release && !u.total && !o.total && f.release != o.release && near(f.people, o.people|u.people) {
					return fmt.Sprintf("%+v and both of %+v and %+v", f, o, u)
				}
			}
		}
	}
	return ""
}
