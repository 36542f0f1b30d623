package disclose

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"secondaryuse/marts/disclose/differ"
)

// few is the most people that a difference between two figures may not tell of:
// as many as are hidden in a cell, or, where cells are rounded and not hidden,
// as many as are too few for a mean.
func (p *Profile) few() int64 { return max(p.Hide, p.Mean-1) }

// rules tells a profile's rules from others, those of another day of its name too.
func (p *Profile) rules() string {
	q := *p
	q.Version, q.Source, q.Mark = "", "", ""
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v", q))
	return p.Name + " " + hex.EncodeToString(sum[:4])
}

// mark names a person's being in a set of a cell, or giving to it.
func (t *table) mark(level, place, set int) uint32 {
	return uint32((level*maxCells+place)*2*len(t.sets) + set)
}

// numbers returns the figures that show a number of their own, and the cells
// and sets that they are of. Totals that are sums of what is shown have none.
func (t *table) numbers(p *Profile) (out []differ.Figure, of []*cell) {
	of0 := make(map[*cell][]*cell) // of each cell, those of level 0
	for _, key := range t.levels[0].order {
		of0[t.levels[0].cells[key]] = []*cell{t.levels[0].cells[key]}
	}
	t.over(func(base, above *cell) { of0[above] = append(of0[above], base) })
	for i := range t.levels {
		l, apart := &t.levels[i], t.apart(i)
		for _, key := range l.order {
			c := l.cells[key]
			for s := range 2 * len(t.sets) {
				if !t.tells(p, l, c, s) {
					continue
				}
				f := differ.Figure{Set: s, Level: i, By: p.rules(), Gifts: s >= len(t.sets)}
				if f.Gifts && !apart {
					f.Marks = []uint32{t.mark(i, c.place, s)}
				} else {
					f.Marks = t.marks(of0[c], s)
				}
				out, of = append(out, f), append(of, c)
			}
		}
	}
	return out, of
}

// marks are those of a set in cells of level 0.
func (t *table) marks(cells []*cell, set int) (out []uint32) {
	for _, c := range cells {
		if c.people[set%len(t.sets)] > 0 {
			out = append(out, t.mark(0, c.place, set))
		}
	}
	return out
}

// tells says that a figure about a set of a cell's persons is shown.
func (t *table) tells(p *Profile, l *level, c *cell, set int) bool {
	if c.people[set%len(t.sets)] == 0 {
		return false
	}
	for m := range c.figures {
		sumOfParts := p.Totals == "parts" && l.left() > 0 && t.q.Measures[m].counted()
		if c.figures[m].hidden == "" && !sumOfParts && slices.Contains(t.about(c, m), set) {
			return true
		}
	}
	return false
}

// difference hides what would, with what was released before, tell of a few. It
// refuses a table of the same people as before by other rules, and sums of people of
// whom nobody knows what they gave to an earlier one.
func (t *table) difference(p *Profile, sheet *differ.Sheet, earlier []string) (differ.Found, error) {
	figures, of := t.numbers(p)
	found, err := sheet.Compare(p.few(), figures, earlier)
	if err == nil && found.Blind {
		err = fmt.Errorf("%w: it adds up or averages values of persons who are in a release that an earlier program has kept without what each gave to it, so that nobody can tell what both say together of one of them; next: ask for counts of persons, or for persons who are in none of these (ohc-marts releases has those that were accepted)", ErrRefused)
	}
	if err == nil && found.Others > 0 {
		err = fmt.Errorf("%w: figures of it were asked for by another profile, and both together would tell what each hides; next: ask by that profile, or withdraw the earlier request if nothing of it has left", ErrRefused)
	}
	for _, i := range found.Hide {
		for m := range t.uses {
			if f := &of[i].figures[m]; f.hidden == "" && slices.Contains(t.about(of[i], m), figures[i].Set) {
				f.hidden = difference
			}
		}
	}
	return found, err
}
