package life

import (
	"testing"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/person"
)

// TestLivesHoldTogether looks at every event of many lives: what it refers to
// is there and of the right kind, and nothing happens before birth, after
// death or is entered in the future.
func TestLivesHoldTogether(t *testing.T) {
	const n = 3000
	asOf := clock.Date(2026, 11, 22)
	from := asOf.Months(-24)
	m := area.Of(4)
	rates := person.Usual()
	rates.Merged = 0.01 // records of a second Patient are rare
	persons := person.Of(4, n, rates, m, asOf, from)
	lives := &Source{Seed: 4, Map: m, From: from, AsOf: asOf, Rates: Usual()}
	var p person.Person
	var l Life
	var faults [TwoNamed + 1]int
	var kinds [Kinds]int
	ids := make(map[ID]bool)
	for i := range n {
		persons.Draw(&p, i)
		lives.Draw(&l, &p)
		for k := range l.Events {
			e := &l.Events[k]
			kinds[e.Kind]++
			faults[e.Fault]++
			if ids[e.ID] {
				t.Fatalf("person %d: two events have one id", i)
			}
			ids[e.ID] = true
			if e.Encounter != None && l.Events[e.Encounter].Kind != Encounter {
				t.Fatalf("person %d: event %d lies in no encounter", i, k)
			}
			for _, to := range e.Links {
				if to != None && (int(to) >= len(l.Events) || int(to) == k || l.Events[to].Tabled()) {
					t.Fatalf("person %d: event %d refers to nothing that can be referred to", i, k)
				}
			}
			checkTimes(t, &l, e)
		}
	}
	for k, n := range kinds {
		if n == 0 {
			t.Errorf("no event is of kind %d", k)
		}
	}
	for f, n := range faults {
		if n == 0 {
			t.Errorf("no event has fault %d", f)
		}
	}
}

func checkTimes(t *testing.T, l *Life, e *Event) {
	t.Helper()
	d := e.At.Day()
	switch {
	case d < l.Person.Birth || d < earliest:
		t.Fatalf("person %d: an event of kind %d before birth", l.Person.Ordinal, e.Kind)
	case e.Entered >= l.AsOf.At(0, 0, 0):
		t.Fatalf("person %d: an event of kind %d is entered in the future", l.Person.Ordinal, e.Kind)
	case d >= l.AsOf && e.Kind != Appointment:
		t.Fatalf("person %d: an event of kind %d in the future", l.Person.Ordinal, e.Kind)
	case l.Person.Died != 0 && d > l.Person.Died && e.Kind != Appointment:
		t.Fatalf("person %d: an event of kind %d after death", l.Person.Ordinal, e.Kind)
	case e.End != 0 && e.End < e.At:
		t.Fatalf("person %d: an event of kind %d ends before it begins", l.Person.Ordinal, e.Kind)
	}
}
