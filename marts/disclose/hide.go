package disclose

// hideSmall hides what the profile does not let anybody see in a cell alone.
func (t *table) hideSmall(p *Profile) {
	t.all(func(_ *level, c *cell) {
		for m := range c.figures {
			if use := t.uses[m]; use >= 0 {
				c.figures[m].hidden = p.alone(t.q.Measures[m].Kind, &c.figures[m], c.people[use], c.people[max(t.gives[m], 0)])
			}
		}
		t.hideRest(p, c)
	})
}

// alone says why a figure of so many people, of whom so many give anything to it,
// may not be seen; "" if it may.
func (p *Profile) alone(kind string, f *figure, people, giving int64) string {
	switch kind {
	case persons, events:
		if p.small(f.value) {
			return small
		}
		if people > 0 && p.small(people) || kind == events && f.value > p.Base && p.tooFew(people) {
			return fewPeople
		}
		if kind == events && p.dominated(f) {
			return dominated
		}
		return ""
	case sum:
		if people == 0 || f.value == 0 {
			if p.Zeros == "hidden" {
				return small
			}
			if people == 0 {
				return ""
			}
		}
	}
	if people < p.Mean || kind != sum && f.crowd*p.Mean > f.rows || kind == mean && (p.small(giving) || p.tooFew(giving)) {
		return fewPeople
	}
	if kind != median && p.dominated(f) {
		return dominated
	}
	return ""
}

// dominated says that a few persons make up a sum: the n largest have more
// than their share of it, or what all but the two largest have is so small that
// the second largest can tell the largest.
func (p *Profile) dominated(f *figure) bool {
	if f.value == 0 {
		return false
	}
	var few int64
	for _, v := range f.most[:min(p.Largest.N, len(f.most))] {
		few += v
	}
	rest := f.value
	for _, v := range f.most[:min(2, len(f.most))] {
		rest -= v
	}
	return p.Largest.N > 0 && float64(few) > p.Largest.Share*float64(f.value) ||
		p.Ratio > 0 && float64(rest) < p.Ratio*float64(f.most[0])
}

// tooFew says that what so many have may not be told.
func (p *Profile) tooFew(people int64) bool { return people >= 1 && people < p.Mean }

// hideRest hides a count of some of the cell's persons where that of all is
// shown and the rest is as small as may not be seen: 20 of 22 tells of two that
// they have it not. A mean or a sum of the same number for each is such a count.
func (t *table) hideRest(p *Profile, c *cell) {
	all := false
	for m, measure := range t.q.Measures {
		all = all || measure.Kind == persons && measure.Column == "" && c.figures[m].hidden == ""
	}
	for m, measure := range t.q.Measures {
		f, of := &c.figures[m], c.people[0]
		if measure.Kind == mean {
			of = c.people[t.uses[m]]
		} else if !all {
			continue
		}
		if some := t.some(c, m); some > 0 && f.hidden == "" && p.small(of-some) && (measure.Kind == persons || of > some) {
			f.hidden = difference
		}
	}
}

// some is how many of a cell's persons a figure tells, where it tells that of some.
func (t *table) some(c *cell, m int) int64 {
	switch g := t.gives[m]; {
	case g >= 0 && c.figures[m].alike():
		return c.people[g]
	case t.q.Measures[m].Kind == persons && t.q.Measures[m].Column != "":
		return c.figures[m].value
	}
	return 0
}
