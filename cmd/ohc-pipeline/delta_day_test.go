package main

import (
	"database/sql"
	"fmt"
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
