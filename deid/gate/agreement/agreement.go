// Package agreement is the gate of the organisations: their data flows only
// while they have a sharing agreement for the feed it comes in.
//
// The list is an ALLOW list of agreements: which organisation, for which feed
// (or * for all), from which day, until before which day. The day of the run
// counts, not the day a record is about: an agreement opens what the organisation
// holds, its history with it, and its end closes all of that.
// Only the shared record is judged: what a person records themselves needs no
// organisation's leave.
package agreement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Config says where the list is and what is accepted. A zero field takes the
// default that is given with it.
type Config struct {
	File       string
	Record     string        // the shared record it must be about: list.Record
	MaxAge     time.Duration // since it was issued: 400 days
	AllowEmpty bool          // accept a list of no agreements
	AsOf       term.Time     // the day the run is for: today in London
	Now        time.Time     // the clock
}

// Gate is an opened list of agreements. It answers from any number of
// goroutines.
type Gate struct {
	list       list.List
	asOf       term.Time
	agreements map[term.ODS][]agreement
}

// agreement is of one organisation: from inclusive, to exclusive.
type agreement struct {
	feed     term.Word // or every
	from, to term.Time
}

// every stands for all feeds.
const every term.Word = "*"

// open is the end of an agreement without one.
const open = term.Time(1<<63 - 1)

// Open reads and checks the list.
func Open(c Config) (*Gate, error) {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	if c.AsOf == term.Unknown {
		c.AsOf = term.At(c.Now, list.London)
	}
	g := &Gate{asOf: c.AsOf, agreements: make(map[term.ODS][]agreement)}
	var err error
	g.list, err = list.Read(c.want(), g.row)
	if err != nil {
		return nil, err
	}
	return g, nil
}

// want is what the list must be.
func (c Config) want() list.Want {
	return list.Want{
		Gate: "agreement", File: c.File, Name: "agreement", Polarity: "allow", Record: c.Record,
		Columns: []string{"ods_code", "feed", "valid_from", "valid_to"},
		MaxAge:  cmp.Or(c.MaxAge, 400*24*time.Hour), Now: c.Now, AllowEmpty: c.AllowEmpty,
	}
}

// Issued returns when the list was issued, and until when it may be used. It
// reads its first line alone.
func Issued(c Config) (issued, until time.Time, err error) { return list.Issued(c.want()) }

// row takes one line, or returns the field that is wrong and why.
func (g *Gate) row(f [][]byte) (field, reason string) {
	f0 := []byte(string(f[0])) // the terms point into what they are made from
	ods, ok := term.ODSOf(f0)
	if !ok {
		return "ods_code", "not an organisation code"
	}
	a := agreement{feed: every, to: open}
	if string(f[1]) != string(every) {
		f1 := []byte(string(f[1]))
		if a.feed, ok = term.WordOf(f1); !ok {
			return "feed", "neither the name of a feed nor *"
		}
	}
	if a.from, ok = list.Date(f[2]); !ok {
		return "valid_from", "not a date YYYY-MM-DD"
	}
	if len(f[3]) > 0 {
		if a.to, ok = list.Date(f[3]); !ok {
			return "valid_to", "not a date YYYY-MM-DD"
		}
	}
	if a.to <= a.from {
		return "valid_to", "not after valid_from"
	}
	g.agreements[ods] = append(g.agreements[ods], a)
	return "", ""
}

// Standing says which agreements there are on the day of the run, and for which
// organisations there were or will be others: the same text judges every record
// alike.
func (g *Gate) Standing() string {
	var lines []string
	for org, all := range g.agreements {
		for _, a := range all {
			lines = append(lines, fmt.Sprintf("%s %s %v", org, a.feed, a.from <= g.asOf && g.asOf < a.to))
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

// Record judges by the record's organisation, or the feed's where the record
// names none.
func (g *Gate) Record(f record.Feed, h *record.Head, _ identity.Number) gate.Reason {
	if f.Kind == record.PHR || f.Kind == record.Wearable {
		return gate.Kept
	}
	org := h.Organisation
	if org == "" {
		org = f.Organisation
	}
	reason := gate.NoAgreement
	for _, a := range g.agreements[org] {
		if a.feed != f.Name && a.feed != every {
			continue
		}
		if a.from <= g.asOf && g.asOf < a.to {
			return gate.Kept
		}
		reason = gate.OutOfAgreement
	}
	return reason
}

// Describe says in one line which list the gate stands on.
func (g *Gate) Describe() string { return g.list.String() }
