package life

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
)

// emergencies are attendances at accident and emergency; some lead to a bed.
func (l *Life) emergencies() {
	admitted := figure.Use.Unplanned.At(l.band) * figure.Share.ViaEmergency / figure.Use.Emergency.At(l.band)
	for range l.often(figure.Use.Emergency, 0.8) {
		at := l.day().At(l.rand.Pick(arrivals), 5*l.rand.Below(12), 0)
		trust := l.Map.Acute(&l.rand, l.Person.Practice)
		end := at + clock.Wall(60*l.rand.Between(45, 700))
		if end.Day() >= l.end {
			end = max(at+60, l.end.At(0, 0, 0)-60)
		}
		l.attend(trust, at, end)
		if l.rand.Hit(admitted) {
			l.admit(trust, end, "21", false)
		}
	}
}

// arrivals is how busy each hour of the day is. judgement
var arrivals = []float64{2, 2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 8, 7, 7, 7, 7, 7, 7, 6, 5, 5, 4, 3}

// attend adds an attendance: a line of a table, or an encounter with what was
// found.
func (l *Life) attend(trust int, at, end clock.Wall) {
	found := chance.One(&l.rand, figure.Codes.EmergencySNOMED)
	if l.Map.Trusts[trust].Tables {
		l.add(Event{
			Kind: Attendance, At: at, End: end, Org: Trust(trust), Encounter: None, Links: none,
			Diagnoses: [3]*figure.Concept{chance.One(&l.rand, figure.Codes.AcuteDiagnoses)},
		})
		return
	}
	enc := l.add(Event{
		Kind: Encounter, Service: AE, At: at, End: end, Org: Trust(trust), Encounter: None, Links: none,
		Clinic: figure.Codes.EmergencyMedicine, Status: "finished",
	})
	l.add(Event{Kind: Condition, At: at, Org: Trust(trust), Encounter: enc, Links: none, What: found, Status: "active"})
}

// admissions are stays in hospital that do not come from accident and
// emergency.
func (l *Life) admissions() {
	for range l.often(figure.Use.Elective, 0.8) {
		trust := l.Map.Acute(&l.rand, l.Person.Practice)
		l.admit(trust, l.hours(l.workday(), 7, 11), chance.One(&l.rand, []string{"11", "12", "13"}), true)
	}
	direct := figure.Use.Unplanned
	direct.Mean *= 1 - figure.Share.ViaEmergency
	for range l.often(direct, 0.8) {
		trust := l.Map.Acute(&l.rand, l.Person.Practice)
		l.admit(trust, l.hours(l.day(), 8, 22), chance.One(&l.rand, []string{"22", "24", "2D", "28"}), false)
	}
}

// admit adds a stay.
func (l *Life) admit(trust int, at clock.Wall, method string, planned bool) int32 {
	e := Event{
		Kind: Encounter, Service: Admission, At: at, Org: Trust(trust), Encounter: None, Links: none, Order: 1,
		Method: method, Discharge: "1", Dest: "19", Clinic: figure.Codes.GeneralMedicine, Status: "finished",
	}
	l.illness(&e, planned)
	e.End = l.stay(at, planned)
	if l.Person.Died != 0 && e.End.Day() >= l.end-1 {
		e.Discharge, e.Dest = "4", "79"
	}
	if l.Map.Trusts[trust].Tables {
		return l.spell(e)
	}
	return l.bed(e)
}

// illness draws what a stay is for, and what is done.
func (l *Life) illness(e *Event, planned bool) {
	if planned {
		n := l.rand.Below(len(figure.Codes.PlannedDiagnoses))
		e.Diagnoses[0], e.Clinic = figure.Codes.PlannedDiagnoses[n], chance.One(&l.rand, figure.Codes.Clinics)
		e.Operation = figure.Codes.Operations[n]
	} else {
		e.Diagnoses[0] = chance.One(&l.rand, figure.Codes.AcuteDiagnoses)
	}
	n := 1
	for i := range figure.Conditions {
		if l.Person.Has(i) && n < len(e.Diagnoses) && l.rand.Hit(0.7) {
			e.Diagnoses[n] = figure.Conditions[i].ICD10[0]
			n++
		}
	}
}

// stay draws when a stay ends.
func (l *Life) stay(at clock.Wall, planned bool) clock.Wall {
	nights := 0
	switch {
	case planned && !l.rand.Hit(figure.Share.DayCase):
		nights = l.rand.Between(1, 6)
	case !planned && l.rand.Hit(0.7):
		nights = 1 + l.rand.Count(2+float64(l.Person.Age)/16)
	}
	last := at.Day() + clock.Day(nights)
	if last >= l.end {
		return max(l.end.At(0, 0, 0)-60, at)
	}
	return max(last.At(l.rand.Between(10, 20), 0, 0), at+1800)
}

// spell adds the lines of a stay: one for each consultant's episode.
func (l *Life) spell(e Event) int32 {
	e.Kind = Episode
	end, destination, discharge := e.End, e.Dest, e.Discharge
	split := end.Day()-e.At.Day() > 2 && l.rand.Hit(figure.Share.SecondEpisode)
	if split {
		e.Dest, e.Discharge = "98", "8"
		e.End = (e.At.Day() + 1).At(12, 0, 0)
	}
	e.Spell = int32(len(l.Events))
	first := l.add(e)
	if split {
		e.Order, e.Dest, e.Discharge, e.At, e.End = 2, destination, discharge, e.End, end
		e.Operation = nil
		e.Clinic = chance.One(&l.rand, figure.Codes.Clinics)
		l.add(e)
	}
	return first
}

// bed adds the encounter of a stay, its diagnoses and its procedure.
func (l *Life) bed(e Event) int32 {
	diagnoses, operation := e.Diagnoses, e.Operation
	e.Diagnoses, e.Operation = [3]*figure.Concept{}, nil
	enc := l.add(e)
	for _, d := range diagnoses {
		if d != nil {
			l.add(Event{Kind: Condition, At: e.At, Org: e.Org, Encounter: enc, Links: none, What: d, Status: "active"})
		}
	}
	if operation != nil {
		l.add(Event{Kind: Procedure, At: e.At + 3600, Org: e.Org, Encounter: enc, Links: none, What: operation, Status: "completed"})
	}
	return enc
}

// clinics are outpatient appointments: kept, missed or cancelled.
func (l *Life) clinics() {
	for range l.often(figure.Use.Outpatients, 0.7) {
		l.outpatient("5")
	}
	missed := figure.Use.Outpatients
	missed.Mean *= figure.Share.DidNotAttend / (1 - figure.Share.DidNotAttend)
	for range l.often(missed, 0.7) {
		l.outpatient("3")
	}
	missed.Mean /= 2
	for range l.often(missed, 0.7) {
		l.outpatient(chance.One(&l.rand, []string{"2", "4"}))
	}
}

// outpatient adds an appointment that ended in the given way.
func (l *Life) outpatient(attended string) {
	trust := l.Map.Acute(&l.rand, l.Person.Practice)
	at, clinic := l.hours(l.workday(), 8, 17), chance.One(&l.rand, figure.Codes.Clinics)
	l.seen(trust, at, clinic, attended, None)
}

// seen adds an outpatient contact: a line of a table, or an appointment and,
// where it was kept, an encounter. from is the referral it came of, if any.
func (l *Life) seen(trust int, at clock.Wall, clinic *figure.Concept, attended string, from int32) int32 {
	if l.Map.Trusts[trust].Tables {
		return l.add(Event{
			Kind: Clinic, At: at, Org: Trust(trust), Encounter: None, Links: none, Clinic: clinic, Attended: attended,
		})
	}
	status := map[string]string{"5": "fulfilled", "3": "noshow"}[attended]
	if status == "" {
		status = "cancelled"
	}
	appointment := l.book(at, status, Trust(trust), clinic)
	l.Events[appointment].Links[0] = from
	if attended != "5" {
		return appointment
	}
	return l.add(Event{
		Kind: Encounter, Service: Outpatient, At: at, End: at + 1500, Org: Trust(trust), Encounter: None,
		Links: [2]int32{appointment, None}, Clinic: clinic, Attended: "1", Status: "finished",
	})
}
