package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// label is a version of a record that is labelled, or is not.
func (o *odd) label(r resource, codes ...string) resource {
	var labels []resource
	for i, code := range codes {
		labels = append(labels, resource{"system": []string{"http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "http://hl7.org/fhir/v3/Confidentiality"}[i%2], "code": code})
	}
	r["meta"] = resource{"lastUpdated": o.plan.AsOf.AddDate(0, 0, o.night+1).Format(time.RFC3339), "security": labels}
	return r
}

// own is a patient's own record in the PHR, of one whom the shared record knows.
func (o *odd) own() resource {
	o.t.Helper()
	text, err := os.ReadFile(filepath.Join(o.root, "day0", "phr", "Patient.ndjson"))
	if err != nil {
		o.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var r resource
		if json.Unmarshal([]byte(line), &r) == nil && o.allowed(line) && o.shared(r) {
			return r
		}
	}
	o.t.Fatal("nobody of the PHR may be used")
	return nil
}

// shared reports whether the shared record has somebody with a patient's number,
// who may be used.
func (o *odd) shared(patient resource) bool {
	number := func(r resource) any {
		for _, id := range r["identifier"].([]any) {
			if id.(resource)["system"] == "https://fhir.nhs.uk/Id/nhs-number" {
				return id.(resource)["value"]
			}
		}
		return nil
	}
	for _, p := range o.patients {
		if number(p) == number(patient) {
			return true
		}
	}
	return false
}

// TestDeltaOfFlags holds that a person who is flagged, in the shared record or in
// the PHR alone, is out of everything by a delta as by reading everything, and is
// back, with all that was read before, when the newest version has no flag; and
// that a record which is labelled is out with what hangs on it.
func TestDeltaOfFlags(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	all, own := o.listed(), o.own()
	in := resource{"encounter": resource{"reference": "Encounter/e1"}}
	for i, night := range []struct {
		patients, own, rest func() []resource
		out                 int
	}{
		{func() []resource { return []resource{o.label(o.again(1), "N", "R"), o.label(o.again(2), "V")} }, nil, nil, 2},
		{func() []resource { return []resource{o.again(1)} }, func() []resource { return []resource{o.label(own, "R")} }, nil, 2},
		{nil, func() []resource { return []resource{o.label(own)} }, nil, 1},
		{func() []resource { return []resource{o.again(2)} }, nil, func() []resource {
			return []resource{o.made("Encounter", "e1", 2, nil), o.made("Observation", "o1", 2, in)}
		}, 0},
		{nil, nil, func() []resource { return []resource{o.label(o.made("Encounter", "e1", 2, nil), "R")} }, 0},
	} {
		files := map[string][]resource{"Observation.ndjson": {o.made("Observation", fmt.Sprint("other", i), 4, nil)}}
		if night.patients != nil {
			files["Patient.ndjson"] = night.patients()
		}
		if night.rest != nil {
			files["Encounter.ndjson"] = night.rest()
		}
		if night.own != nil {
			o.write(filepath.Join(o.root, fmt.Sprintf("night%d", o.night+1), "phr"), map[string][]resource{"Patient.ndjson": night.own()})
		}
		if r := o.next(files); r.Plan.Whole || r.Touched < 2 {
			t.Errorf("night %d: whole %q, %d touched", i+1, r.Plan.Why, r.Touched)
		}
		if out := all - o.listed(); out != night.out {
			t.Errorf("night %d: %d are out, want %d", i+1, out, night.out)
		}
		o.whole(fmt.Sprintf("night %d", i+1))
	}
}
