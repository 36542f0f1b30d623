package main

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
)

// saying is an observation with a code that says how a patient's data may be
// used, of a day so many nights on.
func (o *odd) saying(id, code string, patient, night int) resource {
	return o.made("Observation", id, patient, resource{"code": coding("http://snomed.info/sct", code),
		"effectiveDateTime": o.plan.AsOf.AddDate(0, 0, night).Format(time.DateOnly), "issued": nil})
}

// listed is how many persons the marts list.
func (o *odd) listed() (n int) {
	o.t.Helper()
	dir, _, err := snapshot.Current(o.config("kept").Marts)
	if err != nil {
		o.t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		o.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT count(*) FROM '" + filepath.Join(dir, "population.parquet") + "'").Scan(&n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// TestDeltaOfDaysToCome holds that what a GP record says of a day that is yet to
// come is heard by a delta when it is by reading everything: an objection from
// the night on which it is read, a withdrawal on the night on which its day has
// come, though nothing of the person is new then.
func TestDeltaOfDaysToCome(t *testing.T) {
	t.Parallel()
	const dissent, withdrawal = "827241000000103", "827261000000102"
	o := newOdd(t)
	all := o.listed()
	for i, night := range []struct {
		says []resource
		out  int
	}{
		{[]resource{o.saying("no1", dissent, 1, 0), o.saying("no2", dissent, 2, 3)}, 2},
		{[]resource{o.saying("yes1", withdrawal, 1, 4), o.saying("yes2", withdrawal, 2, 5)}, 2},
		{nil, 2},
		{nil, 1},
		{nil, 0},
		{nil, 0},
	} {
		night.says = append(night.says, o.made("Observation", "other", 3, nil))
		if r := o.next(map[string][]resource{"Observation.ndjson": night.says}); r.Plan.Whole {
			t.Errorf("night %d: whole %q", i+1, r.Plan.Why)
		}
		if out := all - o.listed(); out != night.out {
			t.Errorf("night %d: %d are out, want %d", i+1, out, night.out)
		}
		if i%2 == 1 {
			o.whole(fmt.Sprintf("night %d", i+1))
		}
	}
}

// TestDeltaOfPeriodsToCome holds that a period in a Patient that ends on a day
// yet to come is over for a delta when it is by reading everything, though
// nothing of the person is new then: of a number, with which the person goes, of
// one besides the person's own, without which they come, and of a home.
func TestDeltaOfPeriodsToCome(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	all := o.listed()
	until := func(night int) resource {
		return resource{"end": o.plan.AsOf.AddDate(0, 0, night).Format(time.DateOnly)}
	}
	ends, second, moves := o.again(1), o.again(7), o.again(3) // no other feed knows the second
	number := func(p resource) resource {
		for _, id := range p["identifier"].([]any) {
			if id.(resource)["system"] == "https://fhir.nhs.uk/Id/nhs-number" {
				return maps.Clone(id.(resource))
			}
		}
		t.Fatal("a patient without a number")
		return nil
	}
	a, b := number(ends), number(second)
	a["period"], b["period"], b["value"] = until(3), until(4), "9990000018"
	ends["identifier"], second["identifier"] = []resource{a}, append([]any{b}, second["identifier"].([]any)...)
	home := maps.Clone(moves["address"].([]any)[0].(resource))
	home["period"], home["use"] = until(3), "home"
	moves["address"] = []resource{home}
	for i, night := range []struct {
		patients     []resource
		out, touched int
	}{
		{[]resource{ends, second, moves}, 1, 4},
		{nil, 1, 1},
		{nil, 2, 3},
		{nil, 1, 2},
		{nil, 1, 1},
	} {
		files := map[string][]resource{"Observation.ndjson": {o.made("Observation", "other", 4, nil)}}
		if night.patients != nil {
			files["Patient.ndjson"] = night.patients
		}
		if r := o.next(files); r.Plan.Whole || r.Touched != night.touched {
			t.Errorf("night %d: whole %q, %d touched, want %d", i+1, r.Plan.Why, r.Touched, night.touched)
		}
		if out := all - o.listed(); out != night.out {
			t.Errorf("night %d: %d are out, want %d", i+1, out, night.out)
		}
		if i > 1 {
			o.whole(fmt.Sprintf("night %d", i+1))
		}
	}
}
