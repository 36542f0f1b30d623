package schedules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files, given as a name and a text in turn.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const good = `name: mine
cron: "0 3 * * *"
zone: Europe/London
runs: [extract ohc, publish]
after: nightly
catch_up: all up to 7
retry: {times: 2, every: 20m, on: [failed, refused]}
deadline: 2h
at_deadline: stop
`

func TestLoad(t *testing.T) {
	built, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, j := range built.Jobs() {
		names = append(names, j.Name)
	}
	if got := strings.Join(names, " "); got != "nightly noon optout reload compact verify" {
		t.Errorf("built in, in the order of who waits for whom: %s", got)
	}
	dir := folder(t, "mine.yaml", good, "noon.yaml", "name: noon\noff: the night is enough\n", "crontab", "not ours", ".x.yaml", "?")
	set, err := Load(dir, []string{"ohc"})
	if err != nil {
		t.Fatal(err)
	}
	j, ok := set.Find("mine")
	if !ok || j.Runs[0] != (Step{"extract", "ohc"}) || j.CatchUp != 7 || j.Retry.Times != 2 || len(j.Retry.On) != 2 || j.Deadline.Hours() != 2 || j.AtDeadline != Stop || j.After != "nightly" {
		t.Errorf("%+v", j)
	}
	noon, _ := set.Find("noon")
	if noon.Off != "the night is enough" || !noon.Next(oracleFrom).IsZero() || noon.From != filepath.Join(dir, "noon.yaml") {
		t.Errorf("%+v", noon)
	}
	if was, _ := built.Find("noon"); was.Next(oracleFrom).IsZero() || len(set.Jobs()) != 7 {
		t.Errorf("%d jobs, noon built in: %+v", len(set.Jobs()), was)
	}
}

func TestRefused(t *testing.T) {
	for _, tc := range []struct{ name, from, to, want string }{
		{"unknown key", "after:", "afterwards:", ":5: afterwards: there is no such key; there are name, "},
		{"unknown key within", "every:", "each:", ":7: each: there is no such key"},
		{"key twice", "deadline: 2h", "name: mine", ":8: the key is there twice"},
		{"no key", "deadline: 2h", "2h", ":8: "},
		{"a star without quotes", `"0 3 * * *"`, "* * * * *", ":2: not YAML that can be read; put a value with a *"},
		{"a list for a text", "Europe/London", "[a, b]", ":3: must be one text"},
		{"nothing", "catch_up: all up to 7", `catch_up: ""`, ":6: must not be empty"},
		{"two documents", "after: nightly", "---\nafter: nightly", ": it holds more than one document"},
		{"another name", "name: mine", "name: yours", ":1: name: must be what the file is called"},
		{"no cron", "cron: \"0 3 * * *\"\n", "", "zone: means nothing without cron"},
		{"zone", "Europe/London", "Europe/Stoke", ":3: zone: no such zone"},
		{"this machine's zone", "Europe/London", "Local", ":3: zone: no such zone"},
		{"no date", "0 3 * * *", "0 3 30 2 *", ":2: cron: it never comes: "},
		{"no date in its months", "0 3 * * *", "0 3 31 apr,jun *", ":2: cron: it never comes: "},
		{"no date beside a weekday", "0 3 * * *", "0 3 30 feb mon", ":2: cron: it never comes: "},
		{"zone prefix", "0 3 * * *", "TZ=UTC 0 3 * * *", ":2: cron: it has a zone prefix; take it out and write the zone under the key zone"},
		{"zone prefix of a name", "0 3 * * *", "CRON_TZ=UTC @daily", ":2: cron: it has a zone prefix"},
		{"a prefix that kills the library", "0 3 * * *", "TZ=0", ":2: cron: it has a zone prefix"},
		{"skipped", "0 3 * * *", "30 1 * * *", ":2: cron: 01:30 on Sunday 29 March 2026: the clocks of Europe/London skip 01:00 to 02:00 then; name a time before 01:00 or from 02:00 on, or every hour (*)"},
		{"repeated", "0 3 * * *", "30 1 * 10 *", ":2: cron: 01:30 on Sunday 25 October 2026: the clocks of Europe/London repeat 01:00 to 02:00 then"},
		{"a range over it", "0 3 * * *", "0 0-6 * * *", ":2: cron: 01:00 on Sunday 29 March 2026"},
		{"elsewhere", `"0 3 * * *"` + "\nzone: Europe/London", `"30 2 * * *"` + "\nzone: America/New_York", ":2: cron: 02:30 on Sunday 8 March 2026: the clocks of America/New_York skip 02:00 to 03:00"},
		{"seconds", "0 3 * * *", "0 0 3 * * *", ":2: cron: it has 6 fields; write five"},
		{"a span", "0 3 * * *", "@every 5m", ":2: cron: no such name for a spec"},
		{"a start", "0 3 * * *", "@reboot", ":2: cron: no such name for a spec"},
		{"hour", "0 3 * * *", "0 24 * * *", ":2: cron: hour: write "},
		{"Sunday as 7", "0 3 * * *", "0 3 * * 7", ":2: cron: day of week: "},
		{"downward", "0 3 * * *", "0 3 * * fri-mon", ":2: cron: day of week: "},
		{"a step that is none", "0 3 * * *", "*/0 * * * *", ":2: cron: minute: "},
		{"a step over the field", "0 3 * * *", "*/75 * * * *", ":2: cron: minute: "},
		{"a value with a step", "0 3 * * *", "5/15 * * * *", ":2: cron: minute: "},
		{"an empty field", "0 3 * * *", ", * * * *", ":2: cron: minute: "},
		{"where crons differ", "0 3 * * *", "0 3 */2 * mon", ":2: cron: crons differ"},
		{"no such step", "publish]", "polish]", ":4: runs: no such step; there are extract, "},
		{"no such feed", "extract ohc", "extract other", ":4: runs: no such feed; the configuration has ohc; "},
		{"a feed for a publication", "publish]", "publish ohc]", ":4: runs: only extract takes a feed"},
		{"twice", "publish]", "extract ohc]", ":4: runs: the step is there twice"},
		{"no step", "[extract ohc, publish]", "[]", ":4: the list is empty"},
		{"no such job", "after: nightly", "after: nightingale", ":5: after: there is no such job; there are compact, mine, nightly, "},
		{"itself", "after: nightly", "after: mine", ":5: after: the jobs wait for each other: mine after mine"},
		{"catch-up", "all up to 7", "all", ":6: catch_up: must be latest, all up to N"},
		{"none to catch up", "all up to 7", "all up to 0", ":6: catch_up: must be"},
		{"no catch-up", "catch_up: all up to 7\n", "", ":1: catch_up: is missing"},
		{"how often", "times: 2", "times: 0", ":7: retry.times: must be from 1 to 100"},
		{"how often is missing", "times: 2, ", "", ":7: retry: it needs times"},
		{"how far apart", "every: 20m", "every: 20", ":7: retry.every: not a span"},
		{"for what", "[failed, refused]", "[failed, busy]", ":7: retry.on: must be some of failed, check, refused and cut-off"},
		{"too late", "every: 20m", "every: 1h", ":7: retry: the last try would begin after the deadline"},
		{"deadline", "deadline: 2h", "deadline: 06:30", ":8: deadline: not a span"},
		{"no deadline", "deadline: 2h\n", "", ":8: at_deadline: there is no deadline"},
		{"nothing to do then", "at_deadline: stop\n", "", ":8: deadline: write under at_deadline"},
		{"something else to do", "at_deadline: stop", "at_deadline: panic", ":9: at_deadline: must be warn"},
		{"off without a word", "at_deadline: stop", "off: yes", ":9: off: must say why"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Replace(good, tc.from, tc.to, 1)
			set, err := Load(folder(t, "mine.yaml", text), []string{"ohc"})
			if text == good || err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "mine.yaml:") || len(set.Jobs()) > 0 {
				t.Errorf("error = %v\nwant one with %q", err, tc.want)
			}
		})
	}
}

func TestRefusedTogether(t *testing.T) {
	const a, b, c = "name: a\nafter: b\nruns: verify\ncatch_up: none\n", "name: b\nafter: c\nruns: verify\ncatch_up: none\n", "name: c\nafter: a\nruns: verify\ncatch_up: none\n"
	for _, tc := range []struct {
		files []string
		want  []string
	}{
		{[]string{"a.yaml", a, "b.yaml", b, "c.yaml", c}, []string{"a.yaml:2: after: the jobs wait for each other: a after b after c after a; ", "c.yaml:2: after: the jobs wait"}},
		{[]string{"a.yaml", a, "b.yaml", "name: b\noff: not wanted here\n"}, []string{"a.yaml:2: after: that job is off"}},
		{[]string{"nightly.yaml", "name: nightly\noff: not wanted here\n"}, []string{"built in: compact.yaml:4: after: that job is off"}},
		{[]string{"a.yaml", "", "b.yaml", "- x\n"}, []string{"a.yaml: it is empty", "b.yaml:1: must be a mapping"}},
		{[]string{"nightly.yml", a}, []string{"nightly.yml: it would not be read; call it .yaml"}},
		{[]string{"Night.yaml", "name: Night\ncron: '@daily'\nruns: verify\ncatch_up: none\n"}, []string{"Night.yaml:1: name: must be"}},
		{[]string{"a.yaml", "name: a\nruns: verify\ncatch_up: none\n"}, []string{"a.yaml:1: cron: is missing"}},
		{[]string{"a.yaml", "name: a\ncron: '0 3 * * *'\nwait: ended\nruns: verify\ncatch_up: none\n"}, []string{"a.yaml:3: wait: means nothing without after"}},
		{[]string{"a.yaml", "name: a\nafter: nightly\nwait: failed\nruns: verify\ncatch_up: none\n"}, []string{"a.yaml:3: wait: must be done"}},
		{[]string{"a.yaml", "name: a\nzone: UTC\nafter: nightly\nruns: verify\ncatch_up: none\n"}, []string{"a.yaml:2: zone: means nothing without cron"}},
	} {
		_, err := Load(folder(t, tc.files...), nil)
		for _, want := range tc.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error = %v\nwant one with %q", err, want)
			}
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a folder that is not there was read")
	}
}

// TestExchanging holds that the job of the exchange is on where there is one, and
// that the night comes after it, unless the operator has a file that says otherwise.
func TestExchanging(t *testing.T) {
	mine := "name: nightly\ncron: '0 3 * * *'\nruns: publish\ncatch_up: none\n"
	for _, tc := range []struct {
		files []string
		on    bool
		after string
	}{
		{nil, true, "optout"},
		{[]string{"nightly.yaml", mine}, true, ""},
		{[]string{"optout.yaml", "name: optout\noff: done by hand\n"}, false, ""},
		{[]string{"optout.yaml", "name: optout\ncron: '0 3 * * *'\nruns: optout\ncatch_up: none\n"}, true, "optout"},
	} {
		set, err := Exchanging(folder(t, tc.files...), nil)
		if err != nil {
			t.Fatal(err)
		}
		o, _ := set.Find("optout")
		n, _ := set.Find("nightly")
		if (o.Off == "") != tc.on || n.After != tc.after || n.Ended != (tc.after != "") || tc.on && o.Runs[0].Word != "optout" {
			t.Errorf("%v: %+v, nightly after %q", tc.files, o, n.After)
		}
	}
	set, err := Load("", nil)
	if n, _ := set.Find("nightly"); err != nil || n.After != "" {
		t.Errorf("without an exchange: %+v %v", n, err)
	}
}

// TestBuiltInCanRun holds that no job that is built in, and on, has a step that
// an installation may not be configured for, and that those which are off say why.
func TestBuiltInCanRun(t *testing.T) {
	set, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	off := 0
	for _, j := range set.Jobs() {
		if j.Off != "" {
			off++
			continue
		}
		for _, s := range j.Runs {
			if s.Word == "optout" {
				t.Errorf("%s is on, and has the step %s", j.Name, s)
			}
		}
	}
	if off != 1 {
		t.Errorf("%d jobs are off", off)
	}
}

// TestTellsNothing gives files of persons as schedules.
func TestTellsNothing(t *testing.T) {
	for _, text := range []string{
		"9434765919: Featherstone", "name: Featherstone9434765919", "cron: 9434765919 Featherstone", "name: a\ncron: '0 3 * * Featherstone'\nruns: extract 9434765919\nafter: Featherstone\ncatch_up: 9434765919",
		"retry: {9434765919: Featherstone}", "retry: {on: [Featherstone], times: 9434765919, every: Featherstone}", `{"resourceType":"Patient","9434765919":{"Featherstone":[}}`, "zone: Featherstone\ndeadline: 9434765919",
	} {
		_, err := Load(folder(t, "a.yaml", text), nil)
		if err == nil || strings.Contains(err.Error(), "9434765919") || strings.Contains(err.Error(), "Featherstone") {
			t.Errorf("given %q it said %v", text, err)
		}
	}
}
