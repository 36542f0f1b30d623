package population

import (
	"secondaryuse/testdata/population/internal/chance"
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
	r := chance.Of(a.plan.Seed, uint64(p.Ordinal), 8)
	w := self.Writer{Person: p, Subject: [2]uint64{r.Next(), r.Next()}}
	id := string(text.UUID(nil, w.Subject[0], w.Subject[1]))
	o := owner{who: p.Ordinal, number: p.Number, from: noon(a.asOf - clock.Day(r.Between(60, 700)))}
	if r.Hit(0.08) {
		o.to = noon(a.asOf - clock.Day(r.Between(10, 50)))
	}
	named := id
	if r.Hit(0.2) { // some lists do not name the PHR's Patient
		named = ""
	}
	if r.Hit(0.02) {
		a.entries = a.entries[:0]
		a.connection("phr", named, nil) // nobody connected
		o.from = 0
	} else {
		a.connection("phr", named, []owner{o})
	}
	a.phrPatient(&w, o)
	smoking := [3]*figure.Concept{figure.Codes.Smoker, figure.Codes.ExSmoker, figure.Codes.NeverSmoked}[r.Below(3)]
	a.entries = self.Draw(a.entries[:0], &r, o.from.Day()-15, a.asOf, smoking)
	if o.from == 0 {
		a.entries = self.Draw(a.entries[:0], &r, a.asOf-100, a.asOf, smoking)
	}
	for i := range a.entries {
		a.entry(&w, o, &a.entries[i])
	}
	a.extra.book.WriteMeasures(p, "self")
	if account := a.wear(); account != "" {
		return []string{id, account}
	}
	return []string{id}
}

// wished returns why a record of the PHR of a time may not be used; late says
// what comes out only when the GP record has been read.
func (a *author) wished(o owner, at clock.Wall) fate.Reason {
	switch why := fate.Person(&a.person); {
	case why != fate.None:
		return why
	case o.from == 0:
		return fate.NotConnected
	case at < o.from:
		return fate.BeforeConnect
	case o.to != 0 && at >= o.to:
		return fate.AfterConnect
	}
	return fate.None
}

// phrPatient writes the Patient, which is judged by whether the person is
// connected now.
func (a *author) phrPatient(w *self.Writer, o owner) {
	updated := (a.asOf - 9).At(8, 0, 0)
	a.line("phr/Patient.ndjson", func(b []byte) []byte { return w.Patient(b, updated) })
	why := a.wished(o, a.asOf.At(12, 0, 0))
	if why == fate.None {
		why = fate.Late(&a.person)
	}
	end := fate.End{}
	if why != fate.None {
		end = fate.Out(why)
	}
	a.known.PHR = why == fate.None
	a.extra.book.Record("phr", "person", a.named("Patient", w.Subject[0], w.Subject[1]), updated, a.person.Ordinal, end, truth.Fact{})
}

// entry writes an entry in as many versions as there are.
func (a *author) entry(w *self.Writer, o owner, e *self.Entry) {
	file := "phr/" + e.Type + ".ndjson"
	if a.person.Ordinal%4 == 1 {
		file = "phr/" + e.Type + ".001.ndjson.gz"
	}
	line := a.line(file, func(b []byte) []byte { return w.Append(b, e, self.Newest) })
	if e.Fault == self.Broken {
		a.reject(file, "phr", "self_record", "cut off", line)
		a.extra.book.Count("phr", "self_record", "", fate.End{Outcome: fate.Rejected}, 1)
		return
	}
	end := a.entryEnd(o, e)
	if e.Fault == self.Deleted || e.Fault == self.Retracted {
		end = end.Removed()
	}
	a.takeEntry(e, self.Newest, end)
	a.feel(e, end)
	switch e.Fault {
	case self.Corrected:
		a.line("phr/"+e.Type+".900.ndjson", func(b []byte) []byte { return w.Append(b, e, self.Older) })
		a.takeEntry(e, self.Older, end.Again())
	case self.Deleted:
		a.line("phr/deleted/Bundle.ndjson", func(b []byte) []byte {
			b = append(a.asOf.At(0, 0, 0).AppendLocal(append(b, `{"resourceType":"Bundle","type":"transaction","meta":{"lastUpdated":"`...)), `.000Z"},"entry":[{"request":{"method":"DELETE","url":"`...)
			b = append(append(b, e.Type...), '/')
			return append(text.UUID(b, e.ID[0], e.ID[1]), "\"}}]}\n"...)
		})
		a.extra.book.Count("phr", "", "", fate.End{Outcome: fate.Deletion}, 1)
	case self.Retracted:
		a.line("phr/"+e.Type+".900.ndjson", func(b []byte) []byte { return w.Append(b, e, self.Retraction) })
		a.extra.book.Count("phr", "", "", fate.End{Outcome: fate.Deletion}, 1)
	}
}

// entryEnd judges an entry by itself.
func (a *author) entryEnd(o owner, e *self.Entry) fate.End {
	if e.Fault == self.Stranger {
		return fate.Out(fate.UnknownPerson)
	}
	why := a.wished(o, e.At)
	if why == fate.None && e.Private {
		why = fate.SensitiveCode
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
	a.extra.book.Record("phr", "self_record", a.named(e.Type, e.ID[0], e.ID[1]), e.Updated(v), a.person.Ordinal, end, f)
}

// feel notes what an entry that is kept measures.
func (a *author) feel(e *self.Entry, end fate.End) {
	if end.Outcome != fate.Kept || e.Type != "Observation" {
		return
	}
	book, at := &a.extra.book, e.Updated(self.Newest)
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
