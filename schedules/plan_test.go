package schedules

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// job is a job of a spec in London.
func job(t interface{ Fatal(...any) }, text string, policy CatchUp) Job {
	s, err := parse(text, london(t))
	if err != nil {
		t.Fatal(err)
	}
	return Job{Name: "a", CatchUp: policy, Zone: s.zone, times: s}
}

func utc(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

func show(times []time.Time) (out []string) {
	for _, t := range times {
		out = append(out, t.UTC().Format("2006-01-02 15:04"))
	}
	return out
}

func TestOwed(t *testing.T) {
	for _, tc := range []struct {
		what, spec string
		policy     CatchUp
		last, now  string
		run        []string
		missed     int
	}{
		{"nothing", "0 2 * * *", 1, "2026-11-21 02:00", "2026-11-22 01:59", nil, 0},
		{"on time", "0 2 * * *", 0, "2026-11-21 02:00", "2026-11-22 02:00", []string{"2026-11-22 02:00"}, 0},
		{"a little late", "0 2 * * *", 0, "2026-11-21 02:00", "2026-11-22 02:05", []string{"2026-11-22 02:00"}, 0},
		{"too late for none", "0 2 * * *", 0, "2026-11-21 02:00", "2026-11-22 02:06", nil, 1},
		{"the latest of three", "0 2 * * *", 1, "2026-11-19 02:00", "2026-11-22 12:00", []string{"2026-11-22 02:00"}, 2},
		{"all of three", "0 2 * * *", 7, "2026-11-19 02:00", "2026-11-22 12:00", []string{"2026-11-20 02:00", "2026-11-21 02:00", "2026-11-22 02:00"}, 0},
		{"two of three", "0 2 * * *", 2, "2026-11-19 02:00", "2026-11-22 12:00", []string{"2026-11-21 02:00", "2026-11-22 02:00"}, 1},
		{"the night that loses an hour", "0 2 * * *", 7, "2026-03-28 02:00", "2026-03-30 12:00", []string{"2026-03-29 01:00", "2026-03-30 01:00"}, 0},
		{"the repeated hour, each once", "0 * * * *", 9, "2026-10-24 23:00", "2026-10-25 02:30", []string{"2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00"}, 0},
		{"the clock went back", "0 2 * * *", 7, "2026-11-22 02:00", "2026-11-20 02:00", nil, 0},
		{"new, and not due", "0 2 * * *", 7, "", "2026-11-22 12:00", nil, 0},
		{"new, and due", "0 2 * * *", 7, "", "2026-11-22 02:01", []string{"2026-11-22 02:00"}, 0},
	} {
		var last time.Time
		if tc.last != "" {
			last = utc(tc.last)
		}
		run, missed := job(t, tc.spec, tc.policy).Owed(last, utc(tc.now))
		if !slices.Equal(show(run), tc.run) || missed != tc.missed {
			t.Errorf("%s: %v and %d missed, want %v and %d", tc.what, show(run), missed, tc.run, tc.missed)
		}
	}
	off := job(t, "* * * * *", 9)
	off.Off = "for a reason"
	if run, missed := off.Owed(utc("2026-11-21 02:00"), utc("2026-11-22 02:00")); run != nil || missed != 0 {
		t.Errorf("a job that is off owes %v, %d", run, missed)
	}
}

// TestOwedOnce holds, for random specs, policies and times of waking, that each
// due time is run once or missed once, none is run twice or early, and that what
// is run is what the policy leaves.
func TestOwedOnce(t *testing.T) {
	ran := 0
	rapid.Check(t, func(rt *rapid.T) {
		texts := []string{"0 2 * * *", "*/30 * * * *", "0 0,12 * * *", "15 3 * * sun", "@hourly"}
		j := job(rt, rapid.SampledFrom(texts).Draw(rt, "spec"), CatchUp(rapid.IntRange(0, 4).Draw(rt, "policy")))
		begin := oracleFrom.Add(time.Duration(rapid.IntRange(0, 700*24*60).Draw(rt, "begin")) * time.Minute)
		now, last := begin, begin
		var all []time.Time
		missed := 0
		for range rapid.IntRange(1, 30).Draw(rt, "wakings") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "minutes")) * time.Minute)
			run, m := j.Owed(last, now)
			if len(run) > max(1, int(j.CatchUp)) || len(run) > 0 && run[len(run)-1].After(now) {
				rt.Fatalf("at %v it owes %v", now, run)
			}
			if m > 0 && len(run) < int(j.CatchUp) {
				rt.Fatalf("it misses %d and runs %d of %v", m, len(run), j.CatchUp)
			}
			all, missed, last = append(all, run...), missed+m, now
		}
		due := slices.Collect(j.Due(begin, now))
		if len(all)+missed != len(due) || !slices.IsSortedFunc(all, time.Time.Compare) || len(slices.CompactFunc(slices.Clone(all), time.Time.Equal)) != len(all) {
			rt.Fatalf("%d due, %d run, %d missed", len(due), len(all), missed)
		}
		ran += len(all)
	})
	if ran == 0 {
		t.Error("nothing ran")
	}
}

func TestAgainAndBy(t *testing.T) {
	j := Job{Deadline: 5 * time.Hour, Retry: Retry{Times: 2, Every: time.Hour, On: []Failure{Failed, Refused}}}
	due := utc("2026-11-22 02:00")
	by := j.By(due, due)
	if !by.Equal(utc("2026-11-22 07:00")) || !j.By(due, utc("2026-11-22 09:00")).Equal(utc("2026-11-22 14:00")) || !(Job{}).By(due, due).IsZero() {
		t.Errorf("by %v", by)
	}
	for _, tc := range []struct {
		tries int
		why   Failure
		ended string
		by    time.Time
		want  bool
	}{
		{1, Failed, "2026-11-22 02:10", by, true}, {2, Refused, "2026-11-22 02:10", by, true}, {3, Failed, "2026-11-22 02:10", by, false},
		{1, Check, "2026-11-22 02:10", by, false}, {1, CutOff, "2026-11-22 02:10", by, false},
		{1, Failed, "2026-11-22 05:59", by, true}, {1, Failed, "2026-11-22 06:00", by, false}, {1, Failed, "2026-11-22 06:00", time.Time{}, true},
	} {
		at, ok := j.Again(tc.tries, tc.why, utc(tc.ended), tc.by)
		if ok != tc.want || ok && !at.Equal(utc(tc.ended).Add(time.Hour)) {
			t.Errorf("%+v: %v %v", tc, at, ok)
		}
	}
}

func TestSet(t *testing.T) {
	set, err := Load(folder(t, "after.yaml", "name: after\nafter: verify\nruns: verify\ncatch_up: none\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range set.Due(utc("2026-10-25 00:00"), utc("2026-10-26 02:00")) { // a Sunday, when summer time ends
		got = append(got, d.Job.Name+" "+d.At.UTC().Format("02 15:04"))
	}
	if want := []string{"nightly 25 02:00", "compact 25 09:00", "verify 25 09:00", "after 25 09:00", "nightly 26 02:00"}; !slices.Equal(got, want) {
		t.Errorf("due %v, want %v", got, want)
	}
	for _, tc := range []struct{ job, at, need, when string }{
		{"compact", "2026-10-25 09:00", "nightly", "2026-10-25 02:00"},
		{"verify", "2026-10-25 09:00", "compact", "2026-10-25 09:00"},
		{"compact", "2026-10-18 08:00", "nightly", "2026-10-18 01:00"}, // in summer time
		{"after", "2026-10-25 09:00", "verify", "2026-10-25 09:00"},
		{"nightly", "2026-10-25 02:00", "", ""},
	} {
		j, _ := set.Find(tc.job)
		need, ok := set.Needs(j, utc(tc.at))
		if ok != (tc.need != "") || ok && (need.Job.Name != tc.need || !need.At.Equal(utc(tc.when))) {
			t.Errorf("%s at %s needs %s at %v", tc.job, tc.at, need.Job.Name, need.At)
		}
	}
}

func TestWhen(t *testing.T) {
	for text, want := range map[string]string{
		"0 2 * * *":          "at 02:00 every day",
		"30 0,12 * * *":      "at 00:30 and 12:30 every day",
		"* * * * *":          "every minute every day",
		"*/20 * * * mon-wed": "every hour at minute 0, 20 and 40 on Monday, Tuesday or Wednesday",
		"0 3 1 * mon":        "at 03:00 on day 1 of the month, and besides on every Monday",
		"0 3 1-31 * mon":     "at 03:00 every day",
		"0 3 1 jan,jul *":    "at 03:00 on day 1 of the month in January and July",
		"*/5 2-4 * * *":      "at minute 0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50 and 55 of the hours 2, 3 and 4 every day",
	} {
		if got := job(t, text, 0).When(); got != "at the times of , when that has succeeded" {
			t.Errorf("without a spec: %s", got)
		}
		j := job(t, text, 0)
		j.Cron = text
		if got := j.When(); got != want+", by the clock of Europe/London" {
			t.Errorf("%s: %s", text, got)
		}
	}
}
