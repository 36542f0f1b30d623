package population

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/stu3"
	"secondaryuse/testdata/population/internal/text"
	"secondaryuse/testdata/population/internal/truth"
)

// damage is what is wrong with a GP Connect record as a whole.
type damage uint8

const (
	whole     damage = iota
	cutOff           // the file ends early
	nobody           // no Patient in the Bundle
	twice            // the same Bundle under another name
	strangers        // an entry is about somebody else, one has a date that does not exist
)

// nthBundle counts the GP Connect records up to that of a person.
func (p *Plan) nthBundle(ordinal int) int { return ordinal / max(200, (p.Persons+199)/200) }

// unread reports whether nothing in the record can be read: what the person
// said in it is not known then.
func (d damage) unread() bool { return d == cutOff || d == nobody }

// damageOf spreads the damages over the records.
func (a *author) damageOf() damage { return a.plan.damageOf(a.person.Ordinal) }

func (p *Plan) damageOf(ordinal int) damage {
	switch p.nthBundle(ordinal) % 20 {
	case 4:
		return cutOff
	case 9:
		return nobody
	case 12:
		return twice
	case 15, 18:
		return strangers
	}
	return whole
}

// connect writes a person's GP Connect record.
func (a *author) connect() {
	d := a.damageOf()
	changed, updated := a.lastChange()
	if a.bundled = updated; !a.sends(changed) {
		return
	}
	for i := range a.life.Events {
		if e := &a.life.Events[i]; !e.Tabled() && (!stu3.Takes(e) || d.unread()) {
			a.ends[i] = fate.End{Outcome: fate.Unused} // it reaches no feed
		}
	}
	name := a.bundleName()
	f := a.c.File(a.prefix + name)
	w := &a.stu3
	w.Begin(f.Text, &a.life, a.subject(&a.person), updated)
	a.bundle(w, d)
	f.Text = w.End()
	switch d {
	case cutOff:
		f.Text = f.Text[:len(f.Text)*2/3]
		a.book.Count("gp", "", "", fate.End{Outcome: fate.Rejected}, 1)
		a.reject(name, "gp", "", "cut off", 0)
	case nobody:
		a.book.Count("gp", "", "", fate.End{Outcome: fate.Rejected}, int64(w.Entries))
		a.reject(name, "gp", "", "a Bundle without a Patient", 0)
	case twice:
		if a.living {
			return
		}
		copied := a.c.File("gp-connect/copy-" + string(text.Pad(nil, a.person.Ordinal, 7)) + ".json")
		copied.Text = append(copied.Text, f.Text...)
	}
}

// lastChange returns the day on which anything in the record changed last, and
// when; 0 is before the population lived on.
func (a *author) lastChange() (day int32, at clock.Wall) {
	if !a.living {
		return 0, 0
	}
	day, at = a.course.Patient.Changed, a.course.Patient.At
	for i := range a.life.Events {
		if e := &a.life.Events[i]; e.Changed > 0 && e.Entered > at && stu3.Takes(e) {
			day, at = e.Changed, e.Entered
		}
	}
	return day, at
}

// bundleName names the file: mostly by the practice, one in ten as some
// systems do, by number, name and date.
func (a *author) bundleName() string {
	p := &a.person
	if a.plan.nthBundle(p.Ordinal)%10 == 2 {
		b := append(number.Append([]byte("gp-connect/"), p.Number), '_')
		b = append(append(b, p.Family...), "_full_"...)
		changed, _ := a.lastChange()
		y, m, d := (a.asOf + clock.Day(changed)).Civil()
		return string(text.Pad(text.Pad(text.Pad(b, y, 4), m, 2), d, 2)) + ".json"
	}
	return "gp-connect/" + a.area.Practices[p.Practice].Code + "-" + string(text.Pad(nil, p.Ordinal, 7)) + ".json"
}

// bundle writes the entries and takes them down.
func (a *author) bundle(w *stu3.Writer, d damage) {
	counted := !d.unread()
	times := int64(1)
	if d == twice && !a.living {
		times = 2
	}
	unused := func(kind string) {
		if counted {
			a.book.Count("gp", "", kind, fate.End{Outcome: fate.Unused}, times)
		}
	}
	for _, kind := range w.Practice() {
		unused(kind)
	}
	if d != nobody {
		w.Patient()
		w.Home(a.r4.Postcode(nil, &a.person, a.person.Area, a.person.Postcode))
		if counted {
			a.connected(times)
		}
	}
	w.List()
	unused("list")
	a.planned = a.planned[:0]
	for i := range a.life.Events {
		if e := &a.life.Events[i]; stu3.Takes(e) {
			a.connectEvent(w, i, counted, times, unused)
		}
	}
	if d == strangers {
		e := &life.Event{At: a.asOf.At(9, 0, 0)}
		if len(a.life.Events) > 0 {
			e = &a.life.Events[0]
		}
		w.Stranger(e)
		w.Undated(e)
		a.book.Count("gp", "observation", "", fate.End{Outcome: fate.Rejected}, 2)
		a.reject(a.bundleName(), "gp", "observation", "about somebody else", w.Entries)
		a.reject(a.bundleName(), "gp", "observation", faultNames[life.BadDate], w.Entries+1)
	}
}

// connected takes down what becomes of the Patient.
func (a *author) connected(times int64) {
	end := a.standing(life.Practice(a.person.Practice), a.today().At(0, 0, 0))
	a.known.Patient = end.Outcome == fate.Kept
	id := a.subject(&a.person)
	for n := range times {
		if n > 0 {
			end = end.Again()
		}
		a.book.Record("gp", "person", a.named("Patient", id[0], id[1]), a.bundled, a.person.Ordinal, end, truth.Fact{})
	}
}

// connectEvent writes an event, and before the first issue of a medicine what
// goes with it.
func (a *author) connectEvent(w *stu3.Writer, i int, counted bool, times int64, unused func(string)) {
	e := &a.life.Events[i]
	if e.Kind == life.Medication && !a.hasPlan(e.What) {
		planned, taken := w.Plan(e)
		unused("medication")
		for _, name := range [][]byte{planned, taken} {
			if counted {
				a.takePlan(name, e, times)
			}
		}
	}
	w.Event(i)
	if !counted {
		return
	}
	f := truth.Fact{Code: inSNOMED(e.What), At: e.At, Kind: e.Kind.Word(e)}
	if e.Unit != "" {
		f.Value, f.Second, f.Unit, f.Measured = e.Value, e.Second, e.Unit, true
	}
	if e.Kind == life.Encounter {
		f.Code = nil
	}
	end := a.ends[i]
	for n := range times {
		if n > 0 {
			end = end.Again()
		}
		a.book.Record("gp", datasets[e.Kind], a.named(stu3.Types[e.Kind], e.ID.Hi, e.ID.Lo), a.bundled, a.person.Ordinal, end, f)
	}
}

// hasPlan reports whether the medicine's plan has been written, and notes that
// it is.
func (a *author) hasPlan(c *figure.Concept) bool {
	for _, known := range a.planned {
		if known == c {
			return true
		}
	}
	a.planned = append(a.planned, c)
	return false
}

// takePlan takes down a plan or a statement: nothing sensitive hangs on it.
func (a *author) takePlan(name []byte, e *life.Event, times int64) {
	end := a.standing(e.Org, e.At)
	for n := range times {
		if n > 0 {
			end = end.Again()
		}
		a.book.Record("gp", "medication", name, a.bundled, a.person.Ordinal, end, truth.Fact{Code: inSNOMED(e.What), At: e.At})
	}
}

// inSNOMED returns a medicine's code as a SNOMED CT code, which is how GP
// Connect gives it, and any other code as it is.
func inSNOMED(c *figure.Concept) *figure.Concept {
	if c != nil && c.System == figure.DMD {
		return asSNOMED[c.Code]
	}
	return c
}

var asSNOMED = func() map[string]*figure.Concept {
	m := make(map[string]*figure.Concept)
	for code, c := range figure.Medicines {
		m[code] = figure.New(figure.SNOMED, code, c.Term)
	}
	return m
}()
