package main

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/ledger"
)

// TestDeltaOfScope holds that what a person shares of their watch and their PHR,
// section by section and day by day, is what is staged and published, whenever the
// list says another thing: by a delta as by reading everything.
func TestDeltaOfScope(t *testing.T) {
	t.Parallel()
	const from = "2026-03-01T00:00:00Z,"
	o := newOwn(t, "0,garmin,u0,"+from+",*,", "1,garmin,u1,"+from+",activity;stress,", "1,phr,,"+from+",mood,")
	if got, want := o.held(o.config("kept")), "awake 4, heart-rate 4, mood 4, respiration 4, resting-heart-rate 4, sleep 4, steps 8, stress 8"; got != want {
		t.Errorf("at first %s", got)
	}
	for _, night := range []struct {
		when, want string
		touched    int
		lines      []string
	}{
		{"less from a day on", "awake 2, heart-rate 2, mood 4, respiration 2, resting-heart-rate 2, sleep 2, steps 8, stress 6", 1, []string{
			"0,garmin,u0," + from + "2026-05-01T00:00:00Z,*,", "0,garmin,u0,2026-05-01T00:00:00Z,,activity,", "1,garmin,u1," + from + ",activity;stress,", "1,phr,," + from + ",mood,"}},
		{"more of both", "awake 6, heart-rate 2, measurement 4, mood 4, profile 1, respiration 2, resting-heart-rate 2, sleep 6, steps 4, stress 2", 1, []string{
			"0,garmin,u0," + from + "2026-05-01T00:00:00Z,*,", "0,garmin,u0,2026-05-01T00:00:00Z,,activity,", "1,garmin,u1," + from + ",sleep,", "1,phr,," + from + ",*,"}},
		{"the heart alone", "awake 2, heart-rate 6, respiration 2, resting-heart-rate 6, sleep 2, steps 4, stress 2", 1, []string{ // not what stands first in the record
			"0,garmin,u0," + from + "2026-05-01T00:00:00Z,*,", "0,garmin,u0,2026-05-01T00:00:00Z,,activity,", "1,garmin,u1," + from + ",heart,", "1,phr,," + from + ",,"}},
		{"nothing any more", "awake 2, heart-rate 2, respiration 2, resting-heart-rate 2, sleep 2, steps 4, stress 2", 1, []string{
			"0,garmin,u0," + from + "2026-05-01T00:00:00Z,*,", "0,garmin,u0,2026-05-01T00:00:00Z,,activity,", "1,garmin,u1," + from + ",,", "1,phr,," + from + ",,"}},
	} {
		o.connect(night.lines...)
		if got := o.delta(night.when, night.touched); got != night.want {
			t.Errorf("%s: %s\nwant %s", night.when, got, night.want)
		}
	}
	sums := make(map[string]int64)
	withLedger(t, o.last, func(l *ledger.Ledger, run string) error {
		tallies, err := l.Tallies(t.Context(), run)
		for _, line := range tallies {
			if line.Feed == "garmin" {
				sums[line.Outcome+" "+line.Reason] += line.Records
			}
		}
		return err
	})
	if want := map[string]int64{"kept ": 6, "excluded section not shared": 10, "excluded not connected": 8, "cut section not shared": 2}; !maps.Equal(sums, want) {
		t.Errorf("the account of the watch is %v, want %v", sums, want)
	}
}

// TestDeltaOfErasure holds that what a person has asked to be erased goes from the
// marts with the next publication, and off the disk with the next compaction, though
// other lines cover it; that what comes afterwards of that time stays out; and
// that what is connected again begins anew.
func TestDeltaOfErasure(t *testing.T) {
	t.Parallel()
	const from = "2026-03-01T00:00:00Z,"
	other := []string{"1,garmin,u1," + from + ",*,", "1,phr,p1," + from + ",*,"}
	o := newOwn(t, append(other, "0,garmin,u0,"+from+",*,", "0,phr,p0,"+from+",*,")...)
	o.connect(append(other, "0,garmin,u0,"+from+"2026-05-01T00:00:00Z,*,2026-05-02T00:00:00Z", "0,phr,p0,"+from+",mood,2026-05-02T00:00:00Z")...)
	o.night++
	if r := o.step("publish"); r.Plan.Whole || r.Touched != 1 {
		t.Errorf("the publication: whole %q, %d touched", r.Plan.Why, r.Touched)
	}
	o.whole("erased")
	o.last = o.config("fresh-erased")
	const erased = "awake 4, heart-rate 4, measurement 4, mood 6, profile 1, respiration 4, resting-heart-rate 4, sleep 4, steps 4, stress 4"
	if got := o.held(o.last); got != erased {
		t.Errorf("erased: %s", got)
	}
	o.step("compact")
	o.sameRows(o.config("kept"), o.last)
	if got := o.held(o.config("kept")); got != erased {
		t.Errorf("compacted: %s", got)
	}

	o.connect(append(other, "0,garmin,u0,"+from+"2026-05-01T00:00:00Z,*,2026-05-02T00:00:00Z", "0,garmin,u0,2026-03-01T00:00:00Z,,*,", "0,phr,p0,"+from+",*,2026-05-02T00:00:00Z")...)
	again := fmt.Sprintf("night%d", o.night+1)
	o.push(again, map[string][]resource{"dailies": {o.worn(0, 0), o.worn(0, 3)}}) // the watch sends it once more
	if got, want := o.delta("connected again", 1), "awake 6, heart-rate 6, measurement 6, mood 6, profile 1, respiration 6, resting-heart-rate 6, sleep 6, steps 6, stress 6"; got != want {
		t.Errorf("connected again: %s\nwant %s", got, want)
	}
}

// TestErasureAtPublication holds that what a person has asked to be erased, as a
// whole or in part, goes with a publication, for which nothing is fetched.
func TestErasureAtPublication(t *testing.T) {
	t.Parallel()
	const from, asked = "2026-03-01T00:00:00Z,", ",2026-05-02T00:00:00Z"
	o := newOwn(t, "0,garmin,u0,"+from+",*,", "0,phr,p0,"+from+",*,", "1,garmin,u1,"+from+",*,", "1,phr,,"+from+",*,")
	o.connect("0,garmin,u0,"+from+",*"+asked, "0,phr,p0,"+from+",*"+asked, "1,garmin,u1,"+from+",sleep"+asked, "1,garmin,u1,"+from+",*,", "1,phr,,"+from+",*,")
	c := o.config("kept")
	if _, err := o.publishOther(c); err != nil {
		t.Fatal(err)
	}
	if got, want := o.held(c), "awake 4, heart-rate 6, measurement 6, mood 6, profile 1, respiration 4, resting-heart-rate 6, sleep 4, steps 6, stress 6"; got != want {
		t.Errorf("published: %s\nwant %s", got, want)
	}
}

// TestDeltaOfOwnCorrections holds that an entry in a PHR which its person corrects
// is replaced, that one they delete goes, and that all goes with the account.
func TestDeltaOfOwnCorrections(t *testing.T) {
	t.Parallel()
	o := newOwn(t, "0,phr,,2026-03-01T00:00:00Z,,*,", "1,phr,,2026-03-01T00:00:00Z,,*,")
	if got := o.latest(); got != "120 2026-06-10, 120 2026-06-10" {
		t.Errorf("at first: %s", got)
	}
	wrong := o.entry(1, 3, "measurement", 2)
	wrong["status"] = "entered-in-error"
	for _, night := range []struct {
		when, want, latest string
		lines              []resource
	}{
		{"corrected", "measurement 8, mood 8, profile 2", "121 2026-06-10, 120 2026-06-10", []resource{o.entry(0, 3, "measurement", 1)}},
		{"an older version comes late", "measurement 8, mood 8, profile 2", "121 2026-06-10, 120 2026-06-10", []resource{o.entry(0, 3, "measurement", 0)}},
		{"deleted", "measurement 7, mood 8, profile 2", "120 2026-06-10, 120 2026-05-10", []resource{o.goes("Observation/measurement03")}},
		{"entered in error", "measurement 6, mood 8, profile 2", "120 2026-05-10, 120 2026-05-10", []resource{wrong}},
		{"the account is deleted", "measurement 3, mood 4, profile 1", "120 2026-05-10", []resource{o.goes("Patient/p0")}},
	} {
		o.write(filepath.Join(o.root, fmt.Sprintf("night%d", o.night+1), "phr"), map[string][]resource{"Observation.ndjson": night.lines})
		if got := o.delta(night.when, 1); got != night.want {
			t.Errorf("%s: %s\nwant %s", night.when, got, night.want)
		}
		if got := o.latest(); !sameWords(got, night.latest) {
			t.Errorf("%s: the latest of the mart is %s, want %s", night.when, got, night.latest)
		}
	}
}

func sameWords(a, b string) bool {
	x, y := strings.Split(a, ", "), strings.Split(b, ", ")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// goes is the deletion of a record of a PHR.
func (o *own) goes(url string) resource {
	return resource{"resourceType": "Bundle", "type": "transaction", "timestamp": o.plan.AsOf.AddDate(0, 0, o.night).Format(time.RFC3339),
		"entry": []resource{{"request": resource{"method": "DELETE", "url": url}}}}
}

// latest is what the mart has of what persons have measured themselves.
func (o *own) latest() string {
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
	rows, err := db.Query(fmt.Sprintf("SELECT CAST(value AS INTEGER), strftime(measured_on, '%%Y-%%m-%%d') FROM '%s' WHERE recorder = 'self' ORDER BY 2 DESC, 1 DESC",
		filepath.Join(dir, "measurement_latest.parquet")))
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var value int
		var on string
		if err := rows.Scan(&value, &on); err != nil {
			o.t.Fatal(err)
		}
		out = append(out, fmt.Sprint(value, " ", on))
	}
	return strings.Join(out, ", ")
}

// TestDeltaOfAnyScope walks over lists of connections, with sections, ends and
// erasures drawn at random, and over what is worn and entered meanwhile, and holds
// each night against reading everything.
func TestDeltaOfAnyScope(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(7, 1))
	one := func(of ...string) string { return of[draw.IntN(len(of))] }
	month := func() string {
		return time.Date(2026, time.Month(2+draw.IntN(6)), 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
	}
	lines := func() (out []string) {
		for range 3 + draw.IntN(5) {
			who, provider, from, to, erase := draw.IntN(3), "garmin", month(), month(), one("", "", "", month())
			account, sections := fmt.Sprint("u", who), one("*", "", "activity", "sleep;heart", "activity;sleep;stress;breathing")
			if draw.IntN(2) == 0 {
				provider, account, sections = "phr", one("", fmt.Sprint("p", who)), one("*", "", "mood", "measurement;profile")
			}
			if to <= from {
				to = ""
			}
			out = append(out, fmt.Sprintf("%d,%s,%s,%s,%s,%s,%s", who, provider, account, from, to, sections, erase))
		}
		return out
	}
	o := newOwn(t, lines()...)
	for night := range 6 {
		who, n := draw.IntN(3), draw.IntN(4)
		if draw.IntN(2) == 0 {
			o.connect(lines()...)
		}
		if day := fmt.Sprintf("night%d", o.night+1); draw.IntN(2) == 0 {
			o.push(day, map[string][]resource{"dailies": {o.worn(who, n)}, "sleeps": {o.slept(who, n)}})
		} else {
			entry := []resource{o.entry(who, n, one("mood", "measurement"), night), o.goes(fmt.Sprintf("Observation/mood%d%d", who, draw.IntN(4)))}
			o.write(filepath.Join(o.root, day, "phr"), map[string][]resource{"Observation.ndjson": entry})
		}
		held := o.delta(fmt.Sprint("walk ", night), -1)
		o.step("compact")
		o.sameRows(o.config("kept"), o.last)
		t.Log(held)
	}
}
