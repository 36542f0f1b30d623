package main

import (
	"fmt"
	"testing"
	"time"
)

// deleted is a deletion of a record.
func (o *odd) deleted(url string) resource {
	return resource{"resourceType": "Bundle", "type": "transaction", "entry": []resource{{"request": resource{"method": "DELETE", "url": url}}},
		"meta": resource{"lastUpdated": o.plan.AsOf.AddDate(0, 0, o.night+1).Format(time.RFC3339)}}
}

// TestDeltaOfChains holds that records which hang on one another over persons,
// and the first of them on a sensitive one, go with it and come back with the
// first, whether that is put right, or its person's own record is deleted: by a
// delta as by reading everything, though nothing of the others is new.
func TestDeltaOfChains(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	at := func(encounter string) resource {
		return resource{"encounter": resource{"reference": "Encounter/" + encounter}}
	}
	sensitive := func() resource {
		return o.made("Condition", "c1", 1, resource{"encounter": at("e1")["encounter"], "code": coding("http://hl7.org/fhir/sid/icd-10", "B24")})
	}
	diagnosed := resource{"diagnosis": []resource{{"condition": resource{"reference": "Condition/c2"}}}}
	for i, night := range []struct {
		files   map[string][]resource
		touched int
	}{
		{map[string][]resource{
			"Encounter.ndjson":   {o.made("Encounter", "e1", 1, nil), o.made("Encounter", "e2", 2, diagnosed)},
			"Condition.ndjson":   {sensitive(), o.made("Condition", "c2", 1, at("e1"))},
			"Observation.ndjson": {o.made("Observation", "o3", 3, at("e2")), o.made("Observation", "o4", 4, nil)},
		}, 4},
		{map[string][]resource{"Condition.ndjson": {o.made("Condition", "c2", 1, nil)}}, 3},
		{map[string][]resource{"Condition.ndjson": {o.made("Condition", "c2", 1, at("e1"))}}, 3},
		{map[string][]resource{"Observation.ndjson": {o.made("Observation", "o4", 4, nil)}}, 1},
		{map[string][]resource{"deleted/Bundle.ndjson": {o.deleted("Patient/" + o.patients[1]["id"].(string))}}, 3},
	} {
		for _, all := range night.files {
			for _, r := range all {
				r["meta"] = resource{"lastUpdated": o.plan.AsOf.AddDate(0, 0, i+1).Format(time.RFC3339)}
			}
		}
		if r := o.next(night.files); r.Plan.Whole || r.Touched != night.touched {
			t.Errorf("night %d: whole %q, %d touched, want %d", i+1, r.Plan.Why, r.Touched, night.touched)
		}
		o.whole(fmt.Sprintf("night %d", i+1))
	}
}

// TestDeltaOfWhatHangs holds that records which hang on those of another person go
// and come back with them, whatever night each is of. Here the medicines of two
// persons were prescribed, one for a condition, the other in an encounter, of a
// third: which lie in a sensitive encounter of a fourth, or have to do with it, or
// do not.
func TestDeltaOfWhatHangs(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	sensitive := resource{"reference": "Encounter/e1"}
	o.follow(map[string][]resource{"Encounter.ndjson": {o.made("Encounter", "e1", 2, nil)}, "Condition.ndjson": {o.made("Condition", "c1", 2,
		resource{"encounter": sensitive, "code": coding("http://hl7.org/fhir/sid/icd-10", "B24")})}})
	middle := func(of int, hangs bool) map[string][]resource {
		condition, encounter := resource{}, resource{}
		if hangs {
			condition["encounter"], encounter["reasonReference"] = sensitive, []resource{{"reference": "Condition/c1"}}
		}
		return map[string][]resource{"Condition.ndjson": {o.made("Condition", "c2", of, condition)}, "Encounter.ndjson": {o.made("Encounter", "e2", of, encounter)}}
	}
	o.follow(middle(1, true))
	o.follow(map[string][]resource{"MedicationRequest.ndjson": { // of which no row was ever kept
		o.made("MedicationRequest", "m1", 3, resource{"reasonReference": []resource{{"reference": "Condition/c2"}}}),
		o.made("MedicationRequest", "m2", 4, resource{"encounter": resource{"reference": "Encounter/e2"}})}})
	for _, night := range []struct {
		when    string
		of      int
		hangs   bool
		touched int
	}{
		{"they hang no more", 1, false, 3},
		{"they hang again", 1, true, 3},
		{"they hang, and are another person's", 0, true, 4},
		{"they are another person's, and hang no more", 0, false, 4},
	} {
		if r := o.follow(middle(night.of, night.hangs)); r.Touched != night.touched {
			t.Errorf("%s: %d persons are touched, want %d", night.when, r.Touched, night.touched)
		}
		o.whole(night.when)
	}
}
