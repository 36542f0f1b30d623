package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"time"
)

// tangle adds to what a day brings records that hang on one another over
// persons, some of them sensitive, that say of some day how data may be used,
// and Patients with periods that end on a later day. Most of them came before,
// and are other ones now: about somebody else, or hanging on something else.
func (o *odd) tangle(draw *rand.Rand, day int) {
	o.t.Helper()
	files := make(map[string][]resource)
	add := func(typ string, r resource) {
		r["meta"] = resource{"lastUpdated": o.plan.AsOf.AddDate(0, 0, day).Add(12 * time.Hour).Format(time.RFC3339)}
		files[typ+".700.ndjson"] = append(files[typ+".700.ndjson"], r)
	}
	for n := range 15 {
		if draw.IntN(3) == 0 {
			typ, change := o.hung(draw, n, day)
			add(typ, o.made(typ, fmt.Sprint("tangled-", n), draw.IntN(5), change))
		}
	}
	for patient := range 4 {
		if draw.IntN(4) == 0 {
			add("Patient", o.ending(draw, patient, day))
		}
	}
	o.promised(day, add)
	o.write(filepath.Join(o.root, fmt.Sprint("day", day), "shared-record"), files)
}

// promised adds what has somebody change on the next day of whom nothing need be
// new then: a withdrawal that is due, and a record that hung on one that is put
// right.
func (o *odd) promised(day int, add func(string, resource)) {
	who := func(n int) int { return 5 + (4*day+n)%(len(o.patients)-5) }
	id := func(name string, day int) string { return fmt.Sprint("promised-", name, day) }
	at := func(encounter string) resource {
		return resource{"encounter": resource{"reference": "Encounter/" + encounter}}
	}
	says := func(name, code string, night int) {
		add("Observation", o.saying(id(name, day), code, who(0), night))
	}
	says("no", "827241000000103", day-1)
	says("yes", "827261000000102", day+1)
	sensitive := at(id("e1", day))
	sensitive["code"] = coding("http://hl7.org/fhir/sid/icd-10", "B24")
	add("Encounter", o.made("Encounter", id("e1", day), who(1), nil))
	add("Condition", o.made("Condition", id("c1", day), who(1), sensitive))
	add("Condition", o.made("Condition", id("c2", day), who(1), at(id("e1", day))))
	add("Encounter", o.made("Encounter", id("e2", day), who(2),
		resource{"diagnosis": []resource{{"condition": resource{"reference": "Condition/" + id("c2", day)}}}}))
	add("Observation", o.made("Observation", id("o", day), who(3), at(id("e2", day))))
	if day > 1 {
		add("Condition", o.made("Condition", id("c2", day-1), who(1-4), nil))
	}
}

// hung draws of which type a record is, and what it hangs on or says.
func (o *odd) hung(draw *rand.Rand, n, day int) (typ string, change resource) {
	change = make(resource)
	if draw.IntN(4) > 0 {
		change["encounter"] = resource{"reference": fmt.Sprint("Encounter/tangled-", 3*draw.IntN(5))}
	}
	switch n % 3 {
	case 0:
		delete(change, "encounter")
		if draw.IntN(4) > 0 {
			change["diagnosis"] = []resource{{"condition": resource{"reference": fmt.Sprint("Condition/tangled-", 3*draw.IntN(5)+1)}}}
		}
		return "Encounter", change
	case 1:
		if n == 1 && draw.IntN(3) == 0 { // what is sensitive once goes as long as that is there
			change["code"] = coding("http://hl7.org/fhir/sid/icd-10", "B24")
		}
		return "Condition", change
	}
	if draw.IntN(3) == 0 {
		change["code"] = coding("http://snomed.info/sct", []string{"827241000000103", "827261000000102"}[draw.IntN(2)])
		change["effectiveDateTime"] = o.plan.AsOf.AddDate(0, 0, day+draw.IntN(7)-3).Format(time.DateOnly)
	}
	return "Observation", change
}

// ending is a Patient of whom a number, another besides it, or the home ends on
// a later day, or nothing does.
func (o *odd) ending(draw *rand.Rand, patient, day int) resource {
	r := o.again(patient)
	period := resource{"end": o.plan.AsOf.AddDate(0, 0, day+1+draw.IntN(3)).Format(time.DateOnly)}
	set := func(member string, with func(resource) bool) {
		var all []any
		for _, v := range r[member].([]any) {
			v := maps.Clone(v.(resource))
			if with(v) {
				v["period"] = period
			}
			all = append(all, v)
		}
		r[member] = all
	}
	is := func(v resource) bool { return v["system"] == "https://fhir.nhs.uk/Id/nhs-number" }
	switch draw.IntN(4) {
	case 0:
		set("identifier", is)
	case 1:
		r["identifier"] = append([]any{resource{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018", "period": period}}, r["identifier"].([]any)...)
	case 2:
		set("address", func(resource) bool { return true })
	}
	return r
}
