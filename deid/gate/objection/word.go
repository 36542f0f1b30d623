package objection

import (
	"math"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// word is what a person said about one kind, and when. The zero word is that
// they said nothing.
type word struct {
	day     term.Time
	entered term.Time
	stance  stance
}

// stance is ordered: at one time, the greater wins.
type stance uint8

const (
	silent stance = iota
	withdrew
	objected
)

// The ends of time, for words whose time is not known.
const (
	never  term.Time = math.MinInt64
	always term.Time = math.MaxInt64
)

// spoken returns a word. An objection whose time is not known is later than
// all others, a withdrawal earlier.
func spoken(st stance, day, entered term.Time) word {
	w, unknown := word{day.Day(), entered, st}, never
	if st == objected {
		unknown = always
	}
	if day == term.Unknown {
		w.day = unknown
	}
	if entered == term.Unknown {
		w.entered = unknown
	}
	return w
}

// dated returns what a record says. It reports false for a withdrawal that
// does not count: without any date, which is no word at all, or dated in the
// future, which is the word that it will be. When a version was written is no date
// of what it says: old records are written anew. Of a month or a year an objection
// is of its last day, a withdrawal of its first.
func dated(st stance, h *record.Head, today term.Time) (word, bool) {
	day := h.At
	switch {
	case h.Undated:
		day = term.Unknown
	case day == term.Unknown:
		day = h.Recorded
	}
	if day == term.Unknown && st == withdrew {
		return word{}, false
	}
	if day != term.Unknown && st == objected {
		day += h.Vague
	}
	w := spoken(st, day, h.Recorded)
	return w, st == objected || w.day <= today
}

// later returns the word that stands.
func later(a, b word) word {
	switch {
	case a.stance == silent:
		return b
	case b.stance == silent:
		return a
	case a.day != b.day:
		if a.day > b.day {
			return a
		}
	case a.entered != b.entered:
		if a.entered > b.entered {
			return a
		}
	case a.stance > b.stance:
		return a
	}
	return b
}
