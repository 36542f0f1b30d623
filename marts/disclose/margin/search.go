package margin

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"maps"
	"slices"
)

// nodes is how many changed tables a search looks at, and branches how many
// repairs of each it follows: the cheapest.
const (
	nodes    = 400
	branches = 12
)

// node is a table that differs from the true one in a few figures.
type node struct {
	delta map[int]int64 // of each changed figure, by how much
	gaps  map[int]int64 // of each relation that does not hold, by how much
	cost  int64         // of what would have to be hidden for it
	off   int64         // by how much its totals are wrong together
	held  int           // the figure that the search is about
}

func (n *node) rank() int64 { return n.cost + n.off + int64(len(n.delta)) }

// key is the same for the same changes.
func (n *node) key() string {
	var out []byte
	for _, i := range slices.Sorted(maps.Keys(n.delta)) {
		out = binary.AppendVarint(binary.AppendVarint(out, int64(i)), n.delta[i])
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

// search looks for a table in which figure i is to, and returns by how much it
// differs from the true one: nil where it finds none. It changes i, and then
// repairs one wrong total after another, the cheapest way first.
func (t *Table) search(i int, to int64, limit int) map[int]int64 {
	start := &node{held: i}
	open := queue{t.after(start, t.change(start, i, to-t.Quantities[i].Value, 0))}
	seen := make(map[string]bool)
	for len(open) > 0 && limit > 0 {
		n := heap.Pop(&open).(*node)
		key := n.key()
		if seen[key] {
			continue // the same changes in another order
		}
		seen[key] = true
		limit--
		if len(n.gaps) == 0 {
			return n.delta
		}
		next := t.repairs(n, t.wrong(n))
		slices.SortStableFunc(next, func(a, b change) int { return cmp.Compare(a.cost+a.off, b.cost+b.off) })
		for _, c := range next[:min(len(next), branches)] {
			heap.Push(&open, t.after(n, c))
		}
	}
	return nil
}

// wrong returns a relation that does not hold in the table: one with the fewest
// parts.
func (t *Table) wrong(n *node) int {
	found := -1
	for r := range n.gaps {
		if a := len(t.Relations[r].Parts); found < 0 || a < len(t.Relations[found].Parts) || a == len(t.Relations[found].Parts) && r < found {
			found = r
		}
	}
	return found
}

// change is one more figure that is changed in a node.
type change struct {
	i         int
	by        int64
	cost, off int64 // of the node after it
}

// change tells what the node would be after it.
func (t *Table) change(n *node, i int, by, cost int64) change {
	c := change{i, by, n.cost + cost, n.off}
	for _, u := range t.in[i] {
		c.off += size(t.gap(n, u, i, by)) - size(n.gaps[u.relation])
	}
	return c
}

func size(a int64) int64 { return max(a, -a) }

// after returns the node after a change.
func (t *Table) after(n *node, c change) *node {
	out := &node{delta: maps.Clone(n.delta), gaps: maps.Clone(n.gaps), cost: c.cost, off: c.off, held: n.held}
	if out.delta == nil {
		out.delta, out.gaps = make(map[int]int64), make(map[int]int64)
	}
	for _, u := range t.in[c.i] {
		out.gaps[u.relation] = t.gap(n, u, c.i, c.by)
		if out.gaps[u.relation] == 0 {
			delete(out.gaps, u.relation)
		}
	}
	if out.delta[c.i] += c.by; out.delta[c.i] == 0 {
		delete(out.delta, c.i)
	}
	return out
}

// gap is by how much the parts of a relation are too many (or, below 0, too
// few) for its whole, after figure i of the node has changed as well.
func (t *Table) gap(n *node, u use, i int, by int64) int64 {
	rel := &t.Relations[u.relation]
	if rel.Adds {
		return n.gaps[u.relation] + u.sign*by
	}
	at := func(j int) int64 {
		v := t.Quantities[j].Value + n.delta[j]
		if j == i {
			v += by
		}
		return v
	}
	var parts, largest int64
	for _, p := range rel.Parts {
		parts, largest = parts+at(p), max(largest, at(p))
	}
	whole := at(rel.Whole)
	if whole > parts {
		return parts - whole
	}
	return max(largest-whole, 0)
}

// repairs returns what may be changed so that the relation holds, or comes
// nearer to it: what is hidden or rounded to within what is known of it, and
// what is shown at the cost of hiding it.
func (t *Table) repairs(n *node, r int) (out []change) {
	rel, gap := &t.Relations[r], n.gaps[r]
	try := func(i int, by int64) {
		if i == n.held {
			return
		}
		q, from := &t.Quantities[i], t.Quantities[i].Value+n.delta[i]
		if from < q.Low || from > q.High { // to be hidden anyway
			if to := max(from+by, t.Floor); to != from {
				out = append(out, t.change(n, i, to-from, 0))
			}
			return
		}
		within := min(max(from+by, q.Low), q.High) - from
		if within != 0 {
			out = append(out, t.change(n, i, within, 0))
		}
		if within != by && !q.Hidden && q.Value >= max(t.Floor, 1) && from+by >= t.Floor {
			out = append(out, t.change(n, i, by, q.Value+1))
		}
	}
	try(rel.Whole, gap)
	for _, p := range rel.Parts {
		try(p, -gap)
	}
	return out
}
