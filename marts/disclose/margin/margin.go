// Package margin keeps hidden figures of a table from being computed out of
// its totals. It proves by example: of every figure that must stay hidden it
// finds two tables that agree with all that is shown, one in which the figure
// is as small as it may be thought to be and one in which it is as large.
// Whoever solves the totals finds both of them, and so cannot narrow the figure.
// Where no such table is found more is hidden, until it is. A search that gives
// up early hides too much and never too little.
//
// What a reader is taken to know: each shown figure to within its rounding, of
// each hidden one what Quantity says, that parts make up their total, and which
// cells are hidden because they are small. Not known is why a total is hidden,
// and of other hidden figures more than that they are at least Table.Floor.
package margin

import (
	"errors"
	"math"
	"slices"
)

// Quantity is one figure: a cell or a total.
type Quantity struct {
	Value     int64 // the true one; at least 0
	Low, High int64 // what is known of it: when shown, by its rounding
	Hidden    bool
	Protected bool  // hidden, and nobody may narrow it to less than:
	From, To  int64 // this, where it holds Value
}

// Relation says what a total is made of.
type Relation struct {
	Whole int
	Parts []int
	Adds  bool // the parts add up to it; otherwise it is at least each, and at most their sum
}

// Table is a table with its totals.
type Table struct {
	Quantities []Quantity
	Relations  []Relation
	Floor      int64 // the least that a hidden figure can be: 1 where zeros are shown
	in         [][]use
	cells      [][]int // of each figure, those that it is the sum of: itself, if of none
	above      [][]int // of each of these, itself and the figures that it is in
	loose      [][]int // of each of these, the relations that do not follow from that
}

// use is a relation that a quantity is in.
type use struct {
	relation int
	sign     int64 // 1 as a part, -1 as the whole
}

// Most is what is known of a figure without an upper limit.
const Most = math.MaxInt64 / 4

// ErrUnprotected says that not even hiding all totals would do.
var ErrUnprotected = errors.New("a hidden figure can be computed whatever else is hidden")

// Protect hides further figures until no protected one can be narrowed, and
// returns which it has hidden.
func (t *Table) Protect() ([]int, error) {
	t.index()
	var more []int
	for i := range t.Quantities {
		q := &t.Quantities[i]
		if !q.Protected {
			continue
		}
		for _, to := range []int64{t.least(i), q.To} {
			hidden, err := t.free(i, to)
			more = append(more, hidden...)
			if err != nil {
				return more, err
			}
		}
	}
	return more, nil
}

func (t *Table) index() {
	n := len(t.Quantities)
	t.in, t.cells, t.above, t.loose = make([][]use, n), make([][]int, n), make([][]int, n), make([][]int, n)
	for r, rel := range t.Relations {
		t.in[rel.Whole] = append(t.in[rel.Whole], use{r, -1})
		for _, p := range rel.Parts {
			t.in[p] = append(t.in[p], use{r, 1})
		}
	}
	for i := range t.Quantities {
		t.cells[i] = t.madeOf(i)
		for _, c := range t.cells[i] {
			t.above[c] = append(t.above[c], i)
		}
	}
	for r, rel := range t.Relations {
		var of []int
		for _, p := range rel.Parts {
			of = append(of, t.cells[p]...)
		}
		slices.Sort(of)
		if rel.Adds && slices.Equal(of, t.cells[rel.Whole]) {
			continue // it holds whatever the cells are
		}
		of = append(of, t.cells[rel.Whole]...)
		slices.Sort(of)
		for _, c := range slices.Compact(of) {
			t.loose[c] = append(t.loose[c], r)
		}
	}
}

// madeOf returns the cells that a figure is the sum of, in order: a total that
// does not add up stands for itself, as a cell does.
func (t *Table) madeOf(i int) []int {
	if t.cells[i] != nil {
		return t.cells[i]
	}
	for _, u := range t.in[i] {
		if rel := &t.Relations[u.relation]; u.sign < 0 && rel.Adds {
			var out []int
			for _, p := range rel.Parts {
				out = append(out, t.madeOf(p)...)
			}
			slices.Sort(out)
			return out
		}
	}
	return []int{i}
}

// least is the least that a figure can be thought to be, whatever is hidden:
// the parts of it that are there are at least Floor each.
func (t *Table) least(i int) int64 {
	q := &t.Quantities[i]
	return min(max(q.From, t.floor(i)), q.Value)
}

func (t *Table) floor(i int) int64 {
	for _, u := range t.in[i] {
		if rel := &t.Relations[u.relation]; u.sign < 0 && rel.Adds {
			var parts int64
			for _, p := range rel.Parts {
				parts += t.floor(p)
			}
			return parts
		}
	}
	return min(t.Floor, t.Quantities[i].Value)
}

// free makes sure that the figure can be thought to be the given one.
func (t *Table) free(i int, to int64) (hidden []int, err error) {
	for _, limit := range []int{nodes, 20 * nodes} {
		w := t.search(aim{i, to}, limit)
		if w != nil {
			return append(hidden, t.open(w)...), nil
		}
		hidden = append(hidden, t.hideAbove(i)...) // then it hangs on nothing that is shown
	}
	return hidden, ErrUnprotected
}

// open hides what a table that was found changes beyond what is known of it.
func (t *Table) open(w map[int]int64) (hidden []int) {
	for i, d := range w {
		q := &t.Quantities[i]
		if v := q.Value + d; !q.Hidden && (v < q.Low || v > q.High) {
			t.hide(i)
			hidden = append(hidden, i)
		}
	}
	return hidden
}

func (t *Table) hide(i int) {
	q := &t.Quantities[i]
	q.Hidden, q.Low, q.High = true, t.Floor, Most
}

// hideAbove hides every total that the figure, or a part of it, is in.
func (t *Table) hideAbove(i int) (hidden []int) {
	seen := make(map[int]bool)
	var up, down func(i int)
	up = func(i int) {
		for _, u := range t.in[i] {
			if whole := t.Relations[u.relation].Whole; u.sign > 0 && !seen[whole] {
				seen[whole] = true
				if !t.Quantities[whole].Hidden {
					t.hide(whole)
					hidden = append(hidden, whole)
				}
				up(whole)
			}
		}
	}
	down = func(i int) {
		up(i)
		for _, u := range t.in[i] {
			if u.sign < 0 {
				for _, p := range t.Relations[u.relation].Parts {
					down(p)
				}
			}
		}
	}
	down(i)
	return hidden
}
