package life

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
)

// sensitive adds an episode that the sensitive policy takes out, with all that
// hangs on it: some of it carries no sensitive code and goes only because of
// what it refers to.
func (l *Life) sensitive() {
	if l.Person.RestrictedEpisode {
		l.restricted()
	}
	if !l.Person.SensitiveEpisode || l.Person.Age < 16 {
		return
	}
	from := max(l.Person.Birth.Months(12*15), earliest)
	if from >= l.end {
		return
	}
	d := from + clock.Day(l.rand.Below(int(l.end-from)))
	weights := []float64{35, 25, 0, 0, 8, 4}
	if l.Person.Female && l.Person.Age < 55 {
		weights[2], weights[3] = 16, 10
	}
	[]func(clock.Day){l.infection, l.clinic, l.fertility, l.transfer, l.virus, l.identity}[l.rand.Pick(weights)](d)
}

// visit adds a consultation on a day.
func (l *Life) visit(d clock.Day) int32 {
	at := l.hours(d, 9, 17)
	return l.add(Event{
		Kind: Encounter, Service: GP, At: at, End: at + 600, Org: l.practice(), Encounter: None, Links: none,
		What: figure.Codes.Surgery, Status: "finished",
	})
}

// problem adds a problem noted in an encounter.
func (l *Life) problem(enc int32, what *figure.Concept, why Sensitivity) int32 {
	return l.add(Event{
		Kind: Condition, At: l.Events[enc].At, Org: l.Events[enc].Org, Encounter: enc, Links: none,
		What: what, Status: "active", Sensitive: why,
	})
}

// infection is a consultation, its problem, the prescription with that
// reason, what was measured by the way, and the appointment to come back.
func (l *Life) infection(d clock.Day) {
	enc := l.visit(d)
	problem := l.problem(enc, chance.One(&l.rand, figure.Sensitive.Infections), ByCode)
	l.prescribe(l.Events[enc].At, enc, problem, figure.Medicines["324059006"], "completed")
	l.pressure(enc)
	back := l.book(l.Events[enc].At+10*86_400, "fulfilled", l.practice(), nil)
	l.Events[back].Links[0] = problem
}

// clinic is a visit to a clinic whose specialty alone says it.
func (l *Life) clinic(d clock.Day) {
	trust := l.Map.Acute(&l.rand, l.Person.Practice)
	i := l.seen(trust, l.hours(d, 9, 17), figure.Sensitive.Genitourinary, "5", None)
	l.Events[i].Sensitive = ByCode
	if l.Events[i].Tabled() {
		return
	}
	l.Events[l.Events[i].Links[0]].Sensitive = ByCode
	l.pressure(i)
}

// fertility is a referral with a reason; the appointment that is based on it,
// the visit that kept the appointment and what was measured there carry no
// code that says so.
func (l *Life) fertility(d clock.Day) {
	enc := l.visit(d)
	referral := l.refer(enc, figure.Codes.Gynaecology, figure.Sensitive.Infertile)
	l.Events[referral].Sensitive = ByCode
	trust := l.Map.Acute(&l.rand, l.Person.Practice)
	if l.Map.Trusts[trust].Tables || d+40 >= l.end {
		return
	}
	l.weigh(l.seen(trust, l.hours(d+35, 9, 17), figure.Codes.Gynaecology, "5", referral))
}

// transfer is a day in hospital whose procedure says it.
func (l *Life) transfer(d clock.Day) {
	trust, at := l.Map.Acute(&l.rand, l.Person.Practice), l.hours(d, 8, 10)
	e := Event{
		Kind: Encounter, Service: Admission, At: at, End: at + 5*3600, Org: Trust(trust), Encounter: None, Links: none, Order: 1,
		Method: "11", Discharge: "1", Dest: "19", Clinic: figure.Codes.Gynaecology, Status: "finished",
		Diagnoses: [3]*figure.Concept{figure.Sensitive.InfertileICD, figure.Sensitive.IVFICD}, Operation: figure.Sensitive.Embryo,
	}
	if l.Map.Trusts[trust].Tables {
		i := l.spell(e)
		l.Events[i].Sensitive = ByCode
		return
	}
	e.Diagnoses = [3]*figure.Concept{figure.Codes.PlannedDiagnoses[5]}
	e.Operation = nil
	enc := l.bed(e)
	l.add(Event{
		Kind: Procedure, At: at + 3600, Org: Trust(trust), Encounter: enc, Links: none, What: figure.Sensitive.Embryo, Status: "completed", Sensitive: ByCode,
	})
}

// virus is a problem for life: everything prescribed for it goes with it.
func (l *Life) virus(d clock.Day) {
	problem := l.add(Event{
		Kind: Condition, At: d.At(0, 0, 0), Org: l.practice(), Encounter: None, Links: none, What: figure.Sensitive.HIV, Status: "active", Sensitive: ByCode,
	})
	for at := max(l.start, d); at < l.end; at += 56 {
		l.prescribe(l.hours(at, 9, 17), None, problem, figure.Codes.RepeatDrugs[0], "completed")
	}
}

// identity is a consultation, its problem and the referral for that reason.
func (l *Life) identity(d clock.Day) {
	enc := l.visit(d)
	problem := l.problem(enc, figure.Sensitive.Gender, ByCode)
	later := l.visit(min(d+60, l.end-1))
	referral := l.refer(later, figure.Codes.Clinics[11], nil)
	l.Events[referral].Links[0] = problem
	l.Events[l.book(l.Events[later].At+86_400, "booked", l.practice(), nil)].Links[0] = referral
}

// restricted is a consultation whose problem is flagged, and a prescription
// for it.
func (l *Life) restricted() {
	if l.end <= l.start {
		return
	}
	enc := l.visit(l.day())
	problem := l.problem(enc, chance.One(&l.rand, figure.Codes.Complaints), ByFlag)
	l.prescribe(l.Events[enc].At, enc, problem, chance.One(&l.rand, figure.Codes.AcuteDrugs), "completed")
}
