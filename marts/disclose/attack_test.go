package disclose

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/marts/duckdb/reader"
)

// attacker solves a released table of two dimensions with totals. It knows the
// rules as they are published, written down here a second time, and nothing of
// the code that applies them: it goes through all tables and keeps those that
// would look as the released one does.
type attacker struct {
	hide      int  // counts from 1 to this are hidden
	zeros     bool // are hidden
	round     bool // to the nearest 5
	a, b      int
	cells     []string // by place, totals last of each dimension
	smalls    []bool   // which of the cells it is told are hidden for being small
	low, high []int    // what it finds, of every place
}

func (k *attacker) looks(n int) string {
	switch {
	case n >= 1 && n <= k.hide || n == 0 && k.zeros:
		return "*"
	case k.round && n%5 < 3:
		return fmt.Sprint(n - n%5)
	case k.round:
		return fmt.Sprint(n - n%5 + 5)
	}
	return fmt.Sprint(n)
}

// agrees says that a place can be n. A star is a small number where it is told
// so, and otherwise any number that is not a shown zero.
func (k *attacker) agrees(place, n int) bool {
	if k.cells[place] != "*" {
		return k.looks(n) == k.cells[place]
	}
	return (n > 0 || k.zeros) && (!k.smalls[place] || n <= k.hide)
}

// solve tries every table in which no cell is larger than most.
func (k *attacker) solve(most int) {
	w := k.b + 1
	k.low, k.high = make([]int, len(k.cells)), make([]int, len(k.cells))
	for i := range k.low {
		k.low[i], k.high[i] = 1<<30, -1
	}
	v := make([]int, len(k.cells))
	var try func(n int)
	try = func(n int) {
		i, j := n/k.b, n%k.b
		if j == 0 && i > 0 { // a row is whole
			if v[(i-1)*w+k.b] = sumOf(v[(i-1)*w : (i-1)*w+k.b]); !k.agrees((i-1)*w+k.b, v[(i-1)*w+k.b]) {
				return
			}
		}
		if i == k.a {
			k.note(v)
			return
		}
		for x := 0; x <= most; x++ {
			if k.agrees(i*w+j, x) {
				v[i*w+j] = x
				try(n + 1)
			}
		}
	}
	try(0)
}

// note takes down a whole table, if its totals by column agree as well.
func (k *attacker) note(v []int) {
	w := k.b + 1
	for j := range w {
		total := 0
		for i := range k.a {
			total += v[i*w+j]
		}
		if v[k.a*w+j] = total; !k.agrees(k.a*w+j, total) {
			return
		}
	}
	for i, n := range v {
		k.low[i], k.high[i] = min(k.low[i], n), max(k.high[i], n)
	}
}

func sumOf(v []int) (n int) {
	for _, x := range v {
		n += x
	}
	return n
}

const crossed = `-- release: crossed
-- what: Persons by two dimensions
-- purpose: planning
-- dimensions:
--   a: one
--   b: another
-- measures:
--   n persons: all
-- totals: yes
`

// TestNobodySolves attacks released tables.
func TestNobodySolves(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id FROM range(1000)"})
	profiles := map[string]attacker{
		"hes": {hide: 7, round: true}, "sde": {hide: 9, round: true}, "ukhsa": {hide: 4, round: true}, "sacro": {hide: 9, zeros: true},
	}
	root, n, hidden, figures := t.TempDir(), 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		name := rapid.SampledFrom([]string{"hes", "sde", "ukhsa", "sacro"}).Draw(t, "profile")
		size := rapid.SampledFrom([][2]int{{1, 3}, {2, 2}, {3, 1}}).Draw(t, "size")
		k := profiles[name]
		k.a, k.b = size[0], size[1]
		counts := rapid.SliceOfN(rapid.IntRange(0, 22), k.a*k.b, k.a*k.b).Draw(t, "counts")
		k.fill(counts)
		in := crossing(t, r, name, filepath.Join(root, fmt.Sprint(n)), k.b, counts)
		out, _, err := Control(context.Background(), in)
		if err != nil {
			return // nothing leaves
		}
		defer out.Close()
		truth := k.read(t, out, counts)
		k.solve(34)
		figures += len(k.cells)
		for place, seen := range k.cells {
			if seen == "*" {
				hidden++
			}
			if least, bad := k.narrowed(place, truth); bad {
				t.Fatalf("%s: place %d is from %d to %d, not from %d to %d\n%s", name, place, k.low[place], k.high[place], least, k.hide, text(out))
			}
		}
	})
	t.Logf("%d of %d figures hidden", hidden, figures)
}

// fill puts somebody where a value would not be in the table otherwise.
func (k *attacker) fill(counts []int) {
	for i := range k.a {
		for j := range k.b {
			if sumOf(counts[i*k.b:(i+1)*k.b]) == 0 || sumOf(every(counts[j:], k.b)) == 0 {
				counts[i*k.b+j] = 1 + (i+5*j)%12
			}
		}
	}
}

// narrowed says that a small figure is hidden and is known more closely than it
// may be.
func (k *attacker) narrowed(place int, truth []int) (least int, bad bool) {
	if k.cells[place] != "*" || truth[place] > k.hide || truth[place] == 0 && !k.zeros {
		return 0, false // or is hidden so that another is
	}
	if !k.zeros {
		least = k.least(place, truth)
	}
	return least, k.low[place] > least || k.high[place] < k.hide
}

func every(v []int, step int) (out []int) {
	for i := 0; i < len(v); i += step {
		out = append(out, v[i])
	}
	return out
}

// read takes the released table, by place, and returns the true one.
func (k *attacker) read(t *rapid.T, out Released, counts []int) (truth []int) {
	w := k.b + 1
	truth = make([]int, (k.a+1)*w)
	k.cells, k.smalls = make([]string, len(truth)), make([]bool, len(truth))
	for i := range k.a {
		for j := range k.b {
			n := counts[i*k.b+j]
			for _, place := range []int{i*w + j, i*w + k.b, k.a*w + j, k.a*w + k.b} {
				truth[place] += n
			}
			k.smalls[i*w+j] = k.looks(n) == "*"
		}
	}
	for _, row := range out.Rows() {
		i, j := k.a, k.b
		fmt.Sscanf(row[0], "a%d", &i)
		fmt.Sscanf(row[1], "b%d", &j)
		k.cells[i*w+j] = row[2]
		if place := i*w + j; row[2] != "*" && row[2] != k.looks(truth[place]) {
			t.Fatalf("place %d is shown as %s, and is %d", place, row[2], truth[place])
		}
	}
	return truth
}

// least is the least that a place can be when the zeros are seen: 1 of each
// cell that is there.
func (k *attacker) least(place int, truth []int) (n int) {
	w := k.b + 1
	for i := range k.a {
		for j := range k.b {
			row, col := place/w == i || place/w == k.a, place%w == j || place%w == k.b
			if row && col && truth[i*w+j] > 0 {
				n++
			}
		}
	}
	return n
}

// crossing asks for a table with the given counts: persons one after another
// are put into its cells.
func crossing(t *rapid.T, r *reader.Reader, profile, folder string, b int, counts []int) Input {
	var rows []string
	at := 0
	for i, n := range counts {
		rows = append(rows, fmt.Sprintf("SELECT person_id, 'a%d' AS a, 'b%d' AS b FROM population WHERE person_id >= %d AND person_id < %d", i/b, i%b, at, at+n))
		at += n
	}
	q, err := Load(crossed + strings.Join(rows, " UNION ALL ") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Choose(profile)
	if err != nil {
		t.Fatal(err)
	}
	return Input{Question: q, Profile: p, Snapshot: "s1", Domain: "d1", Marts: r, Nobody: []string{"place"}, Person: digest, Key: testKey{}, Folder: folder}
}
