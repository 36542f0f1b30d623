package gate

import (
	"hash/maphash"
	"math"

	"github.com/dchest/siphash"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Ordinal numbers the persons of a run in the order they were enrolled.
type Ordinal int32

// nobody is the Ordinal of a record that names no person, such as a deletion.
const nobody Ordinal = -1

// roster is the person index of a run: from a feed's reference, or from a
// number, to a person. It holds about 135 bytes a person.
type roster struct {
	seed     maphash.Seed
	secret   *Secret           // where the roster is kept from run to run
	numbers  []identity.Number // by Ordinal
	verdicts []Reason          // by Ordinal
	met      []bool            // by Ordinal: a record names the person, not only a list
	byNumber map[identity.Number]Ordinal
	byRef    index
	deleted  map[uint64]deletion // of persons' own records, by reference
	claims   map[claim]bool      // former numbers, and whether one is sure
	flagged  map[name]term.Time  // who is flagged, or nobody where the number cannot be used, behind which reference: the newest version that says so
	names    map[name]term.Time  // of references that have named several numbers: the newest version that names each
	older    []claim             // numbers that were behind a reference before its present one

	due  map[identity.Number]term.Time // when a day that is yet to come may change what is made of a person's records
	ends map[uint64]term.Time          // ... and by reference, whose records those of persons themselves are
}

// entry is what a feed has said of one of its references. It comes out the
// same in whatever order the feed's records are read.
type entry struct {
	version term.Time // of the newest record
	named   term.Time // of the newest record with a usable number
	cleared term.Time // of the newest of the person's own with a usable number that is not flagged
	who     Ordinal   // the number that named, or nobody
	fault   Reason    // what is wrong with the newest record's number, or Kept
	several bool      // records of that version named more than one number
	own     bool      // a record of the person's own is among them
}

// one reports whether the records behind the reference name one person.
func (e entry) one() bool { return e.who != nobody && !e.several }

// stands reports whether a person's own record, and nobody else's, is behind
// the reference.
func (e entry) stands() bool { return e.own && !e.several && e.fault == Kept }

// unheard is the entry of a reference that nothing was said of.
var unheard = entry{who: nobody, version: math.MinInt64, named: math.MinInt64, cleared: math.MinInt64, fault: UnknownPerson}

func newRoster() *roster {
	return &roster{
		seed:     maphash.MakeSeed(),
		byNumber: make(map[identity.Number]Ordinal),
		deleted:  make(map[uint64]deletion),
		claims:   make(map[claim]bool),
		flagged:  make(map[name]term.Time),
		names:    make(map[name]term.Time),
		due:      make(map[identity.Number]term.Time),
		ends:     make(map[uint64]term.Time),
	}
}

// person returns the ordinal of a number, enrolling it when it is new.
func (r *roster) person(n identity.Number) Ordinal {
	if who, ok := r.byNumber[n]; ok {
		return who
	}
	if len(r.numbers) == math.MaxInt32 {
		panic("gate: more than 2^31 persons") // unreachable: there are 10^9 NHS numbers
	}
	who := Ordinal(len(r.numbers))
	r.byNumber[n] = who
	r.numbers = append(r.numbers, n)
	r.verdicts = append(r.verdicts, Kept)
	r.met = append(r.met, false)
	return who
}

// meet returns the ordinal of a number that a record names.
func (r *roster) meet(n identity.Number) Ordinal {
	who := r.person(n)
	r.met[who] = true
	return who
}

// ref enrols one person record. Of two numbers behind one reference the newer
// version's counts, and two of one version make it ambiguous; a record whose
// number is unusable counts only while no newer one mends it.
func (r *roster) ref(f record.Feed, p *record.Person) {
	key := r.key(f, p.ID)
	e, known := r.byRef.get(key)
	if !known {
		e = unheard
	}
	fault := faults[p.Fault]
	if p.Number.Zero() && fault == Kept {
		fault = NoNumber
	}
	who := nobody
	if fault == Kept {
		who = r.meet(p.Number)
		r.name(key, &e, who, age(p.Version))
	}
	r.confidential(key, &e, who, p)
	switch version := age(p.Version); {
	case version > e.version:
		e.version, e.fault = version, fault
	case version == e.version && e.fault == Kept:
		e.fault = fault
	}
	e.own = e.own || !p.Mentioned
	r.byRef.set(key, e)
	wait(r.ends, key, p.Expires)
	for _, n := range p.Former {
		r.claims[claim{n.Number, key}] = n.Sure || r.claims[claim{n.Number, key}]
	}
}

// age orders versions. One that is not known is older than any other.
func age(version term.Time) term.Time {
	if version == term.Unknown {
		return math.MinInt64 + 1
	}
	return version
}

var faults = [...]Reason{
	record.NoFault:       Kept,
	record.Missing:       NoNumber,
	record.BadForm:       BadNumber,
	record.BadCheckDigit: BadNumber,
	record.Disallowed:    BadNumber,
	record.Unverified:    NotVerified,
	record.Several:       Ambiguous,
}

// bar leaves a person out, unless it is left out already.
func (r *roster) bar(who Ordinal, why Reason) {
	if r.verdicts[who] == Kept {
		r.verdicts[who] = why
	}
}

// key is the index key of a reference within a feed. Two references that
// share a key by chance are told apart no longer: they become ambiguous, which
// leaves both out.
func (r *roster) key(f record.Feed, ref record.Ref) uint64 {
	return r.hash(ref.ID) ^ (r.hash(string(f.Name))+uint64(ref.Kind))*0x9E3779B97F4A7C15
}

// hash is the same from run to run where the roster is kept.
func (r *roster) hash(text string) uint64 {
	if r.secret == nil {
		return maphash.String(r.seed, text)
	}
	var short [64]byte
	if len(text) <= len(short) {
		return siphash.Hash(r.secret.K0, r.secret.K1, short[:copy(short[:], text)])
	}
	return siphash.Hash(r.secret.K0, r.secret.K1, []byte(text))
}

// find returns whose record it is that names its person by reference, and
// perhaps by number as well, or why nobody can be named. A record that names
// two persons is nobody's. Nor is one whose reference leads nowhere, whatever
// its number: the two cannot be held against each other.
func (r *roster) find(f record.Feed, ref record.Ref, n identity.Number) (Ordinal, Reason) {
	e, ok := r.byRef.get(r.key(f, ref))
	why := e.fault
	switch {
	case !ok:
		return nobody, UnknownPerson
	case e.several:
		why = Ambiguous
	case why == Kept && n.Zero() && !e.own:
		return nobody, NotVerified // a newer line of the number mends itself, not this one
	case why == Kept && (n.Zero() || n == r.numbers[e.who]):
		return e.who, Kept
	}
	switch {
	case why == Kept: // by its number it is another's, or the person's by a former one
		if who, ok := r.byNumber[n]; ok && who == e.who {
			return who, Kept
		}
		why = Ambiguous
	case !e.own && !n.Zero(): // other lines of the number have a fault that this one has not
		return r.numbered(n)
	}
	return nobody, why
}

// numbered returns whose record it is by number alone.
func (r *roster) numbered(n identity.Number) (Ordinal, Reason) {
	if who, ok := r.byNumber[n]; ok && !n.Zero() {
		return who, Kept
	}
	return nobody, UnknownPerson
}
