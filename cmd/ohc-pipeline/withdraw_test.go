package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/schedules"
)

// list is a list of the day that the feeds have come to.
func (d *deltas) list(name string) string {
	return filepath.Join(d.root, fmt.Sprint("day", d.day), "lists", name)
}

// relist has a list hold other lines, as one that was issued again does.
func (d *deltas) relist(name string, change func(lines []string) []string) {
	d.t.Helper()
	text, err := os.ReadFile(d.list(name))
	if err != nil {
		d.t.Fatal(err)
	}
	lines := change(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
	if strings.HasPrefix(lines[0], "#list") {
		lines[0] = regexp.MustCompile(`rows=[0-9]+`).ReplaceAllString(lines[0], "rows="+strconv.Itoa(len(lines)-2))
	}
	if err := os.WriteFile(d.list(name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// departure is a way in which somebody, or some of their data, may not be used
// any more.
type departure struct {
	person bool // nothing of the one who is asked about stays
	make   func(w *withdrawn)
	mart   string // of which some rows go
	told   string // what is kept of those who are affected: what befell them, and by which gate
	alone  bool   // of nobody but the one
}

// withdrawn is an installation in which somebody withdraws.
type withdrawn struct {
	*odd
	number string
	more   string // what the configuration says besides
}

var departures = map[string]departure{
	"an opt-out": {true, func(w *withdrawn) {
		w.relist("optout.dat", func(lines []string) (out []string) {
			for _, l := range lines {
				if !strings.HasPrefix(l, w.number) {
					out = append(out, l)
				}
			}
			return out
		})
	}, "population", "out optout", true},
	"an objection": {true, func(w *withdrawn) {
		w.relist("objections.csv", func(lines []string) []string {
			return append(lines, w.number+",shared-record,objected,"+w.plan.AsOf.Format(time.DateOnly))
		})
	}, "population", "out objection", true},
	"a disconnection": {false, func(w *withdrawn) {
		w.relist("connections.csv", func(lines []string) []string {
			for i, l := range lines {
				if f := strings.Split(l, ","); i > 1 {
					lines[i] = strings.Join(append([]string{f[0], f[1], f[2], f[3], f[3]}, f[5:]...), ",") // as soon as it was made
				}
			}
			return lines
		})
	}, "measurement_latest", "less ", false},
	"a sensitive code": {false, func(w *withdrawn) {
		w.write("sensitive.txt", "38341003\n") // hypertension
		w.more = "  sensitive: {members: [{file: sensitive.txt, format: codes, system: snomed, category: sexual-health}]}\n"
	}, "long_term_condition", "less ", false},
	"an agreement that has expired": {true, func(w *withdrawn) { // with every organisation
		w.relist("agreements.csv", func(lines []string) []string {
			for i, l := range lines {
				if f := strings.Split(l, ","); i > 1 {
					lines[i] = strings.Join([]string{f[0], f[1], f[2], w.plan.AsOf.Format(time.DateOnly)}, ",")
				}
			}
			return lines
		})
	}, "measurement_latest", "out ", false},
}

func (w *withdrawn) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.root, "day0", name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// configured is the configuration with what it says besides.
func (w *withdrawn) configured(name string) config.Config {
	w.t.Helper()
	w.config(name)
	path := filepath.Join(w.root, "day0", name+".yaml")
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(text), "gates:\n", "gates:\n"+w.more, 1)), 0o600)
	}
	c, failed := config.Load(path)
	if err := errors.Join(err, failed); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// rows is how many rows a mart that is published has.
func (d *deltas) rows(c config.Config, mart string) (n int) {
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
	if err := db.QueryRow("SELECT count(*) FROM read_parquet('" + filepath.Join(dir, mart+".parquet") + "')").Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// TestWithdrawalReachesTheDisk holds that what each kind of withdrawal takes out
// is in no mart after the next publication, for which nothing is fetched, and in
// no file of the stage after the next compaction: both are what reading everything
// under the new lists has.
func TestWithdrawalReachesTheDisk(t *testing.T) {
	t.Parallel()
	for name, tc := range departures {
		t.Run(name, func(t *testing.T) {
			w := &withdrawn{odd: newOdd(t)}
			w.number = w.numberText(1)
			w.next(map[string][]resource{"Observation.ndjson": {w.made("Observation", "o1", 1, nil)}, "Condition.ndjson": {w.made("Condition", "c1", 2, resource{
				"code": resource{"coding": []any{resource{"system": "http://snomed.info/sct", "code": "38341003"}}}})}})
			c := w.config("kept")
			before := w.rows(c, tc.mart)
			tc.make(w)
			c = w.configured("kept")
			w.step(c, "publish")
			if now := w.rows(c, tc.mart); now >= before {
				t.Errorf("%s had %d rows, and has %d", tc.mart, before, now)
			}
			fresh := w.configured("fresh")
			w.copyLanding(c.Work, fresh.Work)
			w.run(fresh)
			w.same(c, fresh)
			current, _, err := snapshot.Current(c.Marts)
			if err != nil {
				t.Fatal(err)
			}
			if q, _ := proved(t, c, nhs(t, w.number)); tc.person && q.at("snapshot "+filepath.Base(current)) != 0 {
				t.Error("they are in the marts")
			}
			w.step(c, "compact")
			w.sameRows(c, fresh)
			q, _ := proved(t, c, nhs(t, w.number))
			if tc.person && (q.at("stage, rows") != 0 || q.at("stage, whose") != 0) {
				t.Error("they are in the stage")
			}
			if !tc.person && q.at("stage, rows") != 1 {
				t.Error("somebody else is gone as well")
			}
			if len(q.faults) > 0 {
				t.Error(q.faults)
			}
		})
	}
}

// step does a step as a job does.
func (d *deltas) step(c config.Config, word string) {
	d.t.Helper()
	way, _ := wayOf(schedules.Job{}, schedules.Step{Word: word})
	if _, _, err := begin(d.now(), c, way); err != nil {
		d.t.Fatalf("%s: %v", word, err)
	}
}

// TestRejudgedWithoutTheLanding holds that nothing is published where the records
// that must be judged anew do not lie here any more.
func TestRejudgedWithoutTheLanding(t *testing.T) {
	t.Parallel()
	w := &withdrawn{odd: newOdd(t)}
	c := w.config("kept")
	live, err := seal.Current(stageOf(c))
	if err != nil {
		t.Fatal(err)
	}
	departures["a sensitive code"].make(w)
	c = w.configured("kept")
	if err := os.Rename(filepath.Join(c.Work, "landing"), filepath.Join(c.Work, "away")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := begin(w.now(), c, again); err == nil || !strings.Contains(err.Error(), "must be judged anew") {
		t.Errorf("it ended with %v", err)
	}
	if now, err := seal.Current(stageOf(c)); err != nil || now.Run != live.Run || served(c).Run != live.Run {
		t.Errorf("the live run is %s, %v", now.Run, err)
	}
}

// TestRejudgedAgain holds that records are judged anew from the landing also where what is
// staged was published before without any being read.
func TestRejudgedAgain(t *testing.T) {
	t.Parallel()
	w := &withdrawn{odd: newOdd(t)}
	c := w.config("kept")
	before := w.rows(c, "population")
	c.Feeds[0].Person.Verification = []string{"01", "02"} // by which no delta follows
	w.step(c, "publish")
	if live, err := seal.Current(stageOf(c)); err != nil || len(live.Marks) > 0 {
		t.Fatalf("it has read the feeds: %v, %v", live.Marks, err)
	}
	departures["an agreement that has expired"].make(w)
	w.step(c, "publish")
	if now := w.rows(c, "population"); now >= before {
		t.Errorf("population had %d rows, and has %d", before, now)
	}
}
