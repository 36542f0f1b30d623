package population

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/self"
	"secondaryuse/testdata/population/internal/text"
	"secondaryuse/testdata/population/internal/truth"
)

// own writes what a person recorded themselves. It returns their accounts.
func (a *author) own() []string {
	p := &a.person
	if !p.PHR {
		return nil
	}
	o := a.mine
	w := self.Writer{Person: p, Subject: o.Subject}
	id := string(text.UUID(nil, o.Subject[0], o.Subject[1]))
	if a.sends(o.Changed) {
		a.phrPatient(&w)
	}
	for i := range o.Entries {
		if e := &o.Entries[i]; a.sends(e.Changed) {
			a.entry(&w, e)
		}
	}
	a.book.WriteMeasures(p, "self")
	if account := a.wear(); account != "" {
		return []string{id, account}
	}
	return []string{id}
}

// wished returns why a record of the PHR of a time may not be used; late says
// what comes out only when the GP record has been read.
func (a *author) wished(at clock.Wall) fate.Reason {
	why := fate.Person(&a.person)
	if why != fate.None {
		return why
	}
	why = fate.NotConnected
	for _, c := range a.mine.Connections {
		switch {
		case c.Covers(at):
			return fate.None
		case at >= c.From:
			why = fate.AfterConnect
		case why == fate.NotConnected:
			why = fate.BeforeConnect
		}
	}
	return why
}

// shares returns why something of a section, from a time and told at another,
// may not be used though the person is connected.
func (a *author) shares(section string, at, told clock.Wall) fate.Reason {
	why := fate.NotShared
	for _, c := range a.mine.Connections {
		if c.Erases(section, told) {
			return fate.Wiped
		}
		if c.Covers(at) && c.Has(section) {
			why = fate.None
		}
	}
	return why
}

// phrPatient writes the Patient, which is judged by whether the person is
// connected now.
func (a *author) phrPatient(w *self.Writer) {
	updated := (a.asOf - 9).At(8, 0, 0)
	if a.mine.At != 0 {
		updated = a.mine.At
	}
	a.line("phr/Patient.ndjson", func(b []byte) []byte { return w.Patient(b, updated) })
	now := a.today().At(12, 0, 0)
	why := a.wished(now)
	if why == fate.None {
		why = a.shares("profile", now, updated)
	}
	if why == fate.None {
		why = fate.Late(&a.person)
	}
	end := fate.End{}
	if why != fate.None {
		end = fate.Out(why)
	}
	a.known.PHR = why == fate.None
	a.book.Record("phr", "person", a.named("Patient", w.Subject[0], w.Subject[1]), updated, a.person.Ordinal, end, truth.Fact{})
}

// entry writes an entry in as many versions as there are: where the person
// lives on, the newest version or that it was deleted.
func (a *author) entry(w *self.Writer, e *self.Entry) {
	file := "phr/" + e.Type + ".ndjson"
	if a.living && (e.Gone || e.Withdrawn) {
		a.takenBack(w, e, file)
		return
	}
	if a.person.Ordinal%4 == 1 && a.since == never {
		file = "phr/" + e.Type + ".001.ndjson.gz"
	}
	line := a.line(file, func(b []byte) []byte { return w.Append(b, e, self.Newest) })
	if e.Fault == self.Broken {
		a.reject(file, "phr", "self_record", "cut off", line)
		a.book.Count("phr", "self_record", "", fate.End{Outcome: fate.Rejected}, 1)
		return
	}
	end := a.entryEnd(e)
	if !a.living && (e.Fault == self.Deleted || e.Fault == self.Retracted) {
		end = end.Removed()
	}
	a.takeEntry(e, self.Newest, end)
	a.feel(e, end)
	if a.living {
		return
	}
	switch e.Fault {
	case self.Corrected:
		a.line("phr/"+e.Type+".900.ndjson", func(b []byte) []byte { return w.Append(b, e, self.Older) })
		a.takeEntry(e, self.Older, end.Again())
	case self.Deleted:
		a.unwritten(e, a.asOf.At(0, 0, 0))
	case self.Retracted:
		a.line("phr/"+e.Type+".900.ndjson", func(b []byte) []byte { return w.Append(b, e, self.Retraction) })
		a.book.Count("phr", "", "", fate.End{Outcome: fate.Deletion}, 1)
	}
}

// unwritten writes that an entry was deleted.
func (a *author) unwritten(e *self.Entry, at clock.Wall) {
	a.line("phr/deleted/Bundle.ndjson", func(b []byte) []byte {
		b = append(at.AppendLocal(append(b, `{"resourceType":"Bundle","type":"transaction","meta":{"lastUpdated":"`...)), `.000Z"},"entry":[{"request":{"method":"DELETE","url":"`...)
		b = append(append(b, e.Type...), '/')
		return append(text.UUID(b, e.ID[0], e.ID[1]), "\"}}]}\n"...)
	})
	a.book.Count("phr", "", "", fate.End{Outcome: fate.Deletion}, 1)
}

// takenBack writes what is left of an entry that its person has taken back:
// that it was an error, or that it is no more, which only a delta says.
func (a *author) takenBack(w *self.Writer, e *self.Entry, file string) {
	switch {
	case e.Withdrawn:
		a.line(file, func(b []byte) []byte { return w.Append(b, e, self.Retraction) })
		a.book.Count("phr", "", "", fate.End{Outcome: fate.Deletion}, 1)
	case a.since != never:
		a.unwritten(e, e.Stamp)
	}
}

// entryEnd judges an entry by itself.
func (a *author) entryEnd(e *self.Entry) fate.End {
	if e.Fault == self.Stranger {
		return fate.Out(fate.UnknownPerson)
	}
	why := a.wished(e.At)
	if why == fate.None && e.Private {
		why = fate.SensitiveCode
	}
	if why == fate.None {
		why = a.shares(e.Kind, e.At, e.At)
	}
	if why == fate.None {
		why = fate.Late(&a.person)
	}
	if why == fate.None {
		return fate.End{}
	}
	return fate.Out(why)
}

// takeEntry takes down what becomes of a version of an entry.
func (a *author) takeEntry(e *self.Entry, v self.Version, end fate.End) {
	f := truth.Fact{Code: e.What, At: e.At, Kind: e.Kind}
	if e.Unit != "" && v == self.Newest {
		f.Value, f.Second, f.Unit, f.Measured = e.Value, e.Second, e.Unit, true
	}
	a.book.Record("phr", "self_record", a.named(e.Type, e.ID[0], e.ID[1]), e.Updated(v), a.person.Ordinal, end, f)
}

// feel notes what an entry that is kept measures.
func (a *author) feel(e *self.Entry, end fate.End) {
	if end.Outcome != fate.Kept || e.Type != "Observation" {
		return
	}
	book, at := a.book, e.Updated(self.Newest)
	switch e.What {
	case figure.Codes.BloodPressure:
		book.Later("systolic", "", e.At, at, int(e.Value/10))
		book.Later("diastolic", "", e.At, at, int(e.Second/10))
	case figure.Codes.BMI:
		book.Later("bmi", "", e.At, at, int(e.Value/10))
	case figure.Codes.Smoker:
		book.Later("smoking", "current", e.At, at, 0)
	case figure.Codes.ExSmoker:
		book.Later("smoking", "ex", e.At, at, 0)
	case figure.Codes.NeverSmoked:
		book.Later("smoking", "never", e.At, at, 0)
	}
}
