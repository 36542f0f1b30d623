package main

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/testdata/population"
)

// TestDay is which days a run may be for, and which it is for when none is
// configured: in summer London's clock is an hour ahead.
func TestDay(t *testing.T) {
	for _, tc := range []struct{ now, asOf, want string }{
		{"2026-11-22T12:00:00Z", "", "2026-11-22"},
		{"2026-11-22T12:00:00Z", "2026-11-22", "2026-11-22"},
		{"2026-11-22T12:00:00Z", "2020-01-01", "2020-01-01"},
		{"2026-11-22T12:00:00Z", "2026-11-23", "configuration: : as_of: it has not come yet; leave as_of out for today, 2026-11-22"},
		{"2026-11-22T23:54:59Z", "2026-11-23", "configuration: : as_of: it has not come yet; leave as_of out for today, 2026-11-22"},
		{"2026-11-22T23:55:00Z", "2026-11-23", "2026-11-23"}, // a clock that is five minutes behind
		{"2026-11-22T23:55:00Z", "", "2026-11-22"},
		{"2026-07-01T22:59:59Z", "", "2026-07-01"},
		{"2026-07-01T23:00:00Z", "", "2026-07-02"},
		{"2026-07-01T23:00:00Z", "2026-07-02", "2026-07-02"},
		{"2026-07-01T12:00:00Z", "9999-12-31", "configuration: : as_of: it has not come yet; leave as_of out for today, 2026-07-01"},
	} {
		now, err := time.Parse(time.RFC3339, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		c := config.Config{Work: t.TempDir(), Marts: t.TempDir()}
		if tc.asOf != "" {
			if c.AsOf.Time, err = time.Parse(time.DateOnly, tc.asOf); err != nil {
				t.Fatal(err)
			}
		}
		got, err := day(c, now)
		said := got.Format(time.DateOnly)
		if err != nil {
			said = err.Error()
			if code(err) != exitConfig {
				t.Errorf("exit code %d", code(err))
			}
		}
		if said != tc.want {
			t.Errorf("at %s, for %q: %s, want %s", tc.now, tc.asOf, said, tc.want)
		}
	}
}

// TestAPublicationIsOfItsDay publishes a stage of five years ago for a later
// day: to the byte the marts that a run of that day makes. Those who have come
// to 90 in between are told by their band alone.
func TestAPublicationIsOfItsDay(t *testing.T) {
	now := today(time.Now())
	staged, later := now.AddDate(-5, 0, 0), now.AddDate(-1, 0, 0)
	n := &night{site: newSite(t, population.Plan{Persons: 1500, Seed: 11, AsOf: staged, Months: 3})}
	n.write("config.yaml", regexp.MustCompile(`max_age: \d+d`).ReplaceAllString(n.read("config.yaml"), "max_age: 4000d"))
	n.run(0, "run")
	if n.turned(staged, later) == 0 {
		t.Fatal("nobody comes to 90 between the two days")
	}
	before := n.published()
	n.edit("config.yaml", "as_of: "+staged.Format(time.DateOnly), "as_of: "+later.Format(time.DateOnly))
	n.run(0, "publish")
	again := n.published()
	n.run(0, "run")
	if run := n.published(); !maps.Equal(run, again) || maps.Equal(run, before) || len(run) < 6 {
		t.Errorf("a run makes other marts than a publication of its day: %v and %v; before %v", run, again, before)
	}
	if n.turned(staged, later) != 0 {
		t.Error("after the run the stage has months of birth of people over 89")
	}
}

// turned is how many staged persons with a month of birth were not 90 on one
// day, and are, or may be, on another.
func (n *night) turned(from, to time.Time) (count int) {
	n.t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		n.t.Fatal(err)
	}
	defer db.Close()
	born := "DATE '%s' - INTERVAL 90 YEAR >= make_date(birth_year, birth_month, 1)"
	query := fmt.Sprintf("SELECT count(*) FROM '%s' WHERE birth_year > 0 AND birth_month > 0 AND "+born+" AND NOT "+born,
		filepath.Join(n.stage(), "runs", "*", "person*.parquet"), to.AddDate(0, -1, 0).Format(time.DateOnly), from.Format(time.DateOnly))
	if err := db.QueryRow(query).Scan(&count); err != nil {
		n.t.Fatal(err)
	}
	return count
}
