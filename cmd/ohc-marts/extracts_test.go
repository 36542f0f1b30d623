package main

import (
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/disclose"
	"secondaryuse/marts/register"
)

// TestRounded holds that a number of persons is told as every profile would that the
// strictest is made of: none is told that one of them hides.
func TestRounded(t *testing.T) {
	strictest, err := newTeller()
	if err != nil {
		t.Fatal(err)
	}
	var all []disclose.Profile
	for _, name := range []string{"hes", "opensafely", "midpoint6", "sde", "safetab", "sacro", "ukhsa"} {
		p, err := disclose.Choose(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	for n := range int64(200) {
		got := strictest.rounded(n)
		for _, p := range all {
			if !strings.HasPrefix(got, "<") && (n > 0 && n <= p.Hide) {
				t.Errorf("%d is told as %s, and %s hides it", n, got, p.Name)
			}
		}
	}
	for n, want := range map[int64]string{1: "<10", 9: "<10", 10: "10", 12: "10", 13: "15", 1_000_002: "1000000"} {
		if got := strictest.rounded(n); got != want {
			t.Errorf("%d is told as %s, want %s", n, got, want)
		}
	}
}

// TestState holds that what has become of an extract is told, and that one whose
// retention is over is asked for.
func TestState(t *testing.T) {
	tell := teller{now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	for _, tc := range []struct {
		retain string
		since  []string
		want   string
	}{
		{"2026-11-22", nil, "issued"}, {"", nil, "issued"}, {"2026-11-21", nil, "to be destroyed since 2026-11-21"},
		{"2026-11-21", []string{"recalled"}, "recalled"}, {"2026-11-21", []string{"recalled", "destroyed"}, "destroyed"}, {"2030-01-01", []string{"destroyed"}, "destroyed"},
	} {
		s := register.Standing{Issue: register.Issue{Retain: tc.retain}}
		for _, what := range tc.since {
			s.Since = append(s.Since, register.Step{What: what})
		}
		if got := tell.state(s); got != tc.want {
			t.Errorf("%+v: %q", tc, got)
		}
	}
}
