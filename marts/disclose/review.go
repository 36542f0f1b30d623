package disclose

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// record says what was applied. It counts figures and not why each is hidden.
func (in *Input) record(t *table) Record {
	p, digest := in.Profile, sha256.Sum256([]byte(in.Question.Text))
	r := Record{Version: version, Release: in.Question.Name, What: in.Question.What, Purpose: in.Question.Purpose,
		Snapshot: in.Snapshot, Domain: in.Domain, Question: hex.EncodeToString(digest[:]), Profile: p, Rules: append(t.rules(&p), in.compared()...)}
	t.all(func(_ *level, c *cell) {
		r.Cells++
		for _, f := range c.figures {
			if f.hidden == "" {
				r.Shown++
			} else {
				r.Hidden++
			}
		}
	})
	return r
}

// rules lists every rule, also those that the profile does not have.
func (t *table) rules(p *Profile) []rule {
	has := make(map[string]bool)
	for _, m := range t.q.Measures {
		has[m.Kind] = true
	}
	counts, rates := has[persons] || has[events], has[rate] || has[percent]
	return []rule{
		{"small counts", fmt.Sprintf("1 to %d", p.Hide), counts && p.Hide > 0, "counts that small, and figures of that few persons, are hidden"},
		{"zeros", p.Zeros, counts, "whether counts of nobody are shown"},
		{"the rest of a cell", fmt.Sprintf("1 to %d", p.Hide), has[persons], "a count of some of a cell's persons is hidden where so few are left"},
		{"rounding", fmt.Sprintf("%s %d", p.Round, p.Base), p.Round != "none", "what is shown is rounded, after hiding by the true figure"},
		{"totals", p.Totals, t.q.Totals, "independent: rounded for themselves; parts: sums of what is shown"},
		{"means", fmt.Sprintf("at least %d persons", p.Mean), has[mean] || has[median] || has[sum], "means, medians and sums of fewer are hidden"},
		{"rates", fmt.Sprintf("%d places; %d from a rounded denominator of %d", p.Percent.Decimals, p.Percent.Fine, p.Percent.From), rates, "rates are made of what is shown and of nothing else"},
		{"dominance", fmt.Sprintf("n=%d, k=%.2f", p.Largest.N, p.Largest.Share), p.Largest.N > 0 && (has[sum] || has[mean]), "sums are hidden of which the n largest persons have more than k"},
		{"p%", fmt.Sprintf("%.2f", p.Ratio), p.Ratio > 0 && (has[sum] || has[mean]), "sums are hidden where all but the two largest persons have less than this part of the largest"},
		{"whole table", fmt.Sprint(p.Whole), p.Whole, "one hidden figure keeps the table from leaving"},
	}
}

// compared are the rules about other figures, of this table and of others.
func (in *Input) compared() []rule {
	p, f := &in.Profile, in.found
	return []rule{
		{"secondary", "no protected figure can be narrowed", in.Question.Totals && p.Totals != "parts", "figures are hidden from which, with totals, a hidden one could be computed; shown by an example of each bound"},
		{"differencing", fmt.Sprintf("1 to %d people; %d figures of %d earlier releases", p.few(), f.Figures, f.Releases), true, "figures are hidden that count nearly the people of another, or of several together, of this or an earlier release"},
	}
}

// review tells those who decide what the table is like and what was found.
func (in *Input) review(t *table, rec Record) Review {
	r := Review{Record: rec, Findings: append(in.whyHidden(t), in.doubts(t)...)}
	r.Findings = append(r.Findings, in.obstacles(t, rec)...)
	for m := range t.q.Measures {
		if t.uses[m] >= 0 {
			r.Summary = append(r.Summary, t.summary(m))
		}
	}
	return r
}

// whyHidden says how many figures are hidden, and why.
func (in *Input) whyHidden(t *table) (out []Finding) {
	why := make(map[string]int)
	t.all(func(_ *level, c *cell) {
		for _, f := range c.figures {
			if f.hidden != "" {
				why[f.hidden]++
			}
		}
	})
	for _, f := range []struct{ reason, rule, one, text string }{
		{small, "small counts", "count is too small to be shown", "counts are too small to be shown"},
		{fewPeople, "means", "figure is of too few persons", "figures are of too few persons"},
		{dominated, "dominance", "sum is made up by one or two persons", "sums are made up by one or two persons"},
		{difference, "differencing", "figure would, with another figure, tell of a few persons", "figures would, with another figure, tell of a few persons"},
		{secondary, "secondary", "figure is hidden so that no other can be computed from totals", "figures are hidden so that no other can be computed from totals"},
		{unadding, "totals", "total of persons is left out: some persons are in several of the cells it is over", "totals of persons are left out: some persons are in several of the cells they are over"},
	} {
		if n := why[f.reason]; n > 0 {
			out = append(out, Finding{Rule: f.rule, Text: in.several(n, f.one, f.text), Figures: n})
		}
	}
	return out
}

// several says how many there are of something, in the right number; of a request of
// before as programs did then.
func (in *Input) several(n int, one, more string) string {
	if n == 1 && !in.AsText {
		more = one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// doubts are what reviewers are to look at.
func (in *Input) doubts(t *table) (out []Finding) {
	out = append(out, in.heavy...)
	for d := range t.q.Dimensions {
		if n := len(t.bare(d)); n > 0 {
			out = append(out, Finding{Rule: "names", Text: in.several(n, "value of "+t.q.Dimensions[d].Name+" stands in the table with nothing shown: look whether its name alone tells of somebody", "values of "+t.q.Dimensions[d].Name+" stand in the table with nothing shown: look whether their names alone tell of somebody"), Figures: n})
		}
	}
	if n := in.found.Foreign; n > 0 {
		out = append(out, Finding{Rule: "differencing", Text: fmt.Sprintf("%d earlier releases are of another domain, whose persons nobody can tell to be the same: look yourself whether one of them, taken from this table, leaves a few", n), Figures: n})
	}
	if n := in.found.Same; n > 0 { // not in the record: it would tell that nobody came or went
		out = append(out, Finding{Rule: "differencing", Text: in.several(n, "figure counts exactly the people of one that was released before, and tells of them what was told", "figures count exactly the people of one that was released before, and tell of them what was told"), Figures: n})
	}
	return out
}

// obstacles are what keeps the table from leaving.
func (in *Input) obstacles(t *table, rec Record) (out []Finding) {
	for m := range t.q.Measures {
		if t.weighed(m) {
			out = append(out, Finding{"rounding", true, t.q.Measures[m].Name + " is a count of persons times a constant, which rounding does not blur: ask for persons, or for the number itself", len(t.levels[0].cells)})
		}
	}
	if in.Profile.Whole && rec.Hidden > 0 {
		out = append(out, Finding{"whole table", true, "a figure must be hidden, and the profile then lets nothing of the table leave", rec.Hidden})
	}
	if rec.Shown == 0 {
		out = append(out, Finding{"small counts", true, "every figure must be hidden: ask for fewer dimensions or wider bands", rec.Hidden})
	}
	return out
}

// summary is of true figures.
func (t *table) summary(m int) summary {
	s := summary{Measure: t.q.Measures[m].Name}
	base := &t.levels[0]
	for i, key := range base.order {
		c := base.cells[key]
		f, people := c.figures[m], c.people[t.uses[m]]
		s.Cells++
		if f.value == 0 {
			s.Zero++
		}
		if i == 0 || f.value < s.Least {
			s.Least = f.value
		}
		if people > 0 && (s.Fewest == 0 || people < s.Fewest) {
			s.Fewest = people
		}
		s.Most = max(s.Most, f.value)
		s.Total += f.value
		s.count(f.hidden)
		if len(f.most) > 0 && f.value > 0 {
			s.Largest = max(s.Largest, float64(f.most[0])/float64(f.value))
		}
	}
	return s
}

func (s *summary) count(hidden string) {
	switch hidden {
	case "":
		return
	case small, fewPeople:
		s.Small++
	case difference:
		s.Difference++
	case secondary:
		s.Secondary++
	}
	s.Hidden++
}
