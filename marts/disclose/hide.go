package disclose

// hideSmall hides what the profile does not let anybody see in a cell alone.
func (t *table) hideSmall(p *Profile) {
	t.all(func(_ *level, c *cell) {
		for m := range c.figures {
			if use := t.uses[m]; use >= 0 {
				c.figures[m].hidden = p.alone(t.q.Measures[m].Kind, &c.figures[m], c.people[use])
			}
		}
		t.hideRest(p, c)
	})
}

// alone says why a figure of so many people may not be seen; "" if it may.
func (p *Profile) alone(kind string, f *figure, people int64) string {
	switch kind {
	case persons, events:
		if p.small(f.value) {
			return small
		}
		if people > 0 && p.small(people) {
			return fewPeople
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
	if people < p.Mean {
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

// hideRest hides a count of some of the cell's persons where that of all is
// shown and the rest is as small as may not be seen: 20 of 22 tells of two that
// they have it not.
func (t *table) hideRest(p *Profile, c *cell) {
	for m := range t.q.Measures {
		all := &t.q.Measures[m]
		if all.Kind != persons || all.Column != "" || c.figures[m].hidden != "" {
			continue
		}
		for o, some := range t.q.Measures {
			f := &c.figures[o]
			if some.Kind == persons && some.Column != "" && f.hidden == "" && f.value > 0 && p.small(c.people[0]-f.value) {
				f.hidden = difference
			}
		}
	}
}
