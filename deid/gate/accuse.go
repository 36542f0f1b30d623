package gate

import (
	"slices"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// accuse takes down that a record takes out the person that it is about; or,
// where it is nobody's for sure, everybody whom it names.
func (k *Keeper) accuse(f record.Feed, h *record.Head, who Ordinal) {
	note := func(who Ordinal) {
		v := record.Version{Feed: f, ID: record.Ref{Kind: h.ID.Kind, ID: strings.Clone(h.ID.ID)}, At: h.Version}
		k.mu.Lock()
		defer k.mu.Unlock()
		if !slices.Contains(k.accused[who], v) {
			k.accused[who] = append(k.accused[who], v)
		}
	}
	if who != nobody {
		note(who)
		return
	}
	k.roster.mentions(f, h, note)
}

// Accused calls yield for everybody whom a record read in this run takes out as
// a whole, once all have been admitted. Where the version says which, the person
// is out while that stands: while the feed holds no newer version of the record,
// and has not deleted it. The zero Version says that the person is out whatever
// comes, since a record that has no name or no version cannot be told from what
// replaces it.
func (k *Keeper) Accused(yield func(Ordinal, record.Version)) {
	for who := range k.roster.numbers {
		if k.roster.verdicts[who] != Kept {
			continue
		}
		for _, v := range k.accused[Ordinal(who)] {
			if v.ID.ID == "" || v.At == term.Unknown {
				v = record.Version{}
			}
			yield(Ordinal(who), v)
		}
	}
}
