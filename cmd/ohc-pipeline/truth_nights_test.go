package main

import (
	"context"
	"database/sql"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/pipeline/config"
	"secondaryuse/schedules"
	"secondaryuse/testdata/population"
)

// TestTruthOfThreeRuns has an installation take up three times what has changed in
// some weeks: people opt out, and back in, object, and relent, connect and
// disconnect, sensitive codes arrive late, practices leave. After each run every
// mart is, row by row, what the truth of that day says, and of nobody who may not
// be used is anything left. OHC_TRUTH_PERSONS has it done with more people:
//
//	OHC_TRUTH_PERSONS=100000 go test ./cmd/ohc-pipeline -run TestTruthOfThreeRuns -v -timeout 3h
func TestTruthOfThreeRuns(t *testing.T) {
	t.Parallel()
	// What somebody who has seen it happen knows, and a whole export does not tell.
	untold := []string{"unreadable line", "patient deleted", "patient sent again", "second patient", "patients merged", "number superseded", "sensitive record corrected away"}
	for name, without := range map[string][]string{
		"practices leave":               untold, // which has everything read
		"only what has changed is read": append(untold, "agreement begins", "agreement ends"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDeltas(t, envInt("OHC_TRUTH_PERSONS", 600), 17, 0)
			d.plan.Without = without
			d.threeRuns(t, len(without) > len(untold))
		})
	}
}

// threeRuns takes up what there is, and three times what has changed since. delta
// says that nothing has everything read.
func (d *deltas) threeRuns(t *testing.T, delta bool) {
	name, was, gone, come := "day0", map[string]bool(nil), 0, 0
	for _, until := range []int{0, 5, 10, 15} {
		if until > 0 {
			name = d.next(until)
		}
		c := d.config("kept")
		c.Change.Off = "five days are taken up at once, of people of whom much happens"
		d.land(c, name, d.plan.AsOf.AddDate(0, 0, d.day), false)
		r := d.run(c)
		t.Logf("day %d: of %d persons %d were touched; whole: %q", until, r.Persons, r.Touched, r.Plan.Why)
		if r.Plan.Whole == (delta && until > 0) {
			t.Errorf("day %d: whole is %v", until, r.Plan.Whole)
		}
		present := d.true(t, c)
		for who := range was {
			if !present[who] {
				gone++
			}
		}
		for who := range present {
			if was != nil && !was[who] {
				come++
			}
		}
		was = present
	}
	if gone == 0 || come == 0 {
		t.Errorf("%d people have left the marts, and %d have come: both must happen", gone, come)
	}
}

// true holds the marts of an installation against the truth of the day, and
// returns who is in them.
func (d *deltas) true(t *testing.T, c config.Config) map[string]bool {
	t.Helper()
	p := d.plan
	p.Out = filepath.Join(d.root, "truth"+strconv.Itoa(d.day))
	summary, err := population.State(context.Background(), p, d.day, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(p.Out)
	w := &world{conf: c, told: readTold(t, p.Out, summary)}
	w.know(t)
	if w.db, err = sql.Open("duckdb", ""); err != nil {
		t.Fatal(err)
	}
	defer w.db.Close()
	showAll(t, w.db, marted(t, c))
	for _, check := range martChecks {
		if lines := differ(check.want(w, w.told), check.got(t, w)); len(lines) > 0 {
			t.Errorf("day %d, %s:", d.day, check.name)
			complain(t, lines)
		}
	}
	compact, _ := wayOf(schedules.Job{}, schedules.Step{Word: "compact"})
	if _, _, err := begin(d.now(), c, compact); err != nil { // which takes off the disk who is out of the marts
		t.Fatal(err)
	}
	return w.proven(t)
}

// proven holds that prove finds nobody who may not be used, and does find somebody
// who may, and returns who is in the marts.
func (w *world) proven(t *testing.T) map[string]bool {
	t.Helper()
	present := make(map[string]bool)
	for _, l := range w.wantPresent(w.told) {
		present[l] = true
	}
	var in, out []identity.Number
	for _, i := range w.told.Identifiers {
		n, err := identity.Parse([]byte(i.Number))
		if err != nil {
			t.Fatal(err)
		}
		if present[line(i.Person, "in the marts")] || present[line(i.Person, "in the stage")] {
			in = append(in, n)
		} else {
			out = append(out, n)
		}
	}
	for _, asked := range []struct {
		numbers []identity.Number
		found   bool
	}{{out, false}, {in[:1], true}} {
		p, err := newProof(w.conf, asked.numbers)
		if err == nil {
			err = p.search(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		if found := p.verdict() != nil; found != asked.found {
			var said strings.Builder
			err := p.tell(&said)
			t.Errorf("of %d persons somebody is found: %v; %v\n%s", len(asked.numbers), found, err, &said)
		}
	}
	t.Logf("of %d persons who may not be used none is found", len(out))
	maps.DeleteFunc(present, func(l string, _ bool) bool { return !strings.HasSuffix(l, "in the marts") })
	return present
}
