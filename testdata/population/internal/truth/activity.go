package truth

import (
	"slices"

	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/text"
)

// told is how often one feed tells of one kind of activity on one day.
type told struct {
	kind string
	day  clock.Day
	feed string
	n    int64
}

// methods groups the methods of admission.
var methods = map[string]string{
	"11": "admission-elective", "12": "admission-elective", "13": "admission-elective",
	"21": "admission-emergency", "22": "admission-emergency", "24": "admission-emergency", "2D": "admission-emergency", "28": "admission-emergency",
}

// activity takes down a person's activity, and adds it to the sums.
func (b *Book) activity(who int, events []life.Event, ends []fate.End, practice string) {
	s := &b.scratch
	s.days, s.nights = s.days[:0], s.nights[:0]
	for i := range events {
		if ends[i].Outcome == fate.Kept {
			b.tell(events, ends, i)
		}
	}
	for i := range s.days { // of what several feeds tell of a day, the one that tells most counts
		t := &s.days[i]
		for j := range s.days {
			if u := &s.days[j]; i != j && u.kind == t.kind && u.day == t.day && (u.n > t.n || u.n == t.n && j < i) {
				t.n = 0
			}
		}
	}
	s.kinds = s.kinds[:0]
	for _, t := range s.days {
		if t.n > 0 {
			b.act(who, t.day, t.kind, t.n)
			b.count(Activity{t.day.At(0, 0, 0).Month(), practice, t.kind}, t.n)
		}
	}
	for _, d := range s.nights {
		b.act(who, d, "bed-days", 1)
		b.count(Activity{d.At(0, 0, 0).Month(), practice, "bed-days"}, 1)
	}
}

// act takes down a row that the mart activity_daily must hold.
func (b *Book) act(who int, on clock.Day, kind string, n int64) {
	r := text.Int(append(b.Acts, `{"person":`...), who)
	r = append(on.AppendDate(append(r, `,"day":"`...)), '"')
	r = text.Int(append(field(r, "kind", kind), `,"activity":`...), int(n))
	b.Acts = append(r, '}', '\n')
}

// count adds to a line of the sums; the person is counted once a line.
func (b *Book) count(k Activity, n int64) {
	c := b.Sums.Activity[k]
	c.N += n
	if !slices.Contains(b.scratch.kinds, k) {
		b.scratch.kinds = append(b.scratch.kinds, k)
		c.Persons++
	}
	b.Sums.Activity[k] = c
}

// tell notes what one event says.
func (b *Book) tell(events []life.Event, ends []fate.End, i int) {
	e := &events[i]
	switch e.Kind {
	case life.Encounter:
		switch e.Service {
		case life.GP:
			b.note("gp", e.At, "ohc")
		case life.AE:
			b.note("ae", e.At, "ohc")
		case life.Outpatient:
			b.note("outpatient-attended", e.At, "ohc")
		case life.Admission:
			b.note(methods[e.Method], e.At, "ohc")
			b.stay(e.At, e.End)
		}
	case life.Appointment:
		if e.Status == "noshow" && e.Clinic != nil {
			b.note("outpatient-dna", e.At, "ohc/appointment")
		}
	case life.Attendance:
		b.note("ae", e.At, "hospital")
	case life.Clinic:
		switch e.Attended {
		case "5":
			b.note("outpatient-attended", e.At, "hospital")
		case "3":
			b.note("outpatient-dna", e.At, "hospital")
		}
	case life.Episode:
		if firstLeft(events, ends, i) {
			b.note(methods[e.Method], e.At, "hospital")
		}
		b.stay(e.At, e.End)
	}
}

// firstLeft reports whether an episode is the first of its spell that is left:
// a spell counts once, by what is known of it.
func firstLeft(events []life.Event, ends []fate.End, i int) bool {
	for j := range i {
		if events[j].Kind == life.Episode && events[j].Spell == events[i].Spell && ends[j].Outcome == fate.Kept {
			return false
		}
	}
	return true
}

func (b *Book) note(kind string, at clock.Wall, feed string) {
	d := at.Day()
	if d > b.AsOf {
		return
	}
	s := &b.scratch
	for i := range s.days {
		if t := &s.days[i]; t.kind == kind && t.day == d && t.feed == feed {
			t.n++
			return
		}
	}
	s.days = append(s.days, told{kind, d, feed, 1})
}

// stay notes the nights of a stay; a person has each night once.
func (b *Book) stay(from, to clock.Wall) {
	s := &b.scratch
	for d := from.Day(); d < min(to.Day(), b.AsOf); d++ {
		if !slices.Contains(s.nights, d) {
			s.nights = append(s.nights, d)
		}
	}
}

// items adds a person's prescription items to the sums.
func (b *Book) items(events []life.Event, ends []fate.End, practice, feed string) {
	s := &b.scratch
	s.items = s.items[:0]
	system := "dmd"
	if feed == "gp" {
		system = "snomed" // GP Connect gives them as SNOMED CT
	}
	for i := range events {
		e := &events[i]
		if e.Kind != life.Medication || ends[i].Outcome != fate.Kept {
			continue
		}
		k := Item{e.At.Month(), practice, system, e.What.Code}
		c := b.Sums.Items[k]
		c.N++
		c.Quantity += int64(e.Value / 100)
		if !slices.Contains(s.items, k) {
			s.items = append(s.items, k)
			c.Persons++
		}
		b.Sums.Items[k] = c
	}
}
