package disclose

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"secondaryuse/marts/disclose/margin"
)

// hideMeans hides a mean or median over cells of which one is hidden: with the
// others' it would tell of that.
func (t *table) hideMeans() {
	t.over(func(base, above *cell) {
		for m := range base.figures {
			if t.uses[m] >= 0 && !t.q.Measures[m].counted() && base.figures[m].hidden != "" && base.people[t.uses[m]] > 0 && above.figures[m].hidden == "" {
				above.figures[m].hidden = secondary
			}
		}
	})
}

// protect hides what lets one compute a hidden figure from totals, where totals
// tell more than their parts do. A figure that is hidden for this takes the
// others of its cell with it: a count of persons bounds that of their events.
func (t *table) protect(p *Profile) error {
	if p.Totals == "parts" || !t.q.Totals {
		return nil
	}
	for m := range t.q.Measures {
		if !t.q.Measures[m].counted() {
			continue
		}
		if err := t.protectOne(p, m); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrRefused, t.q.Measures[m].Name, err)
		}
	}
	return nil
}

func (t *table) protectOne(p *Profile, m int) error {
	var cells []*cell
	place := make(map[*cell]int)
	tab := margin.Table{Floor: 1}
	if p.Zeros == "hidden" {
		tab.Floor = 0
	}
	t.all(func(l *level, c *cell) {
		place[c] = len(cells)
		cells = append(cells, c)
		tab.Quantities = append(tab.Quantities, p.quantity(t.q.Measures[m].Kind, &c.figures[m], c.people[t.uses[m]], l.left() > 0))
	})
	tab.Relations = t.relations(place, m)
	more, err := tab.Protect()
	if errors.Is(err, margin.ErrUnprotected) {
		return err
	}
	for _, i := range more {
		for o := range cells[i].figures {
			if f := &cells[i].figures[o]; f.hidden == "" && t.uses[o] >= 0 {
				f.hidden = secondary
			}
		}
	}
	return err
}

// quantity is what is known of a figure, and how well it must stay hidden: a
// small count may be each small count, others must not be known closer than a
// small count or, of a sum, than the profile's part of it; and what few people have
// not closer than what one of them, or as many as are few, would have.
func (p *Profile) quantity(kind string, f *figure, people int64, total bool) margin.Quantity {
	q := margin.Quantity{Value: f.value, Hidden: f.hidden != "", High: margin.Most}
	least := int64(1)
	if p.Zeros == "hidden" {
		least = 0
	}
	unit := int64(1)
	if kind == sum {
		unit = 100
	}
	switch {
	case !q.Hidden:
		q.Low, q.High = p.interval(f.value, kind == sum)
	case f.hidden == secondary:
		q.Low = least
	case f.hidden == small && kind != sum && f.value <= p.Hide:
		q.Protected, q.Low, q.From, q.To = true, least, least, p.Hide
		if !total { // nobody is told why a total is hidden
			q.High = p.Hide
		}
	default:
		around := max(p.Hide*unit, int64(math.Ceil(p.Ratio*float64(f.value))))
		q.Protected, q.Low = true, min(least, f.value)
		q.From, q.To = max(q.Low, f.value-around), f.value+around
		if f.hidden == fewPeople && people > 0 {
			q.From, q.To = max(q.Low, min(q.From, f.value/people)), max(q.To, f.value/people*p.few())
		}
	}
	return q
}

// interval is what is known of a figure from what is shown of it. A sum is
// known in hundredths.
func (p *Profile) interval(v int64, hundredths bool) (low, high int64) {
	if hundredths {
		low, high = p.interval((v+50)/100, false)
		return max(low*100-50, 0), high*100 + 49
	}
	shown := p.rounded(v)
	switch p.Round {
	case "nearest":
		low, high = shown-p.Base/2, shown+(p.Base-1)/2
	case "midpoint":
		if v > 0 {
			high = (v + p.Base - 1) / p.Base * p.Base
			low = high - p.Base + 1
		}
	default:
		low, high = v, v
	}
	if v == 0 {
		return 0, 0
	}
	return min(max(low, p.Hide+1), v), high
}

// relations says which figures make up which total: for each level and each
// dimension that it totals, those of the level that has that dimension too.
// They add up if they do for every total of the level.
func (t *table) relations(place map[*cell]int, m int) (out []margin.Relation) {
	for i := range t.levels {
		whole := &t.levels[i]
		for d := range whole.by {
			part := t.beside(whole, d)
			if part == nil {
				continue
			}
			of, adds := make(map[int][]int), true
			sums := make(map[*cell]int64)
			for _, key := range part.order {
				c := part.cells[key]
				w := whole.cell(t, c.at)
				of[place[w]] = append(of[place[w]], place[c])
				sums[w] += c.figures[m].value
			}
			for w, sum := range sums {
				adds = adds && sum == w.figures[m].value
			}
			for _, key := range whole.order {
				w := place[whole.cells[key]]
				out = append(out, margin.Relation{Whole: w, Parts: of[w], Adds: adds})
			}
		}
	}
	return out
}

// beside returns the level that has one dimension more; nil where there is none.
func (t *table) beside(l *level, d int) *level {
	if l.by[d] {
		return nil
	}
	by := slices.Clone(l.by)
	by[d] = true
	i := slices.IndexFunc(t.levels, func(o level) bool { return slices.Equal(o.by, by) })
	if i < 0 {
		return nil
	}
	return &t.levels[i]
}
