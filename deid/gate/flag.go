package gate

import (
	"math"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// confidential takes note of whether a person record is flagged. Of the person's
// own records behind a reference the newest counts, so that a flag which is taken
// away is gone; one whose number cannot be used flags, and takes no flag away. A
// flag of which nobody knows how old it is holds as long as it is there, and so
// does that of a line of activity, of which the lines beside it say nothing.
func (r *roster) confidential(key uint64, e *entry, who Ordinal, p *record.Person) {
	version := age(p.Version)
	switch {
	case p.Confidential && (p.Mentioned || p.Version == term.Unknown):
		r.flagged[name{key, who}] = math.MaxInt64
	case p.Confidential:
		n := name{key, who}
		if old, ok := r.flagged[n]; !ok || old < version {
			r.flagged[n] = version
		}
	case who != nobody && !p.Mentioned:
		e.cleared = max(e.cleared, version)
	}
}

// flag leaves out who is flagged; where the flagged record has no usable number,
// whom other records behind the same reference name, if that is one person.
func (r *roster) flag() {
	for n, version := range r.flagged {
		e, ok := r.byRef.get(n.ref)
		switch {
		case ok && version < e.cleared:
		case n.who != nobody:
			r.verdicts[n.who] = Confidential
		case ok && e.one():
			r.verdicts[e.who] = Confidential
		}
	}
}

// flag takes up one. Nobody may be the one who is flagged.
func (l *loading) flag() {
	var n keptName
	l.tape.name(&n)
	n.name.who = l.ordinal(n.name.who)
	if l.err == nil {
		l.keeper.roster.flagged[n.name] = n.version
	}
}
