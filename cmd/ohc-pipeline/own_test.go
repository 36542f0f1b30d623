package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/schedules"
)

// own is an installation in which three persons have a PHR and a watch, what is in
// them is made by hand, and nobody else's is connected.
type own struct {
	*odd
	last config.Config // where everything was read anew
}

func newOwn(t *testing.T, lines ...string) *own {
	o := &own{odd: newDeltas(t, 60, 5, 0).odd()}
	path := filepath.Join(o.root, "day0", "config.yaml")
	text, err := os.ReadFile(path)
	said := string(text)
	for _, vendor := range []string{"garmin", "apple"} {
		if !strings.Contains(said, "name: "+vendor) {
			said = strings.Replace(said, "\ngates:", "\n  - {name: "+vendor+", kind: "+vendor+", path: wearable/"+vendor+"}\ngates:", 1)
		}
	}
	if err = errors.Join(err, os.WriteFile(path, []byte(said), 0o600)); err != nil {
		t.Fatal(err)
	}
	o.connect(lines...)
	var days, nights, entries []resource
	for who := range 3 {
		for n := range 4 {
			days, nights = append(days, o.worn(who, n)), append(nights, o.slept(who, n))
			entries = append(entries, o.entry(who, n, "mood", 0), o.entry(who, n, "measurement", 0))
		}
	}
	o.push("day0", map[string][]resource{"dailies": days, "sleeps": nights})
	o.export("day0", "nobody", 2, nil)
	o.write(filepath.Join(o.root, "day0", "phr"), map[string][]resource{"Patient.own.ndjson": {o.self(0), o.self(1), o.self(2)}, "Observation.own.ndjson": entries})
	c := o.config("kept")
	o.land(c, "day0", o.plan.AsOf, false)
	o.run(c)
	return o
}

// connect writes the list of connections: lines without their number, which %d
// stands for.
func (o *own) connect(lines ...string) {
	o.t.Helper()
	head := fmt.Sprintf("#list name=connection version=1 record=one-health-and-care polarity=allow issued=%s rows=%d\n"+
		"nhs_number,provider,account,connected_at,disconnected_at,sections,erase_requested_at\n", o.plan.AsOf.Format(time.RFC3339), len(lines))
	for _, line := range lines {
		var who int
		if _, err := fmt.Sscanf(line, "%d,", &who); err != nil {
			o.t.Fatal(err)
		}
		head += o.number(who) + line[strings.Index(line, ","):] + "\n"
	}
	if err := os.WriteFile(filepath.Join(o.root, "day0", "lists", "connections.csv"), []byte(head), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *own) number(who int) string {
	text, err := json.Marshal(o.patients[who])
	if err != nil {
		o.t.Fatal(err)
	}
	return regexp.MustCompile(`"value":"([0-9]{10})"`).FindStringSubmatch(string(text))[1]
}

// when is noon of the n-th day of this test, of four in a row, each a month apart.
func (o *own) when(n int) time.Time {
	return time.Date(2026, time.Month(3+n), 10, 12, 0, 0, 0, time.UTC)
}

// worn is the summary of a day, slept of a night.
func (o *own) worn(who, n int) resource {
	at := o.when(n)
	return resource{"userId": fmt.Sprint("u", who), "summaryId": fmt.Sprint("d", n), "calendarDate": at.Format(time.DateOnly),
		"startTimeInSeconds": at.Add(-12 * time.Hour).Unix(), "startTimeOffsetInSeconds": 0, "durationInSeconds": 86400,
		"restingHeartRateInBeatsPerMinute": 60 + n, "steps": 1000 + n, "averageStressLevel": 30, "timeOffsetHeartRateSamples": resource{"60": 70}}
}

func (o *own) slept(who, n int) resource {
	at := o.when(n)
	return resource{"userId": fmt.Sprint("u", who), "summaryId": fmt.Sprint("s", n), "calendarDate": at.Format(time.DateOnly),
		"startTimeInSeconds": at.Add(-10 * time.Hour).Unix(), "startTimeOffsetInSeconds": 0, "durationInSeconds": 25200,
		"awakeDurationInSeconds": 600, "timeOffsetSleepRespiration": resource{"60": 14}}
}

// push writes a payload of the watch.
func (o *own) push(day string, payload map[string][]resource) {
	o.t.Helper()
	text, err := json.Marshal(payload)
	dir := filepath.Join(o.root, day, "wearable", "garmin")
	if err == nil {
		err = errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "push.json"), text, 0o600))
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// self is the Patient of a PHR.
func (o *own) self(who int) resource {
	r := resource{}
	maps.Copy(r, o.patients[who])
	r["id"], r["meta"] = fmt.Sprint("p", who), resource{"lastUpdated": "2026-02-01T00:00:00Z"}
	delete(r, "link")
	return r
}

// entry is what somebody has entered, in its n-th version.
func (o *own) entry(who, n int, kind string, version int) resource {
	at, code := o.when(n).Format(time.RFC3339), map[string]string{"mood": "106131003", "measurement": "271649006"}[kind]
	return resource{"resourceType": "Observation", "id": fmt.Sprintf("%s%d%d", kind, who, n), "status": "final",
		"meta":     resource{"lastUpdated": o.when(n).AddDate(0, 0, version).Format(time.RFC3339)},
		"category": []resource{{"coding": []resource{{"system": "urn:app", "code": kind}}}}, "subject": resource{"reference": fmt.Sprint("Patient/p", who)},
		"code": coding("http://snomed.info/sct", code), "effectiveDateTime": at, "issued": at,
		"valueQuantity": resource{"value": 120 + version, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}
}

// delta takes up what has changed, by a delta, of so many persons unless that is less than 0; holds that it
// ends in what reading everything ends in; and returns what that has staged of
// each of the three.
func (o *own) delta(when string, touched int) string {
	o.t.Helper()
	o.night++
	c := o.config("kept")
	o.land(c, fmt.Sprintf("night%d", o.night), o.plan.AsOf.AddDate(0, 0, o.night), false)
	r := o.run(c)
	if r.Plan.Whole || touched >= 0 && r.Touched != touched {
		o.t.Errorf("%s: whole %q; %d touched, want %d", when, r.Plan.Why, r.Touched, touched)
	}
	o.whole(when)
	o.last = o.config(strings.ReplaceAll("fresh "+when, " ", "-"))
	return o.held(o.last)
}

// held tells what is staged of the three, in one layer: the n of metrics and kinds.
func (o *own) held(c config.Config) string {
	o.t.Helper()
	live, err := seal.Current(stageOf(c))
	if err != nil {
		o.t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		o.t.Fatal(err)
	}
	defer db.Close()
	var out []string
	for set, column := range map[string]string{"reading": "metric", "self_record": "kind", "person": "'profile'"} {
		var files []string
		for _, p := range live.Parts {
			if p.Dataset == set {
				files = append(files, "'"+filepath.Join(seal.Dir(stageOf(c), live.Run), p.File)+"'")
			}
		}
		if len(files) == 0 {
			continue
		}
		rows, err := db.Query(fmt.Sprintf("SELECT %s, count(*), count(*) FILTER (part = 0) FROM read_parquet([%s]) WHERE feed IN ('garmin', 'phr') GROUP BY 1", column, strings.Join(files, ", ")))
		if err != nil {
			o.t.Fatal(err)
		}
		for rows.Next() {
			var word string
			var n, first int
			if err := rows.Scan(&word, &n, &first); err != nil {
				o.t.Fatal(err)
			}
			out = append(out, fmt.Sprint(word, " ", n))
		}
		rows.Close()
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// step does what a job does.
func (o *own) step(word string) pipeline.Result {
	o.t.Helper()
	way, _ := wayOf(schedules.Job{}, schedules.Step{Word: word})
	r, _, err := begin(o.now(), o.config("kept"), way)
	if err != nil {
		o.t.Fatalf("%s: %v", word, err)
	}
	return r
}
