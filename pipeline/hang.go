package pipeline

import (
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/locator"
)

// hangs takes down, for one goroutine of a delta, which records must go as
// roots, and which records go with which.
type hangs struct {
	roots []int64
	with  map[int64][]int64 // by what they go with
}

func newHangs() *hangs { return &hangs{with: make(map[int64][]int64)} }

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
			h.both(k.RecordKey, k.EncounterKey)
		}
	}
	h.link(links)
}

// link takes down what records link to.
func (h *hangs) link(links []row.Link) {
	if h == nil {
		return
	}
	for i := range links {
		if l := &links[i]; l.Whole {
			h.both(l.RecordKey, l.To)
		} else {
			h.with[l.To] = append(h.with[l.To], l.RecordKey)
		}
	}
}

// both takes down that each of two records goes with the other.
func (h *hangs) both(a, b int64) {
	h.with[a], h.with[b] = append(h.with[a], b), append(h.with[b], a)
}

// with is the records, by what was taken down, that go with one.
func (all crew) with(key int64) (out []int64) {
	for _, c := range all {
		out = append(out, c.hangs.with[key]...)
	}
	return out
}

// doomed is the records that must go, those of front among them, and by what was
// taken down all that go with them.
func (all crew) doomed(front []int64) *locator.Set {
	var out locator.Set
	for _, c := range all {
		front = append(front, c.hangs.roots...)
	}
	for len(front) > 0 {
		key := front[len(front)-1]
		if front = front[:len(front)-1]; out.Add(uint64(key)) {
			front = append(front, all.with(key)...)
		}
	}
	return &out
}
