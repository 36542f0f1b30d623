package objection

import (
	"hash/maphash"
	"math"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// withdrawal is a withdrawal as a record has it.
type withdrawal struct {
	kind    kind
	word    word
	key     uint64
	version term.Time
}

// versions knows of records which versions were met and which were deleted. Two
// records that share a key by chance, or by their ids in two feeds, can only
// make a withdrawal fall.
type versions struct {
	seed   maphash.Seed
	newest map[uint64]term.Time // of records that say something
	gone   map[uint64]term.Time // up to which version a record is deleted
}

func newVersions() versions {
	return versions{maphash.MakeSeed(), make(map[uint64]term.Time), make(map[uint64]term.Time)}
}

func (v *versions) key(id record.Ref) uint64 {
	return maphash.String(v.seed, id.ID) ^ uint64(id.Kind)*0x9E3779B97F4A7C15
}

// met takes note of a version and returns the key of its record.
func (v *versions) met(id record.Ref, version term.Time) uint64 {
	key := v.key(id)
	v.newest[key] = max(v.newest[key], version)
	return key
}

func (v *versions) deleted(id record.Ref, version term.Time) {
	if version == term.Unknown {
		version = math.MaxInt64
	}
	key := v.key(id)
	v.gone[key] = max(v.gone[key], version)
}

// stands reports whether a version is the newest and not deleted.
func (v *versions) stands(key uint64, version term.Time) bool {
	upto, gone := v.gone[key]
	return version >= v.newest[key] && !(gone && version <= upto)
}
