package population

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/course"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/r4"
	"secondaryuse/testdata/population/internal/text"
	"secondaryuse/testdata/population/internal/truth"
)

// datasets names the dataset of each kind of event.
var datasets = [life.Kinds]string{"problem", "observation", "medication", "allergy", "immunisation", "encounter",
	"procedure", "referral", "appointment", "care_plan", "encounter", "encounter", "encounter"}

// perFile is how many persons a file of the shared record holds, at least.
const perFile = 25_000

// file names the file of the shared record that holds a type for a person: one
// of at least three, in the three forms that exports use, some compressed.
func (a *author) file(typ string, ordinal int) string {
	if a.since != never {
		return "shared-record/" + typ + ".ndjson"
	}
	files := max(3, (a.plan.Persons+perFile-1)/perFile)
	n := ordinal / chunk * chunk * files / a.plan.Persons
	name := "shared-record/" + typ + ".ndjson"
	switch {
	case n == 0:
	case n%2 == 1:
		name = "shared-record/" + typ + "." + string(text.Pad(nil, n, 3)) + ".ndjson.gz"
	default:
		name = "shared-record/" + string(text.Int(nil, n)) + "." + typ + ".ndjson"
		if typ == "Observation" {
			name += ".zst"
		}
	}
	return name
}

// again names the file that holds what is written a second time: the rest of
// an exact duplicate, the older version of what was corrected.
func again(typ string) string { return "shared-record/" + typ + ".900.ndjson" }

const deletions = "shared-record/deleted/Bundle.ndjson"

// shared writes a person's part of the shared record. Who has a GP Connect
// record is not in it.
func (a *author) shared() {
	if a.person.GPConnect {
		a.connect()
		return
	}
	other := a.persons.NumberOf((a.person.Ordinal + 1) % a.plan.Persons)
	a.r4.Of(&a.life, a.subject(&a.person), a.second(&a.person), other)
	a.registrations()
	for i := range a.life.Events {
		if e := &a.life.Events[i]; !e.Tabled() && a.sends(e.Changed) {
			a.event(i)
		}
	}
}

// registrations writes the Patient, in one version or two.
func (a *author) registrations() {
	p := &a.person
	r := chance.Of(a.plan.Seed, uint64(p.Ordinal), 5)
	newest := r4.Registration{Area: p.Area, Postcode: p.Postcode, Number: p.Number, Status: "01", Version: 1}
	newest.Entered = (a.asOf - clock.Day(r.Between(1, 390))).At(r.Between(3, 22), r.Below(60), r.Below(60))
	switch p.Fault {
	case person.SharedID: // both are of one version: of two, the newer would say whose the id is
		first := chance.Of(a.plan.Seed, uint64(p.SharesReferenceOf), 5)
		newest.Entered = (a.asOf - clock.Day(first.Between(1, 390))).At(first.Between(3, 22), first.Below(60), first.Below(60))
	case person.NoNumber:
		newest.Number = 0
	case person.BadNumber:
		newest.Number = number.Bad(p.Number, &r)
	case person.Unverified:
		newest.Status = chance.One(&r, []string{"02", "03", "04", "05"})
	}
	again := p.Moved || p.Fault == person.Mended || p.Fault == person.Resent
	if again {
		newest.Version = 2
	}
	if a.living {
		a.register(newest)
		return
	}
	versions := []r4.Registration{newest}
	if again {
		older := newest
		older.Version = 1
		older.Entered -= clock.Wall(86_400 * r.Between(100, 300))
		older.Area = (older.Area + 1) % len(a.area.Areas)
		if p.Fault == person.Mended {
			older.Number = 0
		}
		versions = []r4.Registration{newest, older}
	} else if r.Hit(a.plan.Faults.Records.Duplicate) {
		versions = append(versions, newest)
	}
	a.versions(versions)
	a.unregister(versions)
}

// unregister deletes on day 0 what the person's fault wants to have deleted.
func (a *author) unregister(versions []r4.Registration) {
	switch p := &a.person; p.Fault {
	case person.Erased:
		a.deletion("Patient", a.subject(p), a.asOf.At(0, 0, 0))
	case person.Resent:
		a.deletion("Patient", a.subject(p), versions[1].Entered+86_400)
	case person.Merged:
		a.twin(versions[0])
		a.deletion("Patient", a.second(p), a.asOf.At(0, 0, 0))
	}
}

// register writes the Patients of a person who lives on, as they are now.
func (a *author) register(r r4.Registration) {
	first, second, gone := a.course.Patient, a.course.Second, a.since != never
	if a.sends(second.Changed) && second.Stands {
		a.twin(registered(r, second))
	} else if a.sends(second.Changed) && gone && second.Changed > 0 {
		a.deletion("Patient", a.second(&a.person), second.At)
	}
	switch {
	case !a.sends(first.Changed):
	case !a.person.Absent:
		a.versions([]r4.Registration{registered(r, first)})
	case gone && first.Changed > 0:
		a.deletion("Patient", a.subject(&a.person), first.At)
	}
}

// registered returns a registration as the days have made it.
func registered(r r4.Registration, now course.Registration) r4.Registration {
	if now.At != 0 {
		r.Entered = now.At
	}
	r.Version += now.Versions
	return r
}

// second returns the id of the person's second Patient.
func (a *author) second(p *person.Person) [2]uint64 {
	r := chance.Of(a.plan.Seed, uint64(p.Ordinal), 9)
	return [2]uint64{r.Next(), r.Next()}
}

// twin writes the person's second Patient, which is deleted.
func (a *author) twin(r r4.Registration) {
	id, second := a.subject(&a.person), a.second(&a.person)
	other := a.persons.NumberOf((a.person.Ordinal + 1) % a.plan.Persons)
	a.r4.Of(&a.life, second, second, other)
	a.line(a.file("Patient", a.person.Ordinal), func(b []byte) []byte { return a.r4.Patient(b, r) })
	a.r4.Of(&a.life, id, second, other)
	end := fate.Out(fate.UnknownPerson)
	if a.living {
		end = a.standing(life.Practice(a.person.Practice), r.Entered)
	}
	a.book.Record("ohc", "person", a.named("Patient", second[0], second[1]), r.Entered, a.person.Ordinal, end, truth.Fact{})
}

// versions writes the versions of a Patient, the newest first, the others to
// another file.
func (a *author) versions(list []r4.Registration) {
	for i, v := range list {
		name := a.file("Patient", a.person.Ordinal)
		if i > 0 {
			name = again("Patient")
		}
		a.line(name, func(b []byte) []byte { return a.r4.Patient(b, v) })
		end := a.standing(life.Practice(a.person.Practice), v.Entered)
		switch {
		case end.Outcome != fate.Kept:
		case a.known.Patient && a.person.Fault == person.Resent && v.Entered < list[0].Entered:
			end.Outcome = fate.Deleted
		case a.known.Patient:
			end.Outcome = fate.Superseded
		default:
			a.known.Patient = true
		}
		id := a.subject(&a.person)
		a.book.Record("ohc", "person", a.named("Patient", id[0], id[1]), v.Entered, a.person.Ordinal, end, truth.Fact{})
	}
}

// standing says what becomes of a sound record of an organisation of which it is
// known only whose it is: a Patient, or a plan.
func (a *author) standing(org life.Org, at clock.Wall) fate.End {
	why := fate.Reference(&a.person)
	if why == fate.None {
		why = a.judge.Agreement(org, at)
	}
	if why == fate.None {
		why = fate.Late(&a.person)
	}
	if why != fate.None {
		return fate.Out(why)
	}
	return fate.End{}
}

// event writes the i-th event, in as many versions as its fault wants: where
// the person lives on, the newest version or that it was deleted.
func (a *author) event(i int) {
	e := &a.life.Events[i]
	typ := r4.Types[e.Kind]
	if e.Gone {
		if a.since != never {
			a.deletion(typ, [2]uint64{e.ID.Hi, e.ID.Lo}, e.Entered)
		}
		return
	}
	name := a.file(typ, a.person.Ordinal)
	line := a.line(name, func(b []byte) []byte { return a.r4.Event(b, i, false) })
	end := a.ends[i]
	if end.Outcome == fate.Rejected {
		a.reject(name, "ohc", datasets[e.Kind], faultNames[e.Fault], line)
		a.book.Count("ohc", datasets[e.Kind], "", end, 1)
		return
	}
	if e.Fault == life.Deleted {
		end = end.Removed()
	}
	a.take("ohc", e, i, e.Entered, end)
	if a.living {
		return
	}
	switch e.Fault {
	case life.Duplicate, life.Corrected:
		older := e.Fault == life.Corrected
		where, entered := again(typ), e.Entered
		if older {
			entered -= 3 * 86_400
		}
		a.line(where, func(b []byte) []byte { return a.r4.Event(b, i, older) })
		a.take("ohc", e, i, entered, end.Again())
	case life.Deleted:
		a.deletion(typ, [2]uint64{e.ID.Hi, e.ID.Lo}, a.asOf.At(0, 0, 0))
		a.ends[i] = end // the marts see nothing of it
	}
}

var faultNames = map[life.Fault]string{life.Broken: "cut off", life.WrongType: "a value of another type", life.BadDate: "a date that does not exist"}

// take takes down what becomes of one version of an event.
func (a *author) take(feed string, e *life.Event, i int, version clock.Wall, end fate.End) {
	f := truth.Fact{Code: e.What, At: e.At, Unit: e.Unit, Kind: e.Kind.Word(e)}
	if e.Unit != "" {
		f.Value, f.Unit = r4.Value(e, version != e.Entered)
		f.Second, f.Measured = e.Second, true
	}
	if e.Kind == life.Encounter || e.Kind == life.Appointment {
		f.Code = nil
	}
	a.book.Record(feed, datasets[e.Kind], a.named(r4.Types[e.Kind], e.ID.Hi, e.ID.Lo), version, a.person.Ordinal, end, f)
}

// deletion writes that a record was deleted.
func (a *author) deletion(typ string, id [2]uint64, at clock.Wall) {
	a.line(deletions, func(b []byte) []byte {
		b = append(b, `{"resourceType":"Bundle","id":"`...)
		b = text.UUID(b, id[1], id[0])
		b = append(at.AppendLocal(append(b, `","meta":{"lastUpdated":"`...)), `.000Z"},"type":"transaction","entry":[{"request":{"method":"DELETE","url":"`...)
		b = append(append(b, typ...), '/')
		return append(text.UUID(b, id[0], id[1]), "\"}}]}\n"...)
	})
	a.book.Count("ohc", "", "", fate.End{Outcome: fate.Deletion}, 1)
}
