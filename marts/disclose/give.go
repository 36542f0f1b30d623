package disclose

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"secondaryuse/marts/disclose/differ"
)

// part is whether a person is in a set of a cell, and what they give to the
// figures that add up its column.
type part struct {
	is   bool
	gave int64 // in hundredths; 0 where nothing is added up
	rows int64
}

// nothing is a person who is in no set.
func (t *table) nothing() []part { return make([]part, len(t.sets)) }

// columns are the columns that measures are of, each once.
func (t *table) columns() (out []string) {
	for _, s := range t.sets {
		if s.column != "" && !slices.Contains(out, s.column) {
			out = append(out, s.column)
		}
	}
	return out
}

func inHundredths(kind string, value int64) int64 {
	if kind == events {
		return value * 100
	}
	return value
}

// note takes down in which sets of the cell a person is, and what they give. Two
// sums of the same persons are not the same figure if one gives another value to
// one of them, and their difference is that person's.
func (t *table) note(c *cell, person [16]byte, in []part, sheet *differ.Sheet) error {
	for s, p := range in {
		if !p.is {
			continue
		}
		if err := sheet.Add(person, t.mark(0, c.place, s)); err != nil {
			return err
		}
		if err := t.noteGift(0, c, person, s, p, sheet); err != nil {
			return err
		}
	}
	return nil
}

// noteGift takes down what a person gives to the figures of a set.
func (t *table) noteGift(level int, c *cell, person [16]byte, s int, p part, sheet *differ.Sheet) error {
	if p.gave == 0 {
		return nil
	}
	return sheet.Add(gift(person, p), t.mark(level, c.place, len(t.sets)+s))
}

// gift names what a person gives: the same person with the same value has the
// same name in every release.
func gift(person [16]byte, p part) (out [16]byte) {
	text := binary.BigEndian.AppendUint64(person[:], uint64(p.gave))
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(text, uint64(p.rows)))
	copy(out[:], sum[:])
	return out
}

// gifts takes down what persons give to totals over cells of which some have the
// same persons: there, what they give to the total is not what they give to each.
func (in *Input) gifts(ctx context.Context, t *table, sheet *differ.Sheet) error {
	for i := range t.levels[1:] {
		if t.apart(i+1) || !slices.ContainsFunc(t.gives, func(g int) bool { return g >= 0 }) {
			continue
		}
		if err := in.ask(ctx, t.statement(i+1), func(row []any) error { return t.takeGifts(i+1, row, in.Person, sheet) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) takeGifts(level int, row []any, person func(int64) [16]byte, sheet *differ.Sheet) error {
	n := len(t.q.Dimensions)
	id, ok := row[n].(int64)
	if !ok {
		return errUnsteady
	}
	c := t.levels[level].cell(t, texts(row[:n]))
	for m, g := range t.gives {
		value, _ := row[n+2+2*m].(int64)
		rows, _ := row[n+3+2*m].(int64)
		if g < 0 || value <= 0 {
			continue
		}
		if err := t.noteGift(level, c, person(id), g, part{true, inHundredths(t.q.Measures[m].Kind, value), rows}, sheet); err != nil {
			return err
		}
	}
	return nil
}

// apart says that nobody is in two cells of level 0 that a total of the level is
// over.
func (t *table) apart(level int) bool {
	l := &t.levels[level]
	parts := make(map[*cell]int64)
	for _, base := range t.levels[0].cells {
		parts[l.cell(t, base.at)] += base.people[0]
	}
	for c, n := range parts {
		if n != c.people[0] {
			return false
		}
	}
	return true
}

// about returns the sets that a figure of the cell tells of: whom it counts; and
// of what is added up, who gives what. Where all give the same, a sum is a count.
func (t *table) about(c *cell, m int) (out []int) {
	kind, f := t.q.Measures[m].Kind, &c.figures[m]
	if use := t.uses[m]; use >= 0 && (kind != sum || f.alike()) {
		out = append(out, use)
	}
	if g := t.gives[m]; g >= 0 {
		out = append(out, len(t.sets)+g)
		if f.alike() && g != t.uses[m] {
			out = append(out, g)
		}
	}
	return out
}

// alike says that every person who gives anything gives the same.
func (f *figure) alike() bool { return len(f.most) > 0 && f.least == f.most[0] }

// weighed says that a measure gives every person of the table the same, and more
// than 1: it counts persons, and rounding such a number does not blur how many.
func (t *table) weighed(m int) bool {
	if kind := t.q.Measures[m].Kind; kind != events && kind != sum {
		return false
	}
	var each int64
	for _, c := range t.levels[0].cells {
		f := &c.figures[m]
		if c.people[t.gives[m]] == 0 {
			continue
		}
		if !f.alike() || each > 0 && f.least != each {
			return false
		}
		each = f.least
	}
	return inHundredths(t.q.Measures[m].Kind, each) > 100
}
