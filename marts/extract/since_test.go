package extract

import (
	"errors"
	"strings"
	"testing"

	"secondaryuse/marts/register"
)

// TestSince holds that an extract leaves where nobody has come since the project's
// earlier ones, or k persons have, and not where it would show that so few have; and
// that other projects', and those that are destroyed, do not count.
func TestSince(t *testing.T) {
	s := newSite(t, 400, 30)
	for _, step := range []struct {
		project string
		from    int64 // who may be used: from this number on
		leaves  bool
	}{
		{"falls", 1200, true}, {"falls", 1200, true}, {"other", 1000, true},
		{"falls", 1206, true},  // some have gone
		{"falls", 1199, false}, // one has come; of 1190 to 1199, two are not registered
		{"falls", 1190, false}, {"falls", 1180, true}, {"falls", 1200, true}, {"falls", 1181, true}, {"falls", 1179, false},
	} {
		s.Project = step.project
		s.allow(func(id int64) bool { return id >= step.from })
		_, err := Issue(t.Context(), s.Order)
		if step.leaves && err != nil || !step.leaves && (!errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "fewer than 10, are in no earlier extract")) {
			t.Errorf("%+v: %v", step, err)
		}
	}
	r := mustRegister(t, s)
	all, err := r.Standings()
	s.must(err)
	for _, e := range all {
		if e.Project == "falls" {
			s.must(r.Step(t.Context(), register.Step{What: "destroyed", Kind: "extract", Name: e.Name, By: "Carl Guardian", At: now}))
		}
	}
	if _, err := Issue(t.Context(), s.Order); err != nil {
		t.Error("all of before is destroyed:", err)
	}
}
