// Package connection is the gate of the Personal Health Record and the
// wearables: what a person records there is in only from when they connected
// until they disconnected.
//
// The list is an ALLOW list of connections: whose, to which provider (phr,
// garmin, fitbit, apple), under which account, from when, until when. It is
// also what says whose an account is, so the gate is a gate.Resolver. It may say
// besides which sections of it the person shares, and that they have asked for
// what they shared to be erased: see parseScope.
//
// Each line is a permission of its own: who begins to share their sleep while
// their activity goes on has a line more. What ends is closed and never taken
// away, for what was recorded while it held stays; who shares less from a day on
// has a line that ends then, and another one. A record is kept by one line that
// covers all of it; of a record that tells of several sections the rows are kept
// whose sections such a line shares, and the others are cut out.
//
// A connection is half open: it holds at the moment of connecting and no
// longer at the moment of disconnecting. The list gives instants, records give
// the wall clock where something happened, so instants are turned into
// London's wall clock. A reading taken abroad is therefore judged up to some
// hours early or late, and in the hour that the clocks go back a connection
// shorter than that hour may cover nothing.
package connection

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
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
	MaxAge     time.Duration // since it was issued: 8 days
	AllowEmpty bool          // accept a list of nobody
	Local      bool          // it holds identifiers of feeds without NHS number, not checked
	Now        time.Time     // the clock
}

// Gate is an opened list of connections. It answers from any number of
// goroutines.
type Gate struct {
	list     list.List
	now      term.Time
	accounts map[string][]tie             // wearables, by provider, bar, account
	persons  map[identity.Number][]tie    // the PHR
	numbers  []identity.Number            // everybody with an account of a wearable
	held     map[identity.Number][]string // their accounts, as keys of accounts
	erased   map[identity.Number][]erasure
}

// tie is one connection: from inclusive, to exclusive.
type tie struct {
	from, to term.Time
	who      identity.Number
	account  string // PHR: the record's Patient id; empty: any
	shared   record.Sections
	erase    term.Time // when it was asked for; or term.Unknown
}

// open is the end of a connection that was not cut.
const open = term.Time(1<<63 - 1)

// Open reads and checks the list.
func Open(c Config) (*Gate, error) {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	g := &Gate{
		now:      term.At(c.Now, list.London),
		accounts: make(map[string][]tie),
		persons:  make(map[identity.Number][]tie),
		held:     make(map[identity.Number][]string),
		erased:   make(map[identity.Number][]erasure),
	}
	var err error
	g.list, err = list.Read(c.want(), func(f [][]byte) (string, string) {
		t, field, reason := parse(f, c.Local)
		if reason == "" {
			field, reason = t.parseScope(f, c.Now)
		}
		if reason == "" {
			g.add(string(f[1]), t)
		}
		return field, reason
	})
	if err != nil {
		return nil, err
	}
	for _, ties := range g.accounts {
		slices.SortFunc(ties, earlier)
	}
	for _, ties := range g.persons {
		slices.SortFunc(ties, earlier)
	}
	return g, nil
}

// want is what the list must be.
func (c Config) want() list.Want {
	return list.Want{
		Gate: "connection", File: c.File, Name: "connection", Polarity: "allow", Record: c.Record,
		Columns: []string{"nhs_number", "provider", "account", "connected_at", "disconnected_at"},
		More:    []string{"sections", "erase_requested_at"},
		MaxAge:  cmp.Or(c.MaxAge, 8*24*time.Hour), Now: c.Now, AllowEmpty: c.AllowEmpty,
	}
}

// Issued returns when the list was issued, and until when it may be used. It
// reads its first line alone.
func Issued(c Config) (issued, until time.Time, err error) { return list.Issued(c.want()) }

func earlier(a, b tie) int { return cmp.Compare(a.from, b.from) }

// add files a connection.
func (g *Gate) add(provider string, t tie) {
	if t.erase != term.Unknown {
		g.erased[t.who] = append(g.erased[t.who], erasure{provider, t.account, t.erase, t.shared})
	}
	if provider == "phr" {
		g.persons[t.who] = append(g.persons[t.who], t)
		return
	}
	key := provider + "|" + t.account
	g.accounts[key] = append(g.accounts[key], t)
	if g.held[t.who] == nil {
		g.numbers = append(g.numbers, t.who)
	}
	if !slices.Contains(g.held[t.who], key) {
		g.held[t.who] = append(g.held[t.who], key)
	}
}

// parse reads one line, or returns the field that is wrong and why.
func parse(f [][]byte, local bool) (t tie, field, reason string) {
	who, reason := list.Number(f[0], local)
	if reason != "" {
		return t, "nhs_number", reason
	}
	switch string(f[1]) {
	case "phr":
	case "garmin", "fitbit", "apple":
		if len(f[2]) == 0 {
			return t, "account", "empty; only the phr may have none"
		}
	default:
		return t, "provider", "none of phr, garmin, fitbit, apple"
	}
	if len(f[2]) > 128 || bytes.ContainsFunc(f[2], func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return t, "account", "longer than 128 bytes, or with white space"
	}
	from, err := time.Parse(time.RFC3339, string(f[3]))
	if err != nil {
		return t, "connected_at", "not an RFC 3339 time"
	}
	t = tie{from: term.At(from, list.London), to: open, who: who, account: string(f[2])}
	if len(f[4]) == 0 {
		return t, "", ""
	}
	to, err := time.Parse(time.RFC3339, string(f[4]))
	switch {
	case err != nil:
		return t, "disconnected_at", "not an RFC 3339 time"
	case to.Before(from):
		return t, "disconnected_at", "before connected_at"
	}
	t.to = term.At(to, list.London)
	return t, "", ""
}

// Whose returns the number of the person whose account it was at the given
// time. Where two persons were connected to one account at that time, nobody
// can be named.
func (g *Gate) Whose(account record.Ref, at term.Time) (identity.Number, gate.Reason) {
	if account.Kind != record.Account {
		return identity.Number{}, gate.NotConnected
	}
	ties := g.accounts[account.ID]
	i, reason := covering(ties, at, nil)
	if reason != gate.Kept {
		return identity.Number{}, reason
	}
	who := ties[i].who
	for _, t := range ties[i+1:] {
		if t.who != who && t.from <= at && at < t.to {
			return identity.Number{}, gate.Ambiguous
		}
	}
	return who, gate.Kept
}

// Numbers lists every person with an account of a wearable, in any order.
func (g *Gate) Numbers() []identity.Number { return slices.Clone(g.numbers) }

// Accounts lists the accounts of wearables that a number was ever connected to.
func (g *Gate) Accounts(n identity.Number) []string { return g.held[n] }

// Stand is a digest of all connections of a person and of whoever shared an
// account with them, of what is shared and was to be erased, and of whether the
// PHR is connected now. In what order the list has them is of no account.
func (g *Gate) Stand(n identity.Number) uint64 {
	accounts := g.held[n]
	if len(g.persons[n])+len(accounts) == 0 {
		return 0
	}
	var lines []string
	for _, t := range g.persons[n] {
		lines = append(lines, fmt.Sprintln(t.from, t.to, t.account, t.shared, t.from <= g.now && g.now < t.to))
	}
	for _, account := range accounts {
		for _, t := range g.accounts[account] {
			lines = append(lines, fmt.Sprintln(account, t.from, t.to, t.who == n, t.shared))
		}
	}
	for _, e := range g.erased[n] {
		lines = append(lines, fmt.Sprintln("erased", e))
	}
	slices.Sort(lines)
	h := fnv.New64a()
	for _, line := range lines {
		io.WriteString(h, line)
	}
	return h.Sum64()
}

// Standing is all that the list says, as it stands now, in one text: a list that
// was issued again and says the same has the same. Persons stand in it as who
// names them, so that it is the same from run to run.
func (g *Gate) Standing(who func(identity.Number) int64) string {
	var lines []string
	for _, ties := range g.persons {
		for _, t := range ties {
			lines = append(lines, fmt.Sprintln("phr", who(t.who), t.from, t.to, t.account, t.shared, t.erase, t.from <= g.now && g.now < t.to))
		}
	}
	for account, ties := range g.accounts {
		for _, t := range ties {
			lines = append(lines, fmt.Sprintln(account, who(t.who), t.from, t.to, t.shared, t.erase))
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}

// Record judges the rows of the Personal Health Record and of wearables, and
// keeps the shared record's. A row of the PHR must fall in a connection of its
// person that names its Patient id or none, and so must the time at which it was
// entered, where it says that; a Patient itself, which has no time,
// is in while its person is connected now. A reading must fall in the connection
// of its person to its account.
func (g *Gate) Record(f record.Feed, h *record.Head, who identity.Number) gate.Reason {
	switch f.Kind {
	case record.Shared:
		return gate.Kept
	case record.PHR:
		at := h.At
		if h.ID.Kind == record.Patient {
			at = g.now
		}
		_, reason := covering(g.persons[who], at, &h.Subject.ID)
		if reason == gate.Kept && h.Recorded > at { // what happened then and was entered since
			_, reason = covering(g.persons[who], h.Recorded, &h.Subject.ID)
		}
		return reason
	case record.Wearable:
		owner, reason := g.Whose(h.Subject, h.At)
		if reason == gate.Kept && owner != who {
			return gate.NotConnected
		}
		if reason == gate.Kept && h.Until > h.At {
			return g.throughout(h, who)
		}
		return reason
	}
	return gate.NotConnected
}

// throughout judges a record that lasts: one connection must cover all of it,
// and nobody else's any of it.
func (g *Gate) throughout(h *record.Head, who identity.Number) gate.Reason {
	reason := gate.AfterConnect
	for _, t := range g.accounts[h.Subject.ID] {
		switch {
		case t.who != who && t.from < h.Until && h.At < t.to:
			return gate.Ambiguous
		case t.who == who && t.from <= h.At && h.Until <= t.to:
			reason = gate.Kept
		}
	}
	return reason
}

// covering returns the first of the connections, which are in order of their
// beginning, that covers a time, or why none does. Where account is given, only
// connections to that account count, and those to any.
func covering(ties []tie, at term.Time, account *string) (int, gate.Reason) {
	reason := gate.NotConnected
	for i, t := range ties {
		switch {
		case account != nil && t.account != "" && t.account != *account:
		case at == term.Unknown:
			return 0, gate.NoTime
		case at < t.from:
			if reason == gate.NotConnected {
				reason = gate.BeforeConnect
			}
		case at < t.to:
			return i, gate.Kept
		default:
			reason = gate.AfterConnect
		}
	}
	return 0, reason
}

// Describe says in one line which list the gate stands on.
func (g *Gate) Describe() string { return g.list.String() }
