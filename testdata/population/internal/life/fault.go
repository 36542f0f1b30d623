package life

import (
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/person"
)

// faults gives records their faults. A GP Connect record has none of these.
func (l *Life) faults() {
	if l.Person.GPConnect {
		return
	}
	for i := range l.Events {
		l.fault(&l.Events[i])
	}
}

// fault draws the fault of one record, among those its kind can have. What a
// person has said about the use of their data is never unreadable, lost or
// deleted: nobody could honour a wish that no sound record tells of, and the
// truth would be about chance.
func (l *Life) fault(e *Event) {
	x := l.rand.Float()
	hit := func(rate float64, f Fault, possible bool) {
		if x >= 0 && possible {
			if x -= rate; x < 0 {
				e.Fault = f
			}
		}
	}
	r, k := &l.Rates, e.Kind
	leaf := !e.Wish && (k == Observation || k == Medication)
	plain := leaf || k == Condition
	hit(r.Duplicate, Duplicate, true)
	hit(r.Corrected, Corrected, plain || e.Wish || k == Appointment)
	hit(r.Deleted, Deleted, leaf)
	hit(r.Late, Late, !e.Tabled() && k != Appointment)
	hit(r.Broken, Broken, plain || e.Tabled())
	hit(r.WrongType, WrongType, plain)
	hit(r.BadDate, BadDate, plain || e.Tabled())
	hit(r.Orphan, Orphan, leaf)
	hit(r.Unnumbered, Unnumbered, e.Tabled())
	hit(r.Misnumbered, Misnumbered, e.Tabled())
	hit(0.3, Superseded, e.Tabled() && l.Person.Old != 0)
	hit(r.TwoNamed, TwoNamed, leaf)
	hit(0.3, Misfiled, leaf && l.Person.Fault == person.Merged)
	switch {
	case e.Was != nil:
		e.Fault = Corrected
	case e.Wish && l.Person.Astray():
		e.Fault = Misfiled
	}
	if e.Fault == Sound && (e.What == figure.Codes.HbA1c || e.What == figure.Codes.Weight) && l.rand.Hit(r.Drifted) {
		e.Fault = Drifted
	}
	if e.Fault == Late {
		e.Entered = l.entered(e.At, 86_400*l.rand.Between(60, 300))
	}
}
