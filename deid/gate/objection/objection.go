// Package objection is the gate of those who have said no: to the shared
// record (a local objection to One Health and Care) and to their GP's data
// being used for anything but their care (a Type 1 opt-out). The two are kept
// apart.
//
// A person's word stands in two places: in the deny list that the shared
// record's office keeps (e-mailed objections), and as a code in the GP record. The
// list is read when the gate is opened and answers Person. The codes are met while
// records are read: Watch gathers them, and after the pass Late answers from the
// list and the codes together. Whom the list alone leaves out, Late leaves out
// again unless a code has taken it back since.
//
// Of everything a person said about one kind, the latest wins: by day, then by
// when it was entered. Whatever leaves doubt counts as an objection: a tie, an
// objection without a date.
//
// A withdrawal counts only when it has a date that is not in the future (Due says
// whose will count, and when), and while its record stands: it was not deleted, and no newer version says
// something else, or nothing. The gate sees only records that say something,
// so of a withdrawal that it would count Late names the version, for whoever
// knows all versions to decide.
//
// An objection counts although its record was deleted, replaced by one that
// says nothing of it, or left out for naming nobody: silence is no consent.
// What takes it back is a withdrawal, also one that is a newer version of the
// very record, whatever its date; a withdrawal in a record that names nobody
// is none, nor is one that is refuted, not final or answered with no. An objection
// in such a record counts: somebody has said it.
package objection

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"iter"
	"maps"
	"strings"
	"sync"
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

// Gate is an opened deny list and the codes that were met since. It answers
// and watches from any number of goroutines.
type Gate struct {
	list   list.List
	today  term.Time
	listed map[identity.Number]said

	mu          sync.Mutex
	met         map[identity.Number][]coded // objections
	withdrawals map[identity.Number][]coded // what may yet turn out not to stand
	due         map[identity.Number]term.Time
	records     versions
}

// kind is what an objection is to.
type kind uint8

const (
	local kind = iota // the shared record
	type1             // use of GP data beyond care
	kinds
)

// reasons are what a person with an objection of a kind is left out for.
var reasons = [kinds]gate.Reason{local: gate.ObjectedLocal, type1: gate.ObjectedType1}

// said is the latest word of a person about each kind.
type said [kinds]word

// reason returns the first objection that stands.
func (s said) reason() gate.Reason {
	for k, w := range s {
		if w.stance == objected {
			return reasons[k]
		}
	}
	return gate.Kept
}

// Open reads and checks the list.
func Open(c Config) (*Gate, error) {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	g := &Gate{
		today:  term.At(c.Now, list.London).Day(),
		listed: make(map[identity.Number]said),
		met:    make(map[identity.Number][]coded),

		withdrawals: make(map[identity.Number][]coded),
		due:         make(map[identity.Number]term.Time),
		records:     newVersions(),
	}
	var err error
	g.list, err = list.Read(c.want(), func(f [][]byte) (string, string) { return g.row(f, c.Local) })
	if err != nil {
		return nil, err
	}
	return g, nil
}

// want is what the list must be.
func (c Config) want() list.Want {
	return list.Want{
		Gate: "objection", File: c.File, Name: "objection", Polarity: "deny", Record: c.Record,
		Columns: []string{"nhs_number", "kind", "status", "recorded_on"},
		MaxAge:  cmp.Or(c.MaxAge, 8*24*time.Hour), Now: c.Now, AllowEmpty: c.AllowEmpty,
	}
}

// Issued returns when the list was issued, and until when it may be used. It
// reads its first line alone.
func Issued(c Config) (issued, until time.Time, err error) { return list.Issued(c.want()) }

// row takes one line of the list, or returns the field that is wrong and why.
func (g *Gate) row(f [][]byte, ofLocal bool) (field, reason string) {
	who, reason := list.Number(f[0], ofLocal)
	if reason != "" {
		return "nhs_number", reason
	}
	var k kind
	switch string(f[1]) {
	case "shared-record":
		k = local
	case "type-1":
		k = type1
	default:
		return "kind", "neither shared-record nor type-1"
	}
	var st stance
	switch string(f[2]) {
	case "objected":
		st = objected
	case "withdrawn":
		st = withdrew
	default:
		return "status", "neither objected nor withdrawn"
	}
	on, ok := list.Date(f[3])
	switch {
	case !ok:
		return "recorded_on", "not a date YYYY-MM-DD"
	case on > g.today:
		return "recorded_on", "in the future"
	}
	s := g.listed[who]
	s[k] = later(s[k], spoken(st, on, term.Unknown))
	g.listed[who] = s
	return "", ""
}

// Person judges by the list alone.
func (g *Gate) Person(n identity.Number) gate.Reason { return g.listed[n].reason() }

// Stand is a digest of the list's word about a person.
func (g *Gate) Stand(n identity.Number) uint64 {
	s, ok := g.listed[n]
	if !ok {
		return 0
	}
	h := fnv.New64a()
	for _, w := range s {
		fmt.Fprintln(h, w.stance, w.day, w.entered)
	}
	return h.Sum64()
}

// Watch takes note of what the codes of a record say about the person whose
// record it is. It costs a look-up a code, and memory only where one matches.
func (g *Gate) Watch(f record.Feed, h *record.Head, who identity.Number, sure bool) {
	var noted [kinds][objected + 1]bool // a record may say one thing in several terminologies
	for _, c := range h.Codings {
		k, st := meaning(c)
		if st == silent || st == withdrew && (!sure || h.Doubtful) || noted[k][st] {
			continue
		}
		noted[k][st] = true
		switch w, ok := dated(st, h, g.today); {
		case ok:
			g.note(f, h, who, k, w)
		case w.stance != silent:
			g.await(who, w.day)
		}
	}
}

// await takes note of a day on which a person's word will count.
func (g *Gate) await(who identity.Number, day term.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if first, ok := g.due[who]; !ok || day < first {
		g.due[who] = day
	}
}

// Due yields who has withdrawn an objection in a record of a day that is yet to
// come, and the first such day. An objection counts whatever its day.
func (g *Gate) Due() iter.Seq2[identity.Number, term.Time] { return maps.All(g.due) }

func (g *Gate) note(f record.Feed, h *record.Head, who identity.Number, k kind, w word) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := coded{kind: k, word: w, key: g.records.met(f, h.ID, h.Version), version: h.Version}
	if w.stance == objected {
		g.met[who] = addObjection(g.met[who], c)
		return
	}
	id := record.Ref{Kind: h.ID.Kind, ID: strings.Clone(h.ID.ID)}
	c.from = &record.Version{Feed: f, ID: id, At: h.Version, Copies: 1}
	g.withdrawals[who] = addWithdrawal(g.withdrawals[who], c)
}

// Deleted takes note that a source has deleted a record, up to a version, or
// all of it where that is unknown.
func (g *Gate) Deleted(f record.Feed, id record.Ref, version term.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.records.deleted(f, id, version)
}

// Late judges by the list and all codes that were met. Ask it when the pass is
// over.
func (g *Gate) Late(n identity.Number, yield func(why gate.Reason, unless []record.Version)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	listed, met := g.listed[n], g.met[n]
	for k := range kinds {
		if !objects(k, listed[k], met) || listed[k].stance == withdrew && undone(k, coded{word: listed[k]}, listed[k], met) {
			continue
		}
		var unless []record.Version
		for _, w := range g.withdrawals[n] {
			if w.kind == k && g.records.stands(w.key, w.version) && undone(k, w, listed[k], met) {
				unless = append(unless, *w.from)
			}
		}
		yield(reasons[k], unless)
	}
}

// Numbers lists everybody whom the list alone leaves out, in no order.
func (g *Gate) Numbers() iter.Seq[identity.Number] {
	return func(yield func(identity.Number) bool) {
		for n, s := range g.listed {
			if s.reason() != gate.Kept && !yield(n) {
				return
			}
		}
	}
}

// Describe says in one line which list the gate stands on.
func (g *Gate) Describe() string { return g.list.String() }
