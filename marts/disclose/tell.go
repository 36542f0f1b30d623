package disclose

import (
	"math"
	"strconv"
)

// tell writes what is shown of every figure: nothing of a hidden one, the
// rounded one of the others, and rates of what is shown.
func (t *table) tell(p *Profile) {
	if p.Totals == "parts" {
		t.hideUnadding()
	}
	t.all(func(l *level, c *cell) {
		for m := range c.figures {
			t.tellOne(p, l, c, m)
		}
	})
	if p.Totals == "parts" {
		t.tellParts(p)
	}
	t.all(func(_ *level, c *cell) {
		for m := range c.figures {
			if t.uses[m] < 0 {
				t.tellRate(p, c, m)
			}
		}
	})
}

// tellOne tells of a figure by itself. Means and medians have one decimal place.
func (t *table) tellOne(p *Profile, l *level, c *cell, m int) {
	f, kind := &c.figures[m], t.q.Measures[m].Kind
	c.shown[m] = p.Mark
	if f.hidden != "" || t.uses[m] < 0 || p.Totals == "parts" && l.left() > 0 && t.q.Measures[m].counted() {
		return
	}
	switch kind {
	case persons, events:
		c.number[m] = float64(p.rounded(f.value))
	case sum:
		c.number[m] = float64(p.rounded((f.value + 50) / 100))
	case mean:
		c.number[m] = math.Round(float64(f.value)/float64(f.rows)/10) / 10
	case median:
		c.number[m] = math.Round(float64(f.value)/10) / 10
	}
	c.shown[m] = plainNumber(c.number[m], kind)
}

func plainNumber(v float64, kind string) string {
	if kind == mean || kind == median {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// over calls f with every cell of level 0 and each total that it is in.
func (t *table) over(f func(base, above *cell)) {
	for _, key := range t.levels[0].order {
		base := t.levels[0].cells[key]
		for i := range t.levels[1:] {
			f(base, t.levels[i+1].cell(t, base.at))
		}
	}
}

// tellParts makes every total the sum of its shown parts: it tells nothing
// that they do not. A total of hidden parts alone is hidden.
func (t *table) tellParts(p *Profile) {
	t.over(func(base, above *cell) {
		for m := range base.figures {
			if !t.q.Measures[m].counted() || above.figures[m].hidden == unadding || base.figures[m].hidden != "" {
				continue
			}
			above.figures[m].hidden = ""
			above.number[m] += base.number[m]
			above.shown[m] = plainNumber(above.number[m], t.q.Measures[m].Kind)
		}
	})
	t.all(func(l *level, c *cell) {
		for m := range c.figures {
			if l.left() > 0 && c.shown[m] == p.Mark && c.figures[m].hidden == "" && t.uses[m] >= 0 {
				c.figures[m].hidden = small
			}
		}
	})
}

// hideUnadding hides, of a level of totals, a count of persons of whom some are
// in several of the cells that it is over: the sum of the parts would count them
// twice.
func (t *table) hideUnadding() {
	for m := range t.q.Measures {
		if t.q.Measures[m].Kind != persons {
			continue
		}
		parts := make(map[*cell]int64)
		t.over(func(base, above *cell) { parts[above] += base.figures[m].value })
		for i := range t.levels[1:] {
			l, adds := &t.levels[i+1], true
			for _, c := range l.cells {
				adds = adds && parts[c] == c.figures[m].value
			}
			for _, c := range l.cells {
				if !adds {
					c.figures[m].hidden = unadding
				}
			}
		}
	}
}

// tellRate tells a rate of what is shown of its parts, never of true figures.
func (t *table) tellRate(p *Profile, c *cell, m int) {
	rate := t.q.Measures[m]
	of, by := t.index(rate.Of), t.index(rate.By)
	c.shown[m], c.figures[m].hidden = p.Mark, cmpOr(c.figures[of].hidden, c.figures[by].hidden)
	if c.figures[m].hidden != "" {
		return
	}
	if c.number[by] == 0 {
		c.figures[m].hidden = small
		return
	}
	places := p.Percent.Decimals
	if c.number[by] >= float64(p.Percent.From) {
		places = p.Percent.Fine
	}
	c.number[m] = c.number[of] / c.number[by] * float64(rate.Per)
	c.shown[m] = strconv.FormatFloat(c.number[m], 'f', places, 64)
}

func (t *table) index(name string) int {
	for i := range t.q.Measures {
		if t.q.Measures[i].Name == name {
			return i
		}
	}
	return -1
}
