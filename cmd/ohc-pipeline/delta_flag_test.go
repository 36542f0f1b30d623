package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	return slices.ContainsFunc(o.patients, func(p resource) bool { return numberOf(p) == numberOf(patient) })
}

// numberOf is the NHS number of a patient.
func numberOf(patient resource) string {
	for _, id := range patient["identifier"].([]any) {
		if id.(resource)["system"] == "https://fhir.nhs.uk/Id/nhs-number" {
			return id.(resource)["value"].(string)
		}
	}
	return ""
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

// TestDeltaOfFlagDays holds that a flag of a table of persons holds for a delta on
// the days on which it does by reading everything, though nothing of the person is
// new then, and that a line that is newer takes it away.
func TestDeltaOfFlagDays(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 60, 5, 0)
	d.edits = []string{"gates:\n", `  - name: pds
    kind: tabular
    organisation: QNC
    fetch: {drop: {folder: drop/pds, marker: .done}}
    tables:
      - {file: "*.csv", as: person, columns: {nhs_number: nhs, version: changed, confidential: flag, confidential_from: since, confidential_to: before}}
gates:
`}
	o := d.odd()
	o.persons("day0", o.flag(1, "N", 0, 0), o.flag(2, "N", 0, 0), o.flag(3, "Y", 0, 0))
	c := o.config("kept")
	o.land(c, "day0", o.plan.AsOf, false)
	o.run(c)
	all := o.listed() + 1
	for i, night := range []struct {
		lines []string
		out   int
	}{
		{[]string{o.flag(1, "S", 2, 4), o.flag(2, "I", 0, 3)}, 2}, // the third, and the second
		{nil, 3},
		{nil, 2},
		{nil, 1},
		{[]string{o.flag(3, "N", 0, 0)}, 0},
	} {
		name := fmt.Sprintf("night%d", i+1)
		if night.lines != nil {
			for n, line := range night.lines {
				night.lines[n] = strings.Replace(line, "CHANGED", o.plan.AsOf.AddDate(0, 0, i+1).Format(time.DateOnly), 1)
			}
			o.persons(name, night.lines...)
		}
		if r := o.next(map[string][]resource{"Observation.ndjson": {o.made("Observation", fmt.Sprint("other", i), 4, nil)}}); r.Plan.Whole {
			t.Errorf("%s: whole %q", name, r.Plan.Why)
		}
		if out := all - o.listed(); out != night.out {
			t.Errorf("%s: %d are out, want %d", name, out, night.out)
		}
		o.whole(name)
	}
}

// flag is a line of a table of persons: a flag that holds from the evening of a
// night to before that of another; 0 for neither.
func (o *odd) flag(patient int, flag string, from, to int) string {
	day := func(night int) string {
		if night == 0 {
			return ""
		}
		return o.plan.AsOf.AddDate(0, 0, night).Format(time.DateOnly)
	}
	return strings.Join([]string{numberOf(o.patients[patient]), "CHANGED", flag, day(from), day(to)}, ",")
}

// persons writes what a delivery has of the table of persons.
func (o *odd) persons(day string, lines ...string) {
	o.t.Helper()
	text := strings.ReplaceAll("nhs,changed,flag,since,before\n"+strings.Join(lines, "\n")+"\n", "CHANGED", o.plan.AsOf.Format(time.DateOnly))
	dir := filepath.Join(o.root, day, "pds")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, day+".csv"), []byte(text), 0o600)); err != nil {
		o.t.Fatal(err)
	}
}
