package metric

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// full is a state in which everything is known.
func full() State {
	ago := func(d time.Duration) time.Time { return now.Add(-d * time.Hour) }
	return State{
		At: now, Serving: true,
		Jobs:     []Job{{Name: "nightly", Succeeded: ago(8), Ended: ago(8), Next: ago(-16), Running: ago(1), Tries: 1, Failed: true, Late: true}},
		Turns:    []Count{{"nightly", "done", "", 3}, {"nightly", "failed", "refused", 1}},
		Runs:     []Count{{"nightly", "cut off", "", 2}, {"", "published", "", 1}},
		Commands: []Command{{"run", time.Minute, []Step{{"fetch hospital", time.Second, 10}, {"fetch gp", 2 * time.Second, 20}, {"records", time.Second, 1000}}}},
		Lists:    []List{{"optout", ago(48), ago(-24), ago(72), true}, {"objection", ago(48), ago(-24), ago(72), true}, {"agreement", ago(48), ago(-24), ago(72), false}},
		Feeds:    []Feed{{"hospital", true, ago(3), ago(30), ago(2), 1 << 20, 12_345, true}, {Name: "gp", Newest: ago(5)}},
		Tallies: []Tally{{"hospital", "encounter", "kept", "", "", 1234}, {"hospital", "encounter", "rejected", "", "not a date", 12},
			{"hospital", "encounter", "excluded", "optout", "not on the allow list", 9}},
		Rows: []Tally{{Dataset: "encounter", Records: 700}, {Dataset: "encounter", Records: 33}}, Datasets: []string{"person", "encounter"},
		Reasons: map[string][]string{"optout": {"not on the allow list"}}, Layers: 3, Published: ago(8), AsOf: ago(10),
		Folders:  []Folder{{"work", 100, 1000, 9000}, {"marts", 100, 1000, 9000}, {"stage", 50, -1, -1}},
		Readable: map[string]bool{"ledger": true, "marts": false},
	}
}

// said is a state as it is exposed.
func said(t interface {
	Helper()
	Fatal(...any)
}, dir string, s State) string {
	t.Helper()
	path := filepath.Join(dir, "ohc.prom")
	if err := Write(path, s); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var line = regexp.MustCompile(`(?m)^(ohc_[a-z_]+)(?:\{(.*)\})? (\S+)$`)

func TestExposed(t *testing.T) {
	text := said(t, t.TempDir(), full())
	for _, want := range []string{
		`ohc_clock_serving 1`, `ohc_job_late{job_name="nightly"} 1`, `ohc_job_failed{job_name="nightly"} 1`, `ohc_job_tries{job_name="nightly"} 1`,
		fmt.Sprintf(`ohc_job_last_success_timestamp_seconds{job_name="nightly"} %.9g`, float64(now.Add(-8*time.Hour).Unix())),
		`ohc_job_turns_total{job_name="nightly",kind="refused",status="failed"} 1`,
		`ohc_job_runs_total{job_name="nightly",status="cut-off"} 2`, `ohc_job_runs_total{job_name="none",status="published"} 1`,
		`ohc_step_duration_seconds{command="run",step="fetch"} 3`, `ohc_step_bytes{command="run",step="fetch"} 30`, `ohc_run_duration_seconds{command="run"} 60`,
		`ohc_list_readable{list="agreement"} 0`, `ohc_feed_fetched_records{feed="hospital"} 12345`, `ohc_feed_incomplete{feed="hospital"} 1`,
		`ohc_records{dataset="encounter",feed="hospital",gate="",outcome="kept",reason=""} 1235`,
		`ohc_records{dataset="encounter",feed="hospital",gate="",outcome="rejected",reason=""} 10`,
		`ohc_records{dataset="encounter",feed="hospital",gate="optout",outcome="excluded",reason="not on the allow list"} 10`,
		`ohc_stage_rows{dataset="encounter"} 735`, `ohc_stage_layers 3`, `ohc_disk_free_bytes{folder="work"} 1000`, `ohc_readable{part="marts"} 0`,
	} {
		if !hasSample(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, not := range []string{`ohc_disk_free_bytes{folder="stage"}`, `ohc_feed_incomplete{feed="gp"}`, "not a date"} {
		if strings.Contains(text, not) {
			t.Errorf("there is %s", not)
		}
	}
}

// hasSample compares by value, for a number may be written in several ways.
func hasSample(text, want string) bool {
	name, value, _ := cutLast(want)
	for l := range strings.Lines(text) {
		if n, v, ok := cutLast(strings.TrimSpace(l)); ok && n == name {
			a, err1 := strconv.ParseFloat(v, 64)
			b, err2 := strconv.ParseFloat(value, 64)
			return err1 == nil && err2 == nil && math.Abs(a-b) <= math.Abs(b)*1e-8
		}
	}
	return false
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndex(s, " ")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// TestNothingKnown holds that what is not known has no series, and is no zero.
func TestNothingKnown(t *testing.T) {
	for _, m := range line.FindAllStringSubmatch(said(t, t.TempDir(), State{At: now}), -1) {
		if !slices.Contains([]string{"ohc_build_info", "ohc_measured_timestamp_seconds", "ohc_clock_serving", "ohc_stage_layers"}, m[1]) {
			t.Errorf("of nothing there is %s", m[0])
		}
	}
}

// TestRounded holds the rule for small numbers, number by number.
func TestRounded(t *testing.T) {
	for n := int64(-3); n < 8; n++ {
		if got, ok := Rounded(n); ok {
			t.Errorf("%d is told as %d", n, got)
		}
	}
	for n := int64(8); n < 5000; n++ {
		got, ok := Rounded(n)
		if !ok || got%5 != 0 || got-n > 2 || n-got > 2 {
			t.Errorf("%d is told as %d, %v", n, got, ok)
		}
	}
}

// TestNothingSmall draws states full of small numbers and planted words, and
// holds that no count of records is told but rounded, that what has the same
// labels is added up before it is, and that no label is a word of the data.
func TestNothingSmall(t *testing.T) {
	dir := t.TempDir()
	counts := regexp.MustCompile(`^ohc_(records|stage_rows|feed_fetched_records)$`)
	rapid.Check(t, func(t *rapid.T) {
		s := full()
		words := func(own ...string) *rapid.Generator[string] {
			return rapid.SampledFrom(append(own, "", "planted", "9434765919", "Planted, Mary"))
		}
		s.Tallies = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Tally {
			return Tally{words("hospital", "gp").Draw(t, "feed"), words("person", "encounter").Draw(t, "dataset"), words(outcomes...).Draw(t, "outcome"),
				words("optout").Draw(t, "gate"), words("not on the allow list").Draw(t, "reason"), rapid.Int64Range(0, 30).Draw(t, "records")}
		}), 0, 40).Draw(t, "tallies")
		s.Rows = s.Tallies
		s.Feeds[0].Records = rapid.Int64Range(-1, 30).Draw(t, "fetched")
		s.Turns = []Count{{words("nightly").Draw(t, "job"), words(statuses...).Draw(t, "status"), words(kinds...).Draw(t, "kind"), 1}}
		s.Runs = s.Turns
		s.Commands = []Command{{words("run").Draw(t, "command"), 1, []Step{{words("records", "fetch hospital").Draw(t, "step"), 1, 1}}}}
		text := said(t, dir, s)
		if low := strings.ToLower(text); strings.Contains(low, "planted") || strings.Contains(text, "9434765919") {
			t.Fatal("a word of the data is told")
		}
		sums := make(map[string]int64)
		for _, x := range s.Tallies {
			if x.Gate == "" { // whoever left it out has a reason
				x.Reason = ""
			}
			for _, l := range []struct {
				label *string
				of    []string
			}{{&x.Feed, []string{"hospital", "gp"}}, {&x.Dataset, s.Datasets}, {&x.Outcome, outcomes}, {&x.Gate, []string{"optout"}}, {&x.Reason, []string{"not on the allow list"}}} {
				if *l.label != "" && !slices.Contains(l.of, *l.label) {
					*l.label = Other
				}
			}
			if x.Gate == Other && x.Reason != "" {
				x.Reason = Other
			}
			sums[fmt.Sprintf(`dataset="%s",feed="%s",gate="%s",outcome="%s",reason="%s"`, x.Dataset, x.Feed, x.Gate, x.Outcome, x.Reason)] += x.Records
		}
		for _, m := range line.FindAllStringSubmatch(text, -1) {
			v, _ := strconv.ParseFloat(m[3], 64)
			if counts.MatchString(m[1]) && (v < 8 || math.Mod(v, 5) != 0) {
				t.Fatalf("%s", m[0])
			}
			if m[1] == "ohc_records" {
				if n := sums[m[2]]; math.Abs(float64(n)-v) > 2 {
					t.Fatalf("%s, and there are %d", m[0], n)
				}
				delete(sums, m[2])
			}
		}
		for labels, n := range sums {
			if n >= 8 {
				t.Fatalf("%d of %s are not told", n, labels)
			}
		}
	})
}

// TestOther holds that what is no word of ours is other, and counts together.
func TestOther(t *testing.T) {
	s := full()
	s.Tallies = []Tally{{"planted", "planted", "kept", "", "", 5}, {"gone", "else", "kept", "", "", 6}}
	if want := `ohc_records{dataset="other",feed="other",gate="",outcome="kept",reason=""} 10`; !strings.Contains(said(t, t.TempDir(), s), want) {
		t.Errorf("there is no %s", want)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ohc.prom")
	for range 2 { // the second replaces the first
		if err := Write(path, full()); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
	if err := Write(filepath.Join(dir, "ohc.txt"), full()); err == nil {
		t.Error("a file that node_exporter does not read was written")
	}
	if err := Write(filepath.Join(dir, "none", "ohc.prom"), full()); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
}
