package schedules

import (
	"bytes"
	"testing"
	"time"
)

// FuzzLoad holds that no text kills the loader, that what it says of one stays
// one file's words, and that a job which it takes has times that go upwards and
// are kept clear of the hours that the clocks change.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		good, "", "name: mine\noff: for a reason\n", "name: mine\ncron: '@daily'\nruns: verify\ncatch_up: none\n", "name: mine\nafter: noon\nruns: [extract, publish]\ncatch_up: all up to 999\n",
		"name: mine\ncron: '*/7 * * * *'\nzone: America/St_Johns\nruns: publish\ncatch_up: latest\nretry: {times: 1, every: 1m, on: cut-off}\n",
		"name: &a mine\ncron: *a\n", "{", "- - -\n", "name: mine\nruns: [[]]\n", "? a\n: b", "\xff\xfe", "name: mine\ncron: '0 3 29 2 *'\nruns: verify\ncatch_up: latest\ndeadline: 744h\nat_deadline: stop\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		one := file{shown: "mine.yaml", text: text}
		j := one.job("mine", []string{"ohc"})
		for _, err := range one.errs {
			if bytes.ContainsAny([]byte(err.Error()), "\n\x00") {
				t.Errorf("it says more than a line: %q", err)
			}
		}
		if len(one.errs) > 0 || j.Off != "" || j.Cron == "" {
			return
		}
		from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		last := from
		for range 4 {
			next := j.Next(last)
			if !next.After(last) {
				t.Fatalf("after %v comes %v", last, next)
			}
			if run, _ := j.Owed(last, next); len(run) == 0 || !run[len(run)-1].Equal(next) {
				t.Fatalf("at %v it owes %v", next, run)
			}
			last = next
		}
	})
}
