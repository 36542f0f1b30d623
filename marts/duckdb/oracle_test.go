package duckdb

import (
	"cmp"
	"slices"

	"pgregory.net/rapid"
)

type recordKey struct {
	feed string
	key  int64
}

func (r staged) key() recordKey { return recordKey{r.feed, r.record} }

// oracle settles rows by the words of Settle's comment, one rule after the
// other, without any care for speed.
type oracle struct {
	pleas  []staged // exclusions of persons
	barred map[int64]int32
	copies map[recordKey][]int // the versions that were read
	dead   map[recordKey]int
	newest map[recordKey]staged
	doomed map[recordKey]bool
	seen   map[slot]bool
}

// slot is where of several copies one stays.
type slot struct {
	set  string
	key  recordKey
	part int32
}

func newOracle(rows []staged) *oracle {
	o := &oracle{nil, map[int64]int32{}, map[recordKey][]int{}, map[recordKey]int{}, map[recordKey]staged{}, map[recordKey]bool{}, map[slot]bool{}}
	for _, r := range rows {
		o.read(r)
	}
	for _, p := range o.pleas {
		if was, ok := o.barred[p.person]; !o.lifted(p) && (!ok || p.reason < was) {
			o.barred[p.person] = p.reason
		}
	}
	for o.spread(rows) {
	}
	return o
}

func (o *oracle) read(r staged) {
	switch {
	case r.set == "exclusion" && r.person != 0:
		o.pleas = append(o.pleas, r)
	case r.set == "exclusion":
		o.doomed[r.key()] = true
	case r.set == "tombstone":
		upto := r.version
		if upto == 0 {
			upto = 1000
		}
		o.dead[r.key()] = max(upto, o.dead[r.key()])
	case r.set != "link" && r.part == 0:
		o.copies[r.key()] = append(o.copies[r.key()], r.version)
		was, ok := o.newest[r.key()]
		if !ok || r.version > was.version || r.version == was.version && r.person < was.person {
			o.newest[r.key()] = r
		}
	}
}

// lifted reports whether an exclusion of a person falls away: all for its reason
// name a record, no version that speaks against the person stands, and where
// there are versions that speak for the person one of them does.
func (o *oracle) lifted(p staged) bool {
	asked, any := false, false
	for _, q := range o.pleas {
		if q.person != p.person || q.reason != p.reason {
			continue
		}
		if q.record == 0 || q.part == 0 && o.stands(q) {
			return false
		}
		asked, any = asked || q.part > 0, any || q.part > 0 && o.stands(q)
	}
	return any || !asked
}

// stands reports whether the version that an exclusion names is the newest of its
// record, is not deleted, and was met in no more copies than the exclusion says.
func (o *oracle) stands(q staged) bool {
	same := int32(0)
	for _, v := range o.copies[q.key()] {
		if v > q.version {
			return false
		}
		if v == q.version {
			same++
		}
	}
	return o.dead[q.key()] <= q.version && (q.part == 0 || same <= q.part)
}

// current reports whether a row is of the copy of its record that stays.
func (o *oracle) current(r staged) bool {
	n, ok := o.newest[r.key()]
	return !ok || n.version == r.version && n.person == r.person
}

// spread dooms what goes with the doomed, one step far.
func (o *oracle) spread(rows []staged) (grown bool) {
	for _, r := range rows {
		to, whole := r.refers()
		if r.person != 0 && !o.current(r) || to.key == 0 || o.doomed[to] == o.doomed[r.key()] {
			continue
		}
		if o.doomed[to] || whole {
			o.doomed[r.key()], o.doomed[to], grown = true, true, true
		}
	}
	return grown
}

// refers is what a row refers to, and whether that is the whole of which it is a
// part.
func (r staged) refers() (to recordKey, whole bool) {
	switch r.set {
	case "exclusion", "tombstone":
		return recordKey{}, false
	case "link":
		return recordKey{r.feed, r.to}, r.whole
	}
	return recordKey{r.feed, r.encounter}, true
}

// end says what becomes of a row; of equal rows it is asked in their order.
func (o *oracle) end(r staged) (End, int32) {
	s := slot{r.set, r.key(), r.part}
	again := o.seen[s]
	o.seen[s] = again || o.current(r)
	why, barred := o.barred[r.person]
	upto, dead := o.dead[r.key()]
	switch {
	case barred:
		return Barred, why
	case dead && r.version <= upto:
		return Deleted, 0
	case !o.current(r) || again:
		return Superseded, 0
	case o.doomed[r.key()]:
		return Linked, 0
	}
	return Kept, 0
}

// settle returns the rows that stay, sorted, and the tallies.
func (o *oracle) settle(rows []staged) (stay []staged, tallies []Tally) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, less)
	count := map[Tally]Tally{}
	for _, r := range rows {
		if slices.Contains(helpers, r.set) {
			continue
		}
		end, reason := o.end(r)
		if end == Kept {
			stay = append(stay, r)
		}
		id := Tally{Dataset: r.set, Feed: r.feed, End: end, Reason: reason}
		c := count[id]
		c.Rows++
		if r.part == 0 {
			c.Records++
		}
		count[id] = c
	}
	for id, c := range count {
		id.Records, id.Rows = c.Records, c.Rows
		tallies = append(tallies, id)
	}
	slices.SortFunc(tallies, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.End, b.End), cmp.Compare(a.Reason, b.Reason))
	})
	return stay, tallies
}

// copies draws the rows that a source may stage: copies of records, each with
// a row of part 0 and perhaps more in another dataset, and what settles them.
func copies(t *rapid.T) []staged {
	var rows []staged
	feed := rapid.SampledFrom([]string{"a", "b"})
	key := rapid.Int64Range(1, 6)
	for range rapid.IntRange(0, 14).Draw(t, "copies") {
		c := staged{
			set: "encounter", feed: feed.Draw(t, "feed"), record: key.Draw(t, "record"), person: rapid.Int64Range(1, 3).Draw(t, "person"),
			version: rapid.IntRange(0, 3).Draw(t, "version"), encounter: rapid.Int64Range(0, 6).Draw(t, "encounter"), code: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "code"),
		}
		if c.record%2 == 1 {
			c.set = "problem"
		}
		for range rapid.IntRange(1, 2).Draw(t, "read") {
			rows = append(rows, c)
			for part := range rapid.Int32Range(0, 2).Draw(t, "parts") {
				p := c
				p.set, p.part = "problem", part+1
				rows = append(rows, p)
			}
		}
		if to := rapid.Int64Range(-4, 6).Draw(t, "link"); to > 0 {
			l := c
			l.set, l.to, l.encounter, l.whole = "link", to, 0, rapid.Bool().Draw(t, "whole")
			if rapid.IntRange(0, 4).Draw(t, "stored") == 0 {
				l.person = 0
			}
			rows = append(rows, l)
		}
	}
	for range rapid.IntRange(0, 5).Draw(t, "tombstones") {
		rows = append(rows, staged{set: "tombstone", feed: feed.Draw(t, "feed"), record: key.Draw(t, "record"), version: rapid.IntRange(0, 3).Draw(t, "version")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "exclusions") {
		x := staged{set: "exclusion", feed: feed.Draw(t, "feed"), person: rapid.Int64Range(1, 4).Draw(t, "person"), reason: rapid.Int32Range(1, 3).Draw(t, "reason")}
		switch rapid.IntRange(0, 2).Draw(t, "of what") {
		case 1:
			x.person, x.record = 0, key.Draw(t, "record")
		case 2:
			x.record, x.version, x.part = key.Draw(t, "record"), rapid.IntRange(0, 3).Draw(t, "version"), rapid.Int32Range(0, 2).Draw(t, "copies")
		}
		rows = append(rows, x)
	}
	return rows
}
