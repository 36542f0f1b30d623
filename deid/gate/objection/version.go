package objection

import (
	"hash/maphash"
	"math"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// coded is a word that a record says.
type coded struct {
	kind    kind
	word    word
	key     uint64 // of the record
	version term.Time
	from    *record.Version // of a withdrawal; else nil
}

// addObjection adds an objection to those of a person. Of one record the
// latest word is kept and the newest version, so that what undoes the record
// undoes all of it.
func addObjection(all []coded, c coded) []coded {
	for i := range all {
		if o := &all[i]; o.kind == c.kind && o.key == c.key {
			o.word, o.version = later(o.word, c.word), max(o.version, c.version)
			return all
		}
	}
	return append(all, c)
}

// addWithdrawal adds a withdrawal to those of a person. Copies of one version
// are counted; where they differ the earliest word holds.
func addWithdrawal(all []coded, c coded) []coded {
	for i := range all {
		if w := &all[i]; w.kind == c.kind && w.key == c.key && w.version == c.version {
			w.from.Copies++
			if later(w.word, c.word) == w.word {
				w.word = c.word
			}
			return all
		}
	}
	return append(all, c)
}

// objects reports whether the list or a code objects.
func objects(k kind, listed word, met []coded) bool {
	for _, o := range met {
		if o.kind == k {
			return true
		}
	}
	return listed.stance == objected
}

// undone reports whether a withdrawal undoes every objection of its kind: it
// is later, or it replaces the objection in the same record.
func undone(k kind, w coded, listed word, met []coded) bool {
	for _, o := range met {
		replaced := o.key == w.key && o.version != term.Unknown && o.version < w.version
		if o.kind == k && !replaced && later(o.word, w.word).stance == objected {
			return false
		}
	}
	return later(listed, w.word).stance == withdrew
}

// versions knows of records which versions were met and which were deleted. Two
// records that share a key by chance can only make a withdrawal fall.
type versions struct {
	seed   maphash.Seed
	newest map[uint64]term.Time // of records that say something
	gone   map[uint64]term.Time // up to which version a record is deleted
}

func newVersions() versions {
	return versions{maphash.MakeSeed(), make(map[uint64]term.Time), make(map[uint64]term.Time)}
}

func (v *versions) key(f record.Feed, id record.Ref) uint64 {
	feed := maphash.String(v.seed, string(f.Name))
	return maphash.String(v.seed, id.ID) ^ (feed+uint64(id.Kind))*0x9E3779B97F4A7C15
}

// met takes note of a version and returns the key of its record.
func (v *versions) met(f record.Feed, id record.Ref, version term.Time) uint64 {
	key := v.key(f, id)
	v.newest[key] = max(v.newest[key], version)
	return key
}

func (v *versions) deleted(f record.Feed, id record.Ref, version term.Time) {
	if version == term.Unknown {
		version = math.MaxInt64
	}
	key := v.key(f, id)
	v.gone[key] = max(v.gone[key], version)
}

// stands reports whether a version is the newest and not deleted, as far as is
// known here.
func (v *versions) stands(key uint64, version term.Time) bool {
	upto, gone := v.gone[key]
	return version >= v.newest[key] && !(gone && version <= upto)
}
