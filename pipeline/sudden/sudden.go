// Package sudden finds a gate that leaves out much more, or much less, than it did:
// a list of the wrong kind, a policy that has lost its codes, a feed whose records
// are all somebody else's. What is compared is the share that a gate leaves out, of
// each feed's records and of all persons, with that of the newest run before that
// has published.
//
// A run that judged all records is compared with the newest such. One that took up
// a delta knows of the records of those persons only: it is taken to have found the
// share of before in as many records, and what it found beyond that is set against
// all that there were when everything was read last. So a delta of few persons is
// never sudden by their records, and one of many is where their share is another;
// of the lists of persons a delta knows everybody, and is compared exactly. One that
// held what was staged against the lists is compared with what was staged, of which
// nothing was left out.
package sudden

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
)

// Limits say what is sudden: what passes all of them.
type Limits struct {
	Relative float64 // of the share before
	Points   float64 // percentage points of the share
	Fewest   int64   // records, or persons, that it is about
	Least    int64   // records of the feed, or persons: where there are fewer nothing is judged
}

// Change is a share that is another.
type Change struct {
	Feed        string // empty: of all persons
	Gate        string
	Out, Of     int64 // left out now, of how many
	OutWas, Was int64 // the same before
	Points      float64
}

// Find finds what is sudden in a run. whole is the newest run before that judged
// every record, and persons that which knew everybody; a zero Facts is none.
func Find(now, whole, persons report.Facts, lim Limits) []Change {
	out := judge("", people(now), people(persons), false, lim)
	was := records(whole)
	for feed, is := range records(now) {
		switch now.Run.Kind {
		case ledger.Staged:
			out = append(out, judge(feed, is, share{of: is.of}, false, lim)...)
		default:
			out = append(out, judge(feed, is, was[feed], now.Run.Kind == ledger.Delta, lim)...)
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Or(cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.Gate, b.Gate)) })
	return out
}

// share is how many of all each gate has left out.
type share struct {
	of  int64
	out map[string]int64
}

func (s *share) add(gate string, n int64) {
	if s.of += n; gate == "" {
		return
	}
	if s.out == nil {
		s.out = make(map[string]int64)
	}
	s.out[gate] += n
}

func people(f report.Facts) (s share) {
	for _, v := range f.Verdicts {
		s.add(v.Gate, v.Persons)
	}
	return s
}

// records are those of each feed that the gates have judged.
func records(f report.Facts) map[string]share {
	out := make(map[string]share)
	for _, t := range f.Tallies {
		switch t.Outcome {
		case "kept", "excluded", "superseded", "deleted":
			s := out[t.Feed]
			s.add(t.Gate, t.Records)
			out[t.Feed] = s
		}
	}
	return out
}

// judge compares the share of every gate. Where part is set what is now is a part
// of what there is.
func judge(feed string, is, was share, part bool, lim Limits) (out []Change) {
	all := is.of
	if part {
		all = max(all, was.of)
	}
	if was.of < lim.Least || all < lim.Least {
		return nil
	}
	gates := make(map[string]bool)
	for _, s := range []share{is, was} {
		for gate := range s.out {
			gates[gate] = true
		}
	}
	for gate := range gates {
		before := float64(was.out[gate]) / float64(was.of)
		beyond := float64(is.out[gate]) - before*float64(is.of)
		by := beyond / float64(all)
		if math.Abs(beyond) >= float64(lim.Fewest) && 100*math.Abs(by) >= lim.Points && math.Abs(by) >= lim.Relative*before {
			out = append(out, Change{feed, gate, is.out[gate], is.of, was.out[gate], was.of, 100 * by})
		}
	}
	return out
}

// String tells a change, with figures as they may be told: per cents are of counts
// to the nearest 5.
func (c Change) String() string {
	what, of := "records", "feed "+c.Feed+": "
	if c.Feed == "" {
		what, of = "persons", ""
	}
	return fmt.Sprintf("%sthe gate %s leaves out %s of %s %s, and before it was %s of %s", of, c.Gate, percent(c.Out, c.Of), told(c.Of), what, percent(c.OutWas, c.Was), told(c.Was))
}

func told(n int64) string { return report.Rounded(n).String() }

func percent(n, of int64) string {
	a, b := int64(report.Rounded(n)), int64(report.Rounded(of))
	if a < 0 || b <= 0 {
		return "fewer than 8"
	}
	places := 0
	if b >= 4000 { // as for Hospital Episode Statistics: a smaller denominator bears no decimal
		places = 1
	}
	return strconv.FormatFloat(100*float64(a)/float64(b), 'f', places, 64) + " %"
}
