package objection

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

const day = term.Time(86_400_000_000)

// event is something a person said, as the oracle sees it: times in days and
// hours, zero unknown.
type event struct {
	inList      bool
	objects     bool
	at, entered int // day of the event and of its entry
	hour        int // of the event
}

const today = 6

// stands says by sorting whether the person objects: everything that counts, in
// order of day, then of entry, an objection after a withdrawal; the last one
// stands.
func stands(events []event) bool {
	var counted []event
	for _, e := range events {
		if e.at == 0 && !e.inList {
			e.at = e.entered
		}
		if !e.objects && (e.at == 0 || e.at > today) {
			continue
		}
		for _, unknown := range []*int{&e.at, &e.entered} {
			if *unknown == 0 && e.objects {
				*unknown = 1000
			}
		}
		counted = append(counted, e)
	}
	if len(counted) == 0 {
		return false
	}
	key := func(e event) string { return fmt.Sprintf("%04d %04d %v", e.at, e.entered, e.objects) } // false sorts before true
	slices.SortFunc(counted, func(a, b event) int {
		if key(a) < key(b) {
			return -1
		}
		return 1
	})
	return counted[len(counted)-1].objects
}

func draw(t *rapid.T, label string) event {
	e := event{
		inList:  rapid.Bool().Draw(t, label+" in the list"),
		objects: rapid.Bool().Draw(t, label+" objects"),
		at:      rapid.IntRange(0, 8).Draw(t, label+" day"),
		entered: rapid.IntRange(0, 8).Draw(t, label+" entered"),
		hour:    rapid.IntRange(0, 23).Draw(t, label+" hour"),
	}
	if e.inList {
		e.entered, e.at = 0, max(1, min(e.at, today))
	}
	return e
}

// TestLatestWins holds the gate to the oracle, whatever the order in which a
// person's words are met.
func TestLatestWins(t *testing.T) {
	who, _ := identity.Local([]byte("somebody"))
	rapid.Check(t, func(t *rapid.T) {
		var events []event
		for i := range rapid.IntRange(0, 6).Draw(t, "events") {
			events = append(events, draw(t, fmt.Sprint(i)))
		}
		k := kind(rapid.IntRange(0, 1).Draw(t, "kind"))
		g := &Gate{today: today * day, listed: map[identity.Number]said{}, met: map[identity.Number][]coded{},
			withdrawals: map[identity.Number][]coded{}, due: map[identity.Number]term.Time{}, records: newVersions()}
		for _, e := range rapid.Permutation(events).Draw(t, "order") {
			meet(g, who, k, e)
		}
		want := gate.Kept
		if stands(events) {
			want = reasons[k]
		}
		got := gate.Kept
		g.Late(who, func(why gate.Reason, unless []record.Version) {
			if len(unless) == 0 {
				got = why
			}
		})
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// meet gives an event to the gate the way it comes.
func meet(g *Gate, who identity.Number, k kind, e event) {
	st := withdrew
	if e.objects {
		st = objected
	}
	if e.inList {
		s := g.listed[who]
		s[k] = later(s[k], spoken(st, term.Time(e.at)*day, term.Unknown))
		g.listed[who] = s
		return
	}
	codes := map[kind]map[stance]term.Code{
		local: {objected: "416409005", withdrew: "417528008"},
		type1: {objected: "827241000000103", withdrew: "827261000000102"},
	}
	h := &record.Head{ID: record.Ref{Kind: record.Observation, ID: fmt.Sprint(e)}, Codings: []record.Coding{{System: term.SNOMED, Code: "44054006"}, {System: term.SNOMED, Code: codes[k][st]}}}
	if e.at > 0 {
		h.At = term.Time(e.at)*day + term.Time(e.hour)*day/24
	}
	if e.entered > 0 {
		h.Recorded = term.Time(e.entered) * day
	}
	g.Watch(record.Feed{}, h, who, true)
}
