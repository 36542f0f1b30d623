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

// TestCrossed holds that an extract does not leave that is finer in one column, and
// coarser in another, than one that is held of the same project as it was approved; and
// that one leaves that is as coarse, or finer or coarser in all.
func TestCrossed(t *testing.T) {
	s := newSite(t, 140, 30)
	s.edit("{column: population.sex, levels: [as-is]}", "{column: population.sex, levels: [as-is, all]}")
	s.edit("  k: 10", "  k: 20")
	s.approve("falls")
	s.issue() // of 120 persons in 8 bands are fewer than 20 in each: ages are coarser
	r := mustRegister(t, s)
	all, err := r.Issued()
	s.must(err)
	first := all[0]
	age := first.Levels["population.age_band"]
	if age < 1 || first.Levels["population.sex"] != 0 || len(first.Levels) != 2 {
		t.Fatalf("the register has the levels %v", first.Levels)
	}
	for n, tc := range []struct {
		age, sex int
		subject  string
		leaves   bool
	}{{age, 0, "", true}, {age - 1, 0, "", true}, {age, 1, "", true}, {age + 1, 1, "", true}, {age - 1, 1, "another", true}, {age - 1, 1, "", false}} {
		i := first
		i.Name, i.Levels = "falls-9"+string(rune('0'+n)), map[string]int{"population.age_band": tc.age, "population.sex": tc.sex}
		if tc.subject != "" {
			i.Approvals = append([]register.Approval{}, first.Approvals...)
			i.Approvals[0].Subject = strings.Repeat("0f", 32)
		}
		s.must(r.Step(t.Context(), register.Step{What: "issued", Kind: i.Kind, Name: i.Name, By: i.By, At: i.At, Issue: &i}))
		_, err := Issue(t.Context(), s.Order)
		if tc.leaves && err != nil || !tc.leaves && (!errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "finer and some coarser than in "+i.Name)) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}
