package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// harsh is a policy by which one code takes out the person.
const harsh = `name: sensitive
version: "1"
record: one-health-and-care
polarity: exclude
reviewed: 2026-11-01
valid_for: 36500d
min_rules: 2
purposes: [planning, research]
rules:
  - {category: restricted, systems: [icd10], match: prefix, action: drop_person, reason: r, statute: s, source: o, codes: ["B24"]}
  - {category: restricted, systems: [icd10], match: prefix, reason: r, statute: s, source: o, codes: ["A50"]}
`

// judging gives an installation a policy of its own on sensitive data.
func (d *deltas) judging(policy string) {
	d.t.Helper()
	dir := filepath.Join(d.root, "day0")
	path := filepath.Join(dir, "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	said := strings.Replace(string(text), "\ngates:\n", "\ngates:\n  sensitive: {policy: policy.yaml}\n", 1)
	if said == string(text) {
		d.t.Fatal("the configuration has no gates")
	}
	for path, text := range map[string]string{path: said, filepath.Join(dir, "policy.yaml"): policy} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
}

// count asks a mart of what is published for a number.
func (d *deltas) count(mart, query string) (n int) {
	d.t.Helper()
	dir, _, err := snapshot.Current(d.config("kept").Marts)
	if err != nil {
		d.t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	query = strings.ReplaceAll(query, mart, "read_parquet('"+filepath.Join(dir, mart+".parquet")+"')")
	if err := db.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// TestDeltaOfWholePersons holds that a person of whom a code says that they are
// out goes from everything the night it arrives, stays away while the record
// stands, and is back the night it is put right, deleted, or another's: by a
// delta as by reading everything.
func TestDeltaOfWholePersons(t *testing.T) {
	t.Parallel()
	o := newDeltas(t, 60, 5, 0).odd()
	o.judging(harsh)
	c := o.config("kept")
	o.land(c, "day0", o.plan.AsOf, false)
	o.run(c)
	all := o.count("population", "SELECT count(*) FROM population")
	problem := func(id string, patient int, code string) resource {
		return o.made("Condition", id, patient, resource{"code": coding("http://hl7.org/fhir/sid/icd-10", code)})
	}
	file := func(r resource) map[string][]resource {
		return map[string][]resource{r["resourceType"].(string) + ".ndjson": {r}}
	}
	for i, night := range []struct {
		what  string
		files func() map[string][]resource
		out   int
	}{
		{"the code arrives", func() map[string][]resource { return file(problem("c1", 1, "B24")) }, 1},
		{"something else of the person's does", func() map[string][]resource { return file(o.made("Observation", "o1", 1, nil)) }, 1},
		{"it arrives for another", func() map[string][]resource { return file(problem("c2", 2, "B24.1")) }, 2},
		{"it is put right", func() map[string][]resource { return file(problem("c1", 1, "I10")) }, 1},
		{"it was another's, whose it is left out", func() map[string][]resource { return file(problem("c2", 3, "A50")) }, 0},
		{"it was, and comes back", func() map[string][]resource { return file(problem("c1", 1, "B24")) }, 1},
		{"its person's record comes anew", func() map[string][]resource { return file(o.again(1)) }, 1},
		{"it is deleted", func() map[string][]resource {
			return map[string][]resource{"deleted/Bundle.ndjson": {o.deleted("Condition/c1")}}
		}, 0},
	} {
		if r := o.next(night.files()); r.Plan.Whole {
			t.Errorf("night %d: whole %q", i+1, r.Plan.Why)
		}
		if n := o.count("population", "SELECT count(*) FROM population"); n != all-night.out {
			t.Errorf("%s: %d persons of %d, want %d fewer", night.what, n, all, night.out)
		}
		o.whole(night.what)
	}
}

// gentle is a policy by which one code, asthma, unlinks a record.
const gentle = `name: sensitive
version: "1"
record: one-health-and-care
polarity: exclude
reviewed: 2026-11-01
valid_for: 36500d
min_rules: 2
purposes: [planning]
rules:
  - {category: restricted, systems: [snomed], match: exact, action: delink, reason: r, statute: s, source: o, codes: ["195967001"]}
  - {category: restricted, systems: [icd10], match: prefix, reason: r, statute: s, source: o, codes: ["A50"]}
`

// TestDeltaOfUnlinked holds that a record which may be used without its person
// only stays in the stage, is in no mart of persons, goes with its person, and
// is the person's again the night it is put right: by a delta as by reading
// everything, compacted or not.
func TestDeltaOfUnlinked(t *testing.T) {
	t.Parallel()
	o := newDeltas(t, 60, 5, 0).odd()
	o.judging(gentle)
	c := o.config("kept")
	o.land(c, "day0", o.plan.AsOf, false)
	o.run(c)
	staged := func() (n int) {
		live, err := seal.Current(stageOf(c))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range live.Parts {
			if p.Dataset == seal.Unlinked {
				n += int(p.Rows)
			}
		}
		return n
	}
	before := staged()
	if before == 0 {
		t.Fatal("none is staged")
	}
	problem := func(id string, patient int, code string) map[string][]resource {
		return map[string][]resource{"Condition.ndjson": {o.made("Condition", id, patient, resource{"code": coding("http://snomed.info/sct", code)})}}
	}
	all := o.count("long_term_condition", "SELECT count(*) FROM long_term_condition")
	for i, night := range []struct {
		files map[string][]resource
		more  int
	}{
		{problem("c1", 1, "195967001"), 0},
		{problem("c1", 1, "44054006"), 1},
		{problem("c1", 2, "195967001"), 0},
	} {
		for _, r := range night.files["Condition.ndjson"] {
			r["meta"] = resource{"lastUpdated": o.plan.AsOf.AddDate(0, 0, i+1).Format(time.RFC3339)}
		}
		if r := o.next(night.files); r.Plan.Whole {
			t.Errorf("night %d: whole %q", i+1, r.Plan.Why)
		}
		if n := o.count("long_term_condition", "SELECT count(*) FROM long_term_condition"); n != all+night.more {
			t.Errorf("night %d: %d rows, want %d", i+1, n, all+night.more)
		}
		o.whole(fmt.Sprintf("night %d", i+1))
	}
	fresh := o.config("compacted")
	o.copyLanding(c.Work, fresh.Work)
	o.run(fresh)
	o.tidied(o.config("kept"), fresh)
	if n := staged(); n != before+1 {
		t.Errorf("%d records without their persons are staged, want %d", n, before+1)
	}
}
