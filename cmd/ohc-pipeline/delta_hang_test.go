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
