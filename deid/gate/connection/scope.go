package connection

import (
	"slices"
	"strings"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// erasure is that a person has asked for what they shared to be erased.
type erasure struct {
	provider, account string // an account that is empty is any: PHR
	before            term.Time
	of                record.Sections // of none, or all: of everything
}

// parseScope reads the two columns that a list may have besides.
//
// sections is what the person shares, as names with a semicolon between them, or *
// for everything. A cell that is empty shares nothing. In a list without the
// column every connection shares everything, as it did before there was one.
//
// erase_requested_at is when the person asked for it to be erased. What happened,
// or was entered, before then under that provider and account goes, whatever line
// covers it: of the sections of the line that says so, or of all where that shares
// none. A later connection does not bring it back, as long as a line says so.
func (t *tie) parseScope(f [][]byte, now time.Time) (field, reason string) {
	var ok bool
	if t.shared, ok = sections(string(f[1]), f[5]); !ok {
		return "sections", "neither * nor sections of this provider with a semicolon between them, each once"
	}
	if len(f[6]) == 0 {
		return "", ""
	}
	at, err := time.Parse(time.RFC3339, string(f[6]))
	switch t.erase = term.At(at, list.London); {
	case err != nil:
		return "erase_requested_at", "not an RFC 3339 time"
	case at.After(now):
		return "erase_requested_at", "in the future"
	}
	return "", ""
}

// sections reads which of a provider are shared.
func sections(provider string, cell []byte) (s record.Sections, ok bool) {
	switch {
	case cell == nil, string(cell) == "*":
		return record.EverySection, true
	case len(cell) == 0:
		return 0, true
	}
	there := record.OfWearable
	if provider == "phr" {
		there = record.OfPHR
	}
	for name := range strings.SplitSeq(string(cell), ";") {
		one := record.SectionOf(name)
		if one&there == 0 || one&s != 0 {
			return 0, false
		}
		s |= one
	}
	return s, true
}

// Part judges a row of a record that is in a connection: the person must share
// all that it tells of by a line that covers the record, when that was entered as
// well, and must not have asked for it to be erased.
func (g *Gate) Part(f record.Feed, h *record.Head, who identity.Number) gate.Reason {
	ties, at := g.persons[who], h.At
	switch {
	case f.Kind == record.Shared:
		return gate.Kept
	case f.Kind == record.Wearable:
		ties = g.accounts[h.Subject.ID]
	case h.ID.Kind == record.Patient:
		at = g.now
	}
	if g.gone(f, h, who, at) {
		return gate.Erased
	}
	shares := func(from, until term.Time) bool {
		return slices.ContainsFunc(ties, func(t tie) bool {
			return t.who == who && (f.Kind == record.Wearable || t.account == "" || t.account == h.Subject.ID) &&
				t.from <= from && until <= t.to && h.Sections.Within(t.shared)
		})
	}
	switch {
	case f.Kind == record.Wearable && shares(at, max(at+1, h.Until)):
		return gate.Kept
	case f.Kind == record.PHR && shares(at, at+1) && (h.Recorded <= at || shares(h.Recorded, h.Recorded+1)):
		return gate.Kept
	}
	return gate.NotShared
}

// gone reports whether the person has asked for it to be erased. A Patient is as
// old as its version; where nothing says when that was, it is from before.
func (g *Gate) gone(f record.Feed, h *record.Head, who identity.Number, at term.Time) bool {
	switch {
	case h.Recorded != term.Unknown:
		at = min(at, h.Recorded)
	case h.ID.Kind == record.Patient:
		at = h.Version
	}
	return slices.ContainsFunc(g.erased[who], func(e erasure) bool {
		return e.is(f, h.Subject.ID) && at < e.before && (e.of == 0 || h.Sections == 0 || h.Sections&e.of != 0)
	})
}

// is reports whether it is about what a record's subject names.
func (e *erasure) is(f record.Feed, subject string) bool {
	if f.Kind == record.PHR {
		return e.provider == "phr" && (e.account == "" || e.account == subject)
	}
	return f.Kind == record.Wearable && e.provider != "phr" && subject == e.provider+"|"+e.account
}
