package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/agreement"
	"secondaryuse/deid/gate/connection"
	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/sensitive"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/place"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/testdata/population"
)

// told is a line of truth/records.
type told struct {
	Person  int     `json:"person"`
	Feed    string  `json:"feed"`
	Dataset string  `json:"dataset"`
	Record  string  `json:"record"`
	Outcome string  `json:"outcome"`
	Reason  string  `json:"reason"`
	System  string  `json:"system"`
	Code    string  `json:"code"`
	At      string  `json:"at"`
	Value   float64 `json:"value"`
	Kind    string  `json:"kind"`
}

// TestSums holds the lines of the truth against its counts.
func TestSums(t *testing.T) {
	dir, s := written(t)
	sums, lines := make(map[string]int64), make(map[string]int64)
	for _, x := range s.Tallies {
		sums[x.Feed] += x.Records
		switch x.Outcome {
		case "deletion", "rejected", "unused":
		default:
			lines[x.Feed+" "+x.Dataset+" "+x.Outcome+" "+x.Reason] += x.Records
		}
	}
	for feed, n := range s.Read {
		if sums[feed] != n {
			t.Errorf("%s: read %d, the tallies sum to %d", feed, n, sums[feed])
		}
	}
	each(t, filepath.Join(dir, "truth/records.ndjson.zst"), func(x told) { lines[x.Feed+" "+x.Dataset+" "+x.Outcome+" "+x.Reason]-- })
	for what, n := range lines {
		if n != 0 {
			t.Errorf("%s: counted %d more than there are lines", what, n)
		}
	}
	var written population.Summary
	if data, err := os.ReadFile(filepath.Join(dir, "truth/summary.json")); err != nil || json.Unmarshal(data, &written) != nil || written.Persons != persons {
		t.Errorf("summary.json: %v, %d persons", err, written.Persons)
	}
}

// absent are the reasons for which no record here is left out: each has a time and
// serves planning, everybody shares all sections and has nothing erased, and the
// policy that is built in drops records alone.
var absent = map[gate.Reason]bool{gate.NoTime: true, gate.NotForPurpose: true, gate.NotShared: true, gate.Erased: true,
	gate.SensitivePerson: true, gate.Unlinked: true}

// TestEveryEndOccurs looks for a record of every outcome and every reason that
// a gate knows, in the gates' own words.
func TestEveryEndOccurs(t *testing.T) {
	_, s := written(t)
	found := make(map[string]bool)
	for _, x := range s.Tallies {
		found[x.Outcome] = true
		if x.Outcome == "excluded" {
			found[x.Gate+": "+x.Reason] = true
		}
	}
	for _, outcome := range []string{"kept", "excluded", "rejected", "superseded", "deleted", "deletion", "unused"} {
		if !found[outcome] {
			t.Errorf("nothing is %s", outcome)
		}
		delete(found, outcome)
	}
	for r := gate.Reason(1); int(r) < gate.Reasons; r++ {
		what := r.Gate() + ": " + r.String()
		if !absent[r] && !found[what] {
			t.Errorf("nothing is excluded for %s", what)
		}
		delete(found, what)
	}
	for what := range found {
		t.Errorf("no gate says %q", what)
	}
}

// TestGatesOpen opens every gate on the lists and holds what it says of each
// person against the truth.
func TestGatesOpen(t *testing.T) {
	dir, _ := written(t)
	file := func(name string) string { return filepath.Join(dir, name) }
	opted, err := optout.Open(optout.Config{Sent: file("lists/optout-request.dat"), Reply: file("lists/optout.dat"), Control: file("lists/optout.ctl"), Now: asOf})
	if err != nil {
		t.Fatal(err)
	}
	objected, err := objection.Open(objection.Config{File: file("lists/objections.csv"), Now: asOf})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Open(connection.Config{File: file("lists/connections.csv"), Now: asOf}); err != nil {
		t.Error(err)
	}
	if _, err := agreement.Open(agreement.Config{File: file("lists/agreements.csv"), AsOf: term.At(asOf, time.UTC), Now: asOf}); err != nil {
		t.Error(err)
	}
	if _, err := place.Open(file("reference/places.csv")); err != nil {
		t.Error(err)
	}
	numbers := make(map[int]identity.Number)
	each(t, file("truth/identifiers.ndjson.gz"), func(x identifiers) { numbers[x.Person], _ = identity.Parse([]byte(x.Number)) })
	each(t, file("truth/persons.ndjson.zst"), func(x told) {
		why := opted.Person(numbers[x.Person])
		if why == gate.Kept {
			why = objected.Person(numbers[x.Person])
		}
		if why != gate.Kept && x.Reason != why.String() && x.Reason != gate.Confidential.String() {
			t.Errorf("person %d: the gates say %s, the truth %q", x.Person, why, x.Reason)
		}
		if why == gate.Kept && (x.Reason == gate.NotAllowed.String()) {
			t.Errorf("person %d: the gates let through whom the truth says opted out", x.Person)
		}
	})
}

// TestPolicyTakesTheCodes asks the sensitive gate about every code of the
// truth.
func TestPolicyTakesTheCodes(t *testing.T) {
	dir, _ := written(t)
	g, err := sensitive.Open(sensitive.Config{Now: asOf.AddDate(0, 3, 0)}) // the policy may be younger than the lists
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	each(t, filepath.Join(dir, "truth/records.ndjson.zst"), func(x told) {
		if x.Code == "" || x.Feed == "hospital" && x.Outcome != "kept" {
			return
		}
		h := record.Head{Codings: []record.Coding{{System: term.System(x.System), Code: term.Code(x.Code)}}}
		why := g.Record(record.Feed{}, &h, identity.Number{})
		switch {
		case x.Reason == gate.SensitiveCode.String() && x.Dataset != "referral" && why != gate.SensitiveCode:
			t.Errorf("the policy lets %s %s through", x.System, x.Code)
		case x.Outcome == "kept" && why != gate.Kept:
			t.Errorf("the policy takes %s %s out, the truth keeps it", x.System, x.Code)
		}
		if why == gate.SensitiveCode {
			taken++
		}
	})
	if taken == 0 {
		t.Error("no record has a sensitive code")
	}
}

// TestRates holds what happens to people against the figures, a person and
// year.
func TestRates(t *testing.T) {
	dir, s := written(t)
	count := make(map[string]float64)
	from := asOf.AddDate(0, -s.Months, 0).Format(time.DateOnly)
	each(t, filepath.Join(dir, "truth/records.ndjson.zst"), func(x told) {
		if x.At < from || x.Outcome == "superseded" || x.Feed == "phr" || strings.HasPrefix(x.Dataset, "reading") {
			return
		}
		count[x.Dataset+x.Kind]++
	})
	years := float64(persons) * float64(s.Months) / 12
	for _, want := range []struct {
		what      string
		rate      float64
		tolerance float64
	}{
		{"encountergp", 6.4, 0.06}, {"encounterae", 0.443, 0.10}, {"encounteradmission", 0.284, 0.15},
		{"medication", 21, 0.08},
	} {
		if got := count[want.what] / years; got < want.rate*(1-want.tolerance) || got > want.rate*(1+want.tolerance) {
			t.Errorf("%s: %.3f a person and year, want %.3f", want.what, got, want.rate)
		}
	}
	left := float64(s.Marts["population"])
	if got := left / persons; got < 0.88 || got > 0.97 {
		t.Errorf("%.3f of persons are left for the marts", got)
	}
	rows, err := csv.NewReader(bytes.NewReader(text(t, filepath.Join(dir, "truth/activity.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	visits := make(map[string]float64)
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[3])
		if err != nil {
			t.Fatal(err)
		}
		if row[0] >= from {
			visits[row[2]] += float64(n)
		}
	}
	kept := visits["outpatient-attended"] / left / float64(s.Months) * 12
	if kept < 1.66*0.9 || kept > 1.66*1.1 {
		t.Errorf("%.3f outpatient attendances a person and year, want 1.66", kept)
	}
	if missed := visits["outpatient-dna"] / (visits["outpatient-dna"] + visits["outpatient-attended"]); missed < 0.06 || missed > 0.09 {
		t.Errorf("%.3f of outpatient appointments were missed, want 0.073", missed)
	}
}
