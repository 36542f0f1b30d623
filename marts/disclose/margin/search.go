package margin

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"maps"
	"slices"
)

// nodes is how many changed tables a search looks at, wide how many cells of a
// figure it tries in each, and branches how many repairs it follows: the
// cheapest.
const (
	nodes    = 400
	wide     = 64
	branches = 12
)

// node is a table that differs from the true one in a few cells, and in the
// totals that follow from them.
type node struct {
	delta map[int]int64 // of each changed figure, by how much; of totals, too
	paid  map[int]bool  // figures that would have to be hidden for it
	cost  int64         // of hiding these
	off   int64         // by how much figures are outside what is known of them
	wrong map[int]bool  // which figures, and relations (below 0), are
}

func (n *node) rank() int64 { return n.cost + n.off + int64(len(n.paid)) }

// key is the same for the same changes.
func (n *node) key() string {
	var out []byte
	for _, i := range slices.Sorted(maps.Keys(n.delta)) {
		if n.delta[i] != 0 {
			out = binary.AppendVarint(binary.AppendVarint(out, int64(i)), n.delta[i])
		}
	}
	for _, i := range slices.Sorted(maps.Keys(n.paid)) {
		out = binary.AppendVarint(out, int64(-i-1))
	}
	return string(out)
}

type queue []*node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].rank() < q[j].rank() }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*node)) }
func (q *queue) Pop() any {
	old := *q
	n := old[len(old)-1]
	*q = old[:len(old)-1]
	return n
}

// aim is the figure that a search is about, and what it is to be.
type aim struct {
	figure int
	to     int64
}

// search looks for a table in which a figure is what it is to be, and returns
// by how much it differs from the true one: nil where it finds none. It repairs
// one wrong figure after another, the cheapest way first.
func (t *Table) search(a aim, limit int) map[int]int64 {
	start := &node{delta: map[int]int64{}, wrong: map[int]bool{}}
	start.note(a.figure, 0, t.distance(a, start, a.figure))
	open, seen := queue{start}, make(map[string]bool)
	for len(open) > 0 && limit > 0 {
		n := heap.Pop(&open).(*node)
		key := n.key()
		if seen[key] {
			continue // the same changes in another order
		}
		seen[key] = true
		limit--
		if len(n.wrong) == 0 {
			return n.delta
		}
		next := t.repairs(a, n)
		slices.SortStableFunc(next, func(a, b *node) int { return cmp.Compare(a.rank(), b.rank()) })
		for _, c := range next[:min(len(next), branches)] {
			heap.Push(&open, c)
		}
	}
	return nil
}

func size(a int64) int64 { return max(a, -a) }

// repairs returns what may be done about a figure that is outside what is known
// of it: to change a cell that it is made of, or to hide it.
func (t *Table) repairs(a aim, n *node) (out []*node) {
	i := slices.Min(slices.Collect(maps.Keys(n.wrong)))
	if i < 0 {
		return t.mend(a, n, -i-1)
	}
	by := t.distance(a, n, i)
	for _, c := range t.easiest(t.cells[i]) {
		out = t.move(out, a, n, c, by)
	}
	q := &t.Quantities[i]
	if i != a.figure && !q.Hidden && !n.paid[i] && q.Value >= max(t.Floor, 1) {
		out = append(out, t.after(a, n, i, 0, true))
	}
	return out
}

// easiest returns the cells that are tried: those that are hidden, and then the
// smallest.
func (t *Table) easiest(cells []int) []int {
	if len(cells) <= wide {
		return cells
	}
	cost := func(i int) int64 {
		q := &t.Quantities[i]
		switch {
		case q.Hidden:
			return -1
		case q.Value == 0 && q.High == 0:
			return Most // a zero that is shown stays one
		}
		return q.Value
	}
	cells = slices.Clone(cells)
	slices.SortStableFunc(cells, func(a, b int) int { return cmp.Compare(cost(a), cost(b)) })
	return cells[:wide]
}

// mend repairs a relation that does not add up: by its parts or its whole.
func (t *Table) mend(a aim, n *node, r int) (out []*node) {
	gap := t.gap(n, r)
	for _, c := range t.easiest(t.cells[t.Relations[r].Whole]) {
		out = t.move(out, a, n, c, gap)
	}
	for _, p := range t.easiest(t.Relations[r].Parts) {
		for _, c := range t.easiest(t.cells[p]) {
			out = t.move(out, a, n, c, -gap)
		}
	}
	return out
}

// move adds the tables in which a cell is changed by so much: as far as it goes
// within what is known of it, and all the way, where it is hidden for that.
func (t *Table) move(out []*node, a aim, n *node, c int, by int64) []*node {
	from := t.Quantities[c].Value + n.delta[c]
	low, high := t.known(a, n, c)
	if within := min(max(from+by, low), high) - from; within != 0 {
		out = append(out, t.after(a, n, c, within, false))
	}
	q := &t.Quantities[c]
	if to := from + by; (to < low || to > high) && c != a.figure && !q.Hidden && !n.paid[c] && q.Value >= max(t.Floor, 1) && to >= t.Floor {
		out = append(out, t.after(a, n, c, by, true))
	}
	return out
}

// known is what is known of a figure in the node.
func (t *Table) known(a aim, n *node, i int) (low, high int64) {
	q := &t.Quantities[i]
	switch {
	case i == a.figure:
		return a.to, a.to
	case n.paid[i]:
		return t.Floor, Most
	}
	return q.Low, q.High
}

// distance is by how much a figure would have to change to be what is known of
// it.
func (t *Table) distance(a aim, n *node, i int) int64 {
	v := t.Quantities[i].Value + n.delta[i]
	low, high := t.known(a, n, i)
	return min(max(v, low), high) - v
}

// gap is by how much the parts of a relation are too many (or, below 0, too
// few) for its whole.
func (t *Table) gap(n *node, r int) int64 {
	rel := &t.Relations[r]
	var parts, largest int64
	for _, p := range rel.Parts {
		v := t.Quantities[p].Value + n.delta[p]
		parts, largest = parts+v, max(largest, v)
	}
	whole := t.Quantities[rel.Whole].Value + n.delta[rel.Whole]
	if rel.Adds || whole > parts {
		return parts - whole
	}
	return max(largest-whole, 0)
}

// after returns the node after a cell, and with it all its totals, has changed;
// or after a figure was hidden.
func (t *Table) after(a aim, n *node, c int, by int64, hide bool) *node {
	out := &node{delta: n.delta, paid: n.paid, cost: n.cost, off: n.off, wrong: maps.Clone(n.wrong)}
	touched := []int{c}
	if by != 0 {
		out.delta = maps.Clone(n.delta)
		touched = t.above[c]
		for _, i := range touched {
			out.delta[i] += by
		}
	}
	if hide {
		if out.paid = maps.Clone(n.paid); out.paid == nil {
			out.paid = make(map[int]bool)
		}
		out.paid[c] = true
		out.cost += t.Quantities[c].Value + 1
	}
	for _, i := range touched {
		out.note(i, t.distance(a, n, i), t.distance(a, out, i))
	}
	if by != 0 {
		for _, r := range t.loose[c] {
			out.note(-r-1, t.gap(n, r), t.gap(out, r))
		}
	}
	return out
}

// note takes down by how much a figure or relation was and is wrong.
func (n *node) note(i int, was, is int64) {
	n.off += size(is) - size(was)
	if delete(n.wrong, i); is != 0 {
		n.wrong[i] = true
	}
}
