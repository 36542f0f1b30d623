package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/eligible"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
)

// eligible has the list of who may be used written, and reads it.
func (d *deltas) eligible(c config.Config) (map[int64]bool, error) {
	d.t.Helper()
	out := filepath.Join(d.t.TempDir(), "eligible")
	err := attested(called(d.now(), "eligible"), c, func(ctx context.Context, done *deed) error { return listEligible(ctx, c, out, done) })
	if err != nil {
		if _, there := os.Stat(out); there == nil {
			d.t.Error("it was refused, and a list was written")
		}
		return nil, err
	}
	key, err := signer(c, false)
	if err != nil {
		d.t.Fatal(err)
	}
	h, ids, err := eligible.Read(out, key.Public())
	if err != nil {
		d.t.Fatal(err)
	}
	_, m, err := snapshot.Current(c.Marts)
	if err := errors.Join(err, h.Fits(m.ID, m.Domain, m.Purpose, nowIn(d.now()), time.Hour)); err != nil {
		d.t.Error(err)
	}
	all := make(map[int64]bool)
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}

// published is the ids of everybody in a mart.
func (d *deltas) published(c config.Config, mart string) map[int64]bool {
	d.t.Helper()
	dir, _, err := snapshot.Current(c.Marts)
	if err != nil {
		d.t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT DISTINCT person_id FROM read_parquet('" + filepath.Join(dir, mart+".parquet") + "')")
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	out := make(map[int64]bool)
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			d.t.Fatal(err)
		}
		out[id] = true
	}
	return out
}

// TestEligible holds that who has opted out or objected since is on no list of
// who may be used from that moment on, without anything being published, and
// everybody else is; that where something else has changed there is no list
// before the next publication; and that the list of that publication is the same.
func TestEligible(t *testing.T) {
	t.Parallel()
	for name, tc := range departures {
		t.Run(name, func(t *testing.T) {
			w := &withdrawn{odd: newOdd(t)}
			w.number = w.numberText(1)
			c := w.config("kept")
			before, err := w.eligible(c)
			if err != nil || !maps.Equal(before, w.published(c, "population")) {
				t.Fatalf("%d may be used, and %d are published: %v", len(before), len(w.published(c, "population")), err)
			}
			base, err := newProof(c, nil)
			if err != nil {
				t.Fatal(err)
			}
			one := base.domains[0].ID(base.key.Person(nhs(t, w.number)))
			if !before[one] {
				t.Fatal("they are not in")
			}
			tc.make(w)
			c = w.configured("kept")
			now, err := w.eligible(c)
			if !tc.alone {
				if code(err) != exitRefused || !strings.Contains(err.Error(), "publish first") {
					t.Fatalf("%d may be used: %v", len(now), err)
				}
				w.step(c, "publish")
				if now, err = w.eligible(c); err != nil || tc.person && now[one] {
					t.Fatal(err)
				}
				return
			}
			delete(before, one)
			if err != nil || !maps.Equal(now, before) {
				t.Fatalf("%d may be used, want %d: %v", len(now), len(before), err)
			}
			w.step(c, "publish")
			if after, err := w.eligible(c); err != nil || !maps.Equal(now, after) || !maps.Equal(after, w.published(c, "population")) {
				t.Errorf("once it is published %d may be used, want %d: %v", len(after), len(now), err)
			}
		})
	}
}

// TestEligibleOfWhoTookItBack holds that somebody who has objected on the list and
// taken it back in the GP record since may be used, as they are published; and that
// where the list does not say any more what has overruled their record they may
// not, though it says nothing against them.
func TestEligibleOfWhoTookItBack(t *testing.T) {
	t.Parallel()
	o := newOwn(t, "0,garmin,u0,2026-03-01T00:00:00Z,,*,")
	entered := func(id, code, on string) {
		t.Helper()
		o.write(filepath.Join(o.root, fmt.Sprintf("night%d", o.night+1), "shared-record"), map[string][]resource{"Observation.ndjson": {
			o.made("Observation", id, 0, resource{"effectiveDateTime": on, "issued": on + "T12:00:00Z", "component": nil, "valueQuantity": nil, "code": coding("http://snomed.info/sct", code)})}})
		o.delta(id, 1)
	}
	base, err := newProof(o.config("kept"), nil)
	if err != nil {
		t.Fatal(err)
	}
	one := base.domains[0].ID(base.key.Person(nhs(t, o.number(0))))
	may := func(when string, want bool) {
		t.Helper()
		if ids, err := o.eligible(o.config("kept")); err != nil || ids[one] != want {
			t.Errorf("%s: may be used: %v, want %v: %v", when, ids[one], want, err)
		}
	}
	o.object(0, "shared-record,objected,2026-05-01")
	may("an e-mail", false)
	entered("c1", "417528008", "2026-05-02")
	may("a later consent in the record", true)
	entered("r1", "416409005", "2026-05-03")
	may("a later refusal in the record", false)
	list := filepath.Join(o.root, "day0", "lists", "objections.csv")
	without, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	o.object(0, "shared-record,withdrawn,2026-05-04")
	may("a later e-mail takes it back, and is not published yet", false)
	o.delta("taken back", 1)
	may("it is published", true)
	if err := os.WriteFile(list, without, 0o600); err != nil {
		t.Fatal(err)
	}
	may("the list forgets that", false)
	c := o.config("kept")
	o.write(filepath.Join(o.root, "later", "shared-record"), map[string][]resource{"Observation.ndjson": {o.made("Observation", "n1", 1, nil)}})
	o.land(c, "later", o.plan.AsOf.AddDate(0, 0, o.night), false)
	if _, err := o.eligible(c); code(err) != exitRefused || !strings.Contains(err.Error(), "next: ohc-pipeline run") {
		t.Errorf("where something was fetched and not read: %v", err)
	}
}
