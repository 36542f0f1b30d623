package pipeline

import (
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/locator"
)

// hangs takes down, for one goroutine of a delta, which records must go as
// roots, and which records hang on which.
type hangs struct {
	roots []int64
	on    map[int64][]int64 // by what they hang on
}

func newHangs() *hangs { return &hangs{on: make(map[int64][]int64)} }

// root takes down records that must go.
func (h *hangs) root(rows []row.Exclusion) {
	if h == nil {
		return
	}
	for i := range rows {
		h.roots = append(h.roots, rows[i].RecordKey)
	}
}

// note takes down what rows hang on: their encounter, and what they link to.
func note[X row.Row, P keyed[X]](h *hangs, rows []X, links []row.Link) {
	for i := range rows {
		if k := P(&rows[i]).Keyed(); k.Part == 0 && k.EncounterKey != 0 {
			h.on[k.EncounterKey] = append(h.on[k.EncounterKey], k.RecordKey)
		}
	}
	for i := range links {
		h.on[links[i].To] = append(h.on[links[i].To], links[i].RecordKey)
	}
}

// on is the records, among those that were taken down, which hang on one.
func (all crew) on(key int64) (out []int64) {
	for _, c := range all {
		out = append(out, c.hangs.on[key]...)
	}
	return out
}

// doomed is the records that must go, those of front among them, and all that
// hang on them among those that were taken down.
func (all crew) doomed(front []int64) *locator.Set {
	var out locator.Set
	for _, c := range all {
		front = append(front, c.hangs.roots...)
	}
	for len(front) > 0 {
		key := front[len(front)-1]
		if front = front[:len(front)-1]; out.Add(uint64(key)) {
			front = append(front, all.on(key)...)
		}
	}
	return &out
}
