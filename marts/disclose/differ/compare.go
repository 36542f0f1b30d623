package differ

import (
	"cmp"
	"slices"
)

// Found is what came of a comparison.
type Found struct {
	Hide     []int // figures of the new table that may not be shown
	Same     int   // figures that count exactly the people of an earlier one
	Others   int   // of these, figures that were shown by other rules then
	Releases int   // that it was compared with
	Foreign  int   // that it could not be compared with: they are of other domains
	Figures  int   // that these show
	Blind    bool  // values are added up of persons who are in a release of which nobody knows what they gave to it
}

// Compare compares the figures of the new table with each other and with those
// of the earlier releases that are named, of the domain; of all that are kept, where
// that is nil. few is the largest number of people that must not be told of.
func (s *Sheet) Compare(few int64, figures []Figure, earlier []string) (Found, error) {
	w, err := s.world(figures, earlier)
	if err != nil {
		return Found{}, err
	}
	c := &comparison{world: w, few: few, gone: make([]bool, len(w.figures)), mark: make([]bool, len(w.atoms))}
	out := Found{Releases: w.releases, Foreign: w.foreign, Figures: len(w.figures) - len(figures)}
	out.Blind = w.blind && slices.ContainsFunc(figures, func(f Figure) bool { return f.Gifts })
	c.old, out.Others = c.same()
	for q := range figures {
		if c.old[q] {
			out.Same++
		}
	}
	for again := true; again; again = c.combine() { // until nothing more is hidden
		for c.pass() {
		}
	}
	for q := range figures {
		if c.gone[q] {
			out.Hide = append(out.Hide, q)
		}
	}
	return out, nil
}

type comparison struct {
	*world
	few  int64
	old  []bool // figures of earlier releases, and new ones that count the same people
	gone []bool // hidden
	mark []bool // of atoms, while people are added up
}

// same says which figures tell nothing new, and how many were shown by other rules.
func (c *comparison) same() (old []bool, others int) {
	old = make([]bool, len(c.figures))
	for q := range c.figures {
		old[q] = c.figures[q].release > 0
	}
	for q := range c.figures {
		other := false
		for o, n := range c.overlaps(q) {
			if c.figures[q].release == 0 && c.figures[o].release > 0 && n == c.figures[q].people && n == c.figures[o].people {
				old[q] = true
				other = other || c.figures[o].By != c.figures[q].By
			}
		}
		if other {
			others++
		}
	}
	return old, others
}

// overlaps tells with which other figures a figure shares how many people.
func (c *comparison) overlaps(q int) map[int]int64 {
	out := make(map[int]int64)
	for _, a := range c.figures[q].atoms {
		for _, o := range c.atoms[a].figures {
			if int(o) != q && !c.gone[o] {
				out[int(o)] += c.atoms[a].people
			}
		}
	}
	return out
}

// pass goes through all figures once, and says whether it has hidden any.
func (c *comparison) pass() (hidden bool) {
	for q := range c.figures {
		if c.gone[q] || c.figures[q].people == 0 {
			continue
		}
		over := c.overlaps(q)
		if c.old[q] && !c.touched(over) {
			continue // nothing new comes near it
		}
		if gone := c.near(q, over); gone >= 0 {
			c.gone[gone], hidden = true, true
		} else if gone := c.union(q, over); gone >= 0 {
			c.gone[gone], hidden = true, true
		}
	}
	return hidden
}

func (c *comparison) touched(over map[int]int64) bool {
	for o := range over {
		if !c.old[o] {
			return true
		}
	}
	return false
}

// apart is how many people two figures do not share.
func (c *comparison) apart(q, o int, shared int64) int64 {
	return c.figures[q].people + c.figures[o].people - 2*shared
}

// limit is the most that two figures may not be apart by. Who gives another value
// to one than to the other is in both, once with each.
func (c *comparison) limit(q int) int64 {
	if c.figures[q].Gifts {
		return 2 * c.few
	}
	return c.few
}

// within says that two figures are of the same set of one table on two levels:
// the one may be a total of the other, which package margin looks after.
func (c *comparison) within(q, o int) bool {
	a, b := &c.figures[q], &c.figures[o]
	return a.release == 0 && b.release == 0 && a.Set == b.Set && a.Level != b.Level
}

// near looks for a figure that differs from q by a few people, and returns which
// of the two is to be hidden; -1 where there is none.
func (c *comparison) near(q int, over map[int]int64) int {
	for _, o := range sorted(over) {
		if c.old[q] && c.old[o] || c.within(q, o) {
			continue
		}
		if d := c.apart(q, o, over[o]); d >= 1 && d <= c.limit(q) {
			return c.newer(q, o)
		}
	}
	return -1
}

// newer is the one of two figures that is new; of two, the one of some people
// and not of all, and then that of fewer.
func (c *comparison) newer(q, o int) int {
	switch a, b := &c.figures[q], &c.figures[o]; {
	case c.old[q]:
		return o
	case c.old[o]:
		return q
	case a.Set != b.Set:
		if a.Set > b.Set {
			return q
		}
		return o
	case a.people < b.people:
		return q
	}
	return o
}

func sorted(m map[int]int64) (out []int) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// union looks for figures that together count nearly the people of q: those of
// one level, and then of all. It returns which figure is to be hidden, or -1.
func (c *comparison) union(q int, over map[int]int64) int {
	var all []int // nearly within q, the largest first
	for _, o := range sorted(over) {
		shared, out := over[o], c.figures[o].people-over[o]
		if out <= c.limit(q) && shared > out && c.apart(q, o, shared) > c.limit(q) {
			all = append(all, o)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(over[b], over[a]) })
	levels := slices.Clone(all)
	slices.SortStableFunc(levels, func(a, b int) int { return slices.Compare(c.place(a), c.place(b)) })
	for len(levels) > 0 {
		n := 1
		for n < len(levels) && slices.Equal(c.place(levels[n]), c.place(levels[0])) {
			n++
		}
		if gone := c.judge(q, levels[:n], over); gone >= 0 {
			return gone
		}
		levels = levels[n:]
	}
	return c.judge(q, all, over)
}

// place is the level of a release, and the set of people in it.
func (c *comparison) place(o int) []int {
	f := &c.figures[o]
	return []int{f.release, f.Level, f.Set}
}

// judge adds up figures that share nobody, the first first, and compares them
// with q.
func (c *comparison) judge(q int, figures []int, over map[int]int64) int {
	apart, taken := c.figures[q].people, []int(nil)
	var marked []int32
	for _, o := range figures {
		f := &c.figures[o]
		if slices.ContainsFunc(f.atoms, func(a int32) bool { return c.mark[a] }) {
			continue
		}
		for _, a := range f.atoms {
			c.mark[a] = true
		}
		marked = append(marked, f.atoms...)
		taken = append(taken, o)
		apart += f.people - 2*over[o]
	}
	for _, a := range marked {
		c.mark[a] = false
	}
	if apart < 1 || apart > c.limit(q) || len(taken) < 2 {
		return -1
	}
	return c.hideOne(q, taken)
}

// hideOne returns q, or else the smallest of the figures, that is new; -1 where
// none is, or where all are figures of one set of the new table.
func (c *comparison) hideOne(q int, taken []int) int {
	if !slices.ContainsFunc(taken, func(o int) bool { return !c.within(q, o) }) {
		return -1
	}
	if !c.old[q] {
		return q
	}
	slices.Reverse(taken)
	i := slices.IndexFunc(taken, func(o int) bool { return !c.old[o] })
	if i < 0 {
		return -1
	}
	return taken[i]
}
