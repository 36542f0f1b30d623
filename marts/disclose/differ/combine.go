package differ

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// How far figures are added to and taken off each other. Figures that overlap, one
// with the next, are all taken together up to whole of them; of more, each new one
// is with the nearest that it overlaps. steps is how many choices of groups of
// people are looked at in each.
const (
	whole   = 96
	nearest = 24
	steps   = 1000
	widest  = 4096 // groups of people
)

// combine looks for figures that, each any number of times, added to and taken off
// each other, leave a few people and nobody else: those in two of three cohorts,
// say. It hides one of them and says so.
func (c *comparison) combine() (hidden bool) {
	for _, rows := range c.together() {
		for {
			f := c.isolates(rows)
			if f < 0 {
				break
			}
			c.gone[f], hidden = true, true
		}
	}
	return hidden
}

// fresh says that a figure is a new one that tells something new.
func (c *comparison) fresh(f int) bool { return !c.old[f] && !c.gone[f] && c.figures[f].people > 0 }

// together returns the choices of figures that are combined.
func (c *comparison) together() (out [][]int) {
	seen := make([]bool, len(c.figures))
	for f := range c.figures {
		if !c.fresh(f) || seen[f] {
			continue
		}
		if rows := c.chain(f); len(rows) <= whole {
			for _, o := range rows {
				seen[o] = true
			}
			out = append(out, rows)
			continue
		}
		out = append(out, c.around(f))
	}
	return out
}

// chain returns the figures that overlap, one with the next, from one on; it ends
// when they are too many.
func (c *comparison) chain(f int) []int {
	out, seen := []int{f}, map[int]bool{f: true}
	for i := 0; i < len(out) && len(out) <= whole; i++ {
		for _, a := range c.figures[out[i]].atoms {
			for _, o := range c.atoms[a].figures {
				if n := int(o); !seen[n] && !c.gone[n] {
					seen[n] = true
					out = append(out, n)
				}
			}
		}
	}
	return out
}

// around returns a figure with the nearest that it overlaps.
func (c *comparison) around(f int) []int {
	over := c.overlaps(f)
	out := sorted(over)
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(c.apart(f, a, over[a]), c.apart(f, b, over[b])) })
	return append([]int{f}, out[:min(len(out), nearest)]...)
}

// isolates returns a figure that must be hidden so that the given ones do not leave a
// few people; -1 where there is none.
func (c *comparison) isolates(rows []int) int {
	rows = slices.DeleteFunc(slices.Clone(rows), func(f int) bool { return c.gone[f] })
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(order(c.fresh(a)), order(c.fresh(b))) }) // what was told comes first
	if !slices.ContainsFunc(rows, c.fresh) || len(rows) < 2 {
		return -1
	}
	people, all := c.matrix(rows)
	if len(people) > widest {
		return -1
	}
	told := echelon(nil, all[:slices.IndexFunc(rows, c.fresh)], len(people))
	own := echelon(nil, c.own(rows, all, len(people)), len(people))
	h := hunt{people: people, steps: steps, harmless: func(v vector) bool { return told.holds(v, len(people)) || own.holds(v, len(people)) }}
	found := h.from(independent(all, len(people)), 0, c.limit(rows[0]))
	if found == nil {
		return -1
	}
	return c.choose(rows, found[len(people):])
}

func order(is bool) int {
	if is {
		return 1
	}
	return 0
}

// choose returns the figure that is hidden of those that are combined: one of some
// people before one of all, and then that of the fewest.
func (c *comparison) choose(rows []int, times vector) int {
	best := -1
	for i, f := range rows {
		if times[i] == 0 || !c.fresh(f) {
			continue
		}
		if best < 0 || c.figures[f].Set > c.figures[best].Set || c.figures[f].Set == c.figures[best].Set && c.figures[f].people < c.figures[best].people {
			best = f
		}
	}
	return best
}

// matrix returns the groups of people whom none of the figures tells apart, and of
// each figure which groups it counts, followed by a 1 in its own place.
func (c *comparison) matrix(rows []int) (people []int64, out []vector) {
	in := make(map[int32][]byte)
	for i, f := range rows {
		for _, a := range c.figures[f].atoms {
			in[a] = binary.AppendUvarint(in[a], uint64(i))
		}
	}
	place, of := make(map[string]int), make(map[int32]int)
	for _, f := range rows {
		for _, a := range c.figures[f].atoms {
			g, ok := place[string(in[a])]
			if !ok {
				g, place[string(in[a])], people = len(people), len(people), append(people, 0)
			}
			if _, ok := of[a]; !ok {
				of[a], people[g] = g, people[g]+c.atoms[a].people
			}
		}
	}
	for i, f := range rows {
		v := make(vector, len(people)+len(rows))
		for _, a := range c.figures[f].atoms {
			v[of[a]] = 1
		}
		v[len(people)+i] = 1
		out = append(out, v)
	}
	return people, out
}

// own returns what a set of the new table tells with its own totals of people who
// are in none of its cells that are shown: of hidden cells, which are the matter of
// package margin.
func (c *comparison) own(rows []int, all []vector, groups int) (out []vector) {
	bySet := make(map[int][]int)
	for i, f := range rows {
		if c.figures[f].release == 0 {
			bySet[c.figures[f].Set] = append(bySet[c.figures[f].Set], i)
		}
	}
	for _, of := range bySet {
		var set []vector
		shown := make([]bool, groups)
		for _, i := range of {
			set = append(set, slices.Clone(all[i]))
			for g := range shown {
				shown[g] = shown[g] || c.figures[rows[i]].Level == 0 && all[i][g] != 0
			}
		}
		for g := range shown {
			if shown[g] {
				set = without(set, g)
			}
		}
		out = append(out, set...)
	}
	return out
}
