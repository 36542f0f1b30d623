package fhir

import (
	"math"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// finish makes a record of a row, or what it becomes instead.
func finish[X row.Row](o *oracle, s *shared, list *[]record.Of[X], b *record.Block, r X, event term.Time, by term.ODS) bool {
	h := s.head
	h.Line = 7
	if h.Organisation = o.holder; o.strange {
		h.Organisation = "?"
	} else if h.Organisation == "" {
		h.Organisation = by
	}
	if h.ID.ID == "" || o.bad && !s.deleted {
		b.Rejects = append(b.Rejects, record.Reject{Dataset: term.Word(record.DatasetOf[X]().String())})
		return false
	}
	if s.deleted {
		b.Deletions = append(b.Deletions, record.Of[row.Tombstone]{Head: record.Head{
			Subject: h.Subject, Number: h.Number, ID: h.ID, Organisation: h.Organisation, Version: h.Version, Recorded: h.Recorded, Line: 7}})
		return false
	}
	h.Codings, h.Links = o.codings, o.links
	h.Doubtful, h.Vague, h.Undated = o.doubtful, o.vague, h.Recorded == 0 && event == 0
	for _, t := range []term.Time{h.Version, h.Recorded, event} {
		if t != 0 {
			h.At = t
		}
	}
	*list = append(*list, record.Of[X]{Head: h, Row: r})
	return true
}

func or(a, b term.ODS) term.ODS {
	if a == "" {
		return b
	}
	return a
}

func (o *oracle) decode(n node, typ string, b *record.Block) {
	o.root = n
	b.Read++
	switch typ {
	case "Patient":
		o.patient(n, b)
	case "Condition":
		o.condition(n, b)
	case "Observation":
		o.observation(n, b)
	case "MedicationRequest", "MedicationStatement", "MedicationDispense":
		o.medication(n, typ, b)
	case "AllergyIntolerance":
		o.allergy(n, b)
	case "Immunization":
		o.immunization(n, b)
	case "Encounter":
		o.encounter(n, b)
	case "Procedure":
		o.procedure(n, b)
	case "ServiceRequest", "ReferralRequest", "ProcedureRequest":
		o.referral(n, typ, b)
	case "Appointment":
		o.appointment(n, b)
	case "CarePlan":
		o.carePlan(n, b)
	default:
		b.Pass(wordOf([]byte(typ)), 1)
	}
}

func (o *oracle) condition(n node, b *record.Block) {
	s := o.common(n, "Condition", record.Condition)
	c := o.concept(n, "code")
	r := row.Problem{System: c.system, Code: term.Code(c.code)}
	r.Category = o.words(n, "category", conditionCategory)
	r.Status = o.words(n, "clinicalStatus", clinicalStatus)
	r.Verified = o.words(n, "verificationStatus", verificationStatus)
	s.deleted = o.everErroneous(n)
	o.unless(n, "clinicalStatus", clinicalStatus, "active recurrence relapse")
	o.unless(n, "verificationStatus", verificationStatus, "confirmed")
	r.Onset, _ = o.eventOf(n, "onsetDateTime onsetPeriod")
	r.Ended, _ = o.eventOf(n, "abatementDateTime abatementPeriod")
	s.head.Recorded = o.when(n, "recordedDate assertedDate")
	by := o.provider(n, "recorder asserter")
	r.Provider = or(by, o.holder)
	finish(o, s, &b.Problems, b, r, r.Onset, by)
}

func (o *oracle) allergy(n node, b *record.Block) {
	s := o.common(n, "AllergyIntolerance", record.Allergy)
	c := o.concept(n, "code")
	r := row.Allergy{System: c.system, Code: term.Code(c.code)}
	r.Category = o.words(n, "category", allergyCategory)
	r.Criticality = criticality([]byte(o.text(n, "criticality")))
	r.Status = o.words(n, "clinicalStatus", clinicalStatus)
	if o.words(n, "verificationStatus", verificationStatus) == "refuted" {
		r.Status = "refuted"
	}
	s.deleted = o.everErroneous(n)
	o.unless(n, "verificationStatus", verificationStatus, "confirmed")
	r.Onset, _ = o.eventOf(n, "onsetDateTime onsetPeriod")
	s.head.Recorded = o.when(n, "recordedDate assertedDate")
	by := o.provider(n, "recorder asserter")
	r.Provider = or(by, o.holder)
	finish(o, s, &b.Allergies, b, r, r.Onset, by)
}

func (o *oracle) procedure(n node, b *record.Block) {
	s := o.common(n, "Procedure", record.Procedure)
	c := o.concept(n, "code")
	r := row.Procedure{System: c.system, Code: term.Code(c.code)}
	r.Category = o.words(n, "category", procedureCategory)
	r.Status = o.sticky(n, s, procedureStatus, "not-done", o.flag(n, "notDone"))
	o.doubtful = o.doubtful || o.flag(n, "notDone")
	r.At, _ = o.eventOf(n, "performedDateTime performedPeriod")
	by := o.actor(n, "performer")
	r.Provider = or(by, o.holder)
	finish(o, s, &b.Procedures, b, r, r.At, by)
}

func (o *oracle) appointment(n node, b *record.Block) {
	s := o.common(n, "Appointment", record.Appointment)
	r := row.Appointment{Status: o.status(n, s, appointmentStatus), Specialty: o.special}
	r.Start, r.End = o.when(n, "start"), o.when(n, "end")
	s.head.Recorded = o.when(n, "created")
	var by term.ODS
	for _, e := range n.each("participant") {
		for _, a := range e.all("actor") {
			by = or(by, o.ods(o.ref(a)))
		}
	}
	r.Provider = or(by, o.holder)
	finish(o, s, &b.Appointments, b, r, r.Start, by)
}

func (o *oracle) carePlan(n node, b *record.Block) {
	s := o.common(n, "CarePlan", record.CarePlan)
	c := o.concept(n, "category")
	r := row.CarePlan{System: c.system, Code: term.Code(c.code), Status: o.status(n, s, requestStatus)}
	r.Start, r.End = o.span(n, "period")
	s.head.Recorded = o.when(n, "created")
	finish(o, s, &b.CarePlans, b, r, r.Start, o.provider(n, "author custodian"))
}

// everErroneous reports whether any verification status calls the record an
// error: the first word of one of them does.
func (o *oracle) everErroneous(n node) (any bool) {
	for _, v := range n.all("verificationStatus") {
		any = o.words(node{members: []member{{"x", v}}}, "x", verificationStatus) == "entered-in-error" || any
	}
	return any
}

// unless takes the record for doubtful where a word of it is not among some.
func (o *oracle) unless(n node, name string, list func([]byte) term.Word, sure string) {
	for _, v := range n.all(name) {
		w := o.words(node{members: []member{{"x", v}}}, "x", list)
		o.doubtful = o.doubtful || w == "" || !strings.Contains(" "+sure+" ", " "+string(w)+" ")
	}
}

// eventOf returns the last of several members that are times or periods.
func (o *oracle) eventOf(n node, names string) (start, end term.Time) {
	for _, m := range n.members {
		one := node{members: []member{m}}
		switch {
		case !strings.Contains(" "+names+" ", " "+m.key+" "):
		case strings.HasSuffix(m.key, "Period"):
			start, end = o.span(one, m.key)
		default:
			start = o.when(one, m.key)
		}
	}
	return start, end
}

func (o *oracle) observation(n node, b *record.Block) {
	s := o.common(n, "Observation", record.Observation)
	r := row.Observation{Status: o.status(n, s, observationStatus), Category: o.words(n, "category", observationCategory)}
	r.At, _ = o.eventOf(n, "effectiveDateTime effectiveInstant effectivePeriod")
	s.head.Recorded = o.when(n, "issued")
	by := o.provider(n, "performer")
	r.Provider = or(by, o.holder)
	o.coded(n, &r)
	var parts []row.Observation
	for _, c := range n.each("component") {
		if !o.check(c, '{') {
			continue
		}
		p := r
		p.Value, p.Unit, p.Comparator, p.ValueSystem, p.ValueCode = 0, "", "", "", ""
		o.coded(c, &p)
		if p.Code != "" || p.ValueCode != "" || !math.IsNaN(p.Value) {
			parts = append(parts, p)
		}
	}
	event := r.At
	if event == 0 {
		event = s.head.Recorded
	}
	if !finish(o, s, &b.Observations, b, r, event, by) {
		return
	}
	whole := b.Observations[len(b.Observations)-1]
	for i, p := range parts {
		whole.Part, whole.Row = int32(i+1), p
		b.Observations = append(b.Observations, whole)
	}
}

func (o *oracle) coded(n node, r *row.Observation) {
	c := o.concept(n, "code")
	r.System, r.Code, r.Value = c.system, term.Code(c.code), math.NaN()
	for _, m := range n.members {
		one := node{members: []member{m}}
		switch m.key {
		case "valueQuantity":
			r.Value, r.Unit, r.Comparator = o.quantity(one, m.key)
		case "valueCodeableConcept":
			c := o.lastConcept(one, m.key)
			r.ValueSystem, r.ValueCode = c.system, term.Code(c.code)
			o.doubtful = o.doubtful || c.raw != "" && strings.Contains(" N n no No false 373067005 2667000 410516002 385658003 260385009 64100000 ", " "+c.raw+" ")
		case "valueInteger":
			r.Value = o.num(one, m.key)
		case "valueBoolean":
			r.Value = math.NaN()
			o.doubtful = o.doubtful || !m.value.truth
			if o.check(m.value, 't') {
				r.Value = map[bool]float64{true: 1, false: 0}[m.value.truth]
			}
		}
	}
}

func (o *oracle) medication(n node, typ string, b *record.Block) {
	s := o.common(n, typ, recordKinds[typ])
	r := row.Medication{Kind: term.Word(strings.ToLower(strings.TrimPrefix(typ, "Medication"))), Quantity: math.NaN()}
	not := o.flag(n, "doNotPerform")
	for _, v := range n.all("taken") {
		not = o.check(v, '"') && v.text == "n" || not
	}
	r.Status = o.sticky(n, s, medicationStatus, "not-taken", not)
	r.Intent = medicationIntent([]byte(o.text(n, "intent")))
	for _, m := range n.members {
		one := node{members: []member{m}}
		switch m.key {
		case "authoredOn":
			r.At = o.when(one, m.key)
			s.head.Recorded = r.At
		case "dateAsserted":
			s.head.Recorded = o.when(one, m.key)
		case "effectiveDateTime", "whenHandedOver":
			r.At = o.when(one, m.key)
		case "effectivePeriod":
			r.At, r.Ended = o.span(one, m.key)
		case "whenPrepared":
			if t := o.when(one, m.key); r.At == 0 {
				r.At = t
			}
		case "quantity":
			r.Quantity, r.Unit, _ = o.quantity(one, m.key)
		case "dispenseRequest":
			if !o.check(m.value, '{') {
				break
			}
			for _, x := range m.value.members {
				inner := node{members: []member{x}}
				switch x.key {
				case "validityPeriod":
					_, r.Ended = o.span(inner, x.key)
				case "quantity":
					r.Quantity, r.Unit, _ = o.quantity(inner, x.key)
				}
			}
		}
	}
	by := o.actor(n, "requester performer informationSource")
	r.Provider = or(by, o.holder)
	c := o.concept(n, "medicationCodeableConcept")
	var p pointer
	for _, v := range n.all("medicationReference") {
		p = o.ref(v)
	}
	if c.code == "" {
		c = o.medicine(p, s)
	}
	r.System, r.Code = c.system, term.Code(c.code)
	event := r.At
	if event == 0 {
		event = s.head.Recorded
	}
	finish(o, s, &b.Medications, b, r, event, by)
}

func (o *oracle) medicine(p pointer, s *shared) (c picked) {
	if strings.HasPrefix(p.id, "#") {
		for _, in := range s.inside {
			if o.text(in, "id") == p.id[1:] {
				var objects node
				for _, m := range in.members {
					if m.key == "code" && m.value.kind == '{' {
						objects.members = append(objects.members, m)
					}
				}
				return o.concept(objects, "code")
			}
		}
		return c
	}
	if med, ok := o.lookup["Medication/"+p.id]; ok && (p.typ == "" || p.typ == "Medication") {
		c = o.concept(med, "code")
		other := oracle{root: med}
		other.collect(med, false)
		o.codings = append(o.codings, other.codings...)
	}
	return c
}

func (o *oracle) immunization(n node, b *record.Block) {
	s := o.common(n, "Immunization", record.Immunization)
	c := o.concept(n, "vaccineCode")
	if v := o.said(s, "VaccinationProcedure"); v.code != "" {
		c = v
	}
	r := row.Immunisation{System: c.system, Code: term.Code(c.code)}
	r.Status = o.sticky(n, s, immunizationStatus, "not-done", o.flag(n, "notGiven"))
	o.doubtful = o.doubtful || o.flag(n, "notGiven")
	r.At = o.when(n, "occurrenceDateTime date")
	s.head.Recorded = o.when(n, "recorded")
	if s.head.Recorded == 0 {
		for _, e := range s.ext["DateRecorded"] {
			if t := o.text(e, "valueDateTime"); t != "" {
				s.head.Recorded = o.instant(t, true)
			}
		}
	}
	for _, p := range n.each("protocolApplied vaccinationProtocol") {
		if !o.check(p, '{') {
			continue
		}
		for _, v := range p.all("doseNumberPositiveInt doseSequence") {
			if !o.check(v, '0') {
				continue
			}
			f, err := v.number.Float64()
			if err != nil || f != math.Trunc(f) || f < 0 || f > 1e6 {
				o.bad = true
			} else if r.Dose == 0 {
				r.Dose = int32(f)
			}
		}
	}
	by := o.actor(n, "performer practitioner")
	r.Provider = or(by, o.holder)
	finish(o, s, &b.Immunisations, b, r, r.At, by)
}
