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
	}{{age, 0, "", true}, {age - 1, 0, "", true}, {age, 1, "", true}, {age + 1, 1, "", true}, {age - 1, 1, "another", false}, {age - 1, 1, "", false}} {
		i := first
		i.Name, i.Levels = "falls-9"+string(rune('0'+n)), map[string]int{"population.age_band": tc.age, "population.sex": tc.sex}
		if tc.subject != "" {
			i.Approvals = append([]register.Approval{}, first.Approvals...)
			i.Approvals[0].Subject = strings.Repeat("0f", 32)
		}
		s.must(r.Step(t.Context(), register.Step{What: "issued", Kind: i.Kind, Name: i.Name, By: i.By, At: i.At, Issue: &i}))
		_, err := Issue(t.Context(), s.Order)
		if tc.leaves && err != nil || !tc.leaves && (!errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), i.Name) || !strings.Contains(err.Error(), map[bool]string{true: "finer and some coarser", false: "it is not kept"}[tc.subject == ""])) {
			t.Errorf("%+v: %v", tc, err)
		}
		s.must(r.Step(t.Context(), register.Step{What: "destroyed", Kind: "extract", Name: i.Name, By: "Carl Guardian", At: now}))
	}
}

// TestGenerations holds that a project's next generation has other numbers of persons and
// other offsets, under a key of its own; that the register knows a person in the extracts
// of both; that so few who have come since are as little found by it as by the same
// numbers; and that manifests say what was approved and issued before.
func TestGenerations(t *testing.T) {
	s := newSite(t, 400, 30)
	s.allow(func(id int64) bool { return id >= 1200 })
	one := s.issue()
	if b := one.Project.Before; b.Digest != "" || len(b.Joins) > 0 {
		t.Errorf("the first says: %+v", b)
	}
	s.edit("formats:", "generation: 2\nformats:")
	s.approve("falls")
	if _, err := Issue(t.Context(), s.Order); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "ohc-pipeline keys create project-falls--2") {
		t.Fatal("without a key:", err)
	}
	_, err := s.ring.Create("project-falls--2", now, false)
	s.must(err)
	s.allow(func(id int64) bool { return id >= 1199 })
	if _, err := Issue(t.Context(), s.Order); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "fewer than 10, are in no earlier extract") {
		t.Error("one has come since:", err)
	}
	s.allow(func(id int64) bool { return id >= 1200 })
	two := s.issue()
	first, second := s.unpacked(s.opened(one)), s.unpacked(s.opened(two))
	if n := s.answer(first, "SELECT count(*) FROM '$/population.parquet' JOIN '"+second+"/data/tables/population.parquet' USING (person_id)"); n != 0 || two.Key.Name != "project-falls--2" || two.Persons != one.Persons {
		t.Errorf("%d persons have the same number by the key %s", n, two.Key.Name)
	}
	r := mustRegister(t, s)
	all, err := r.Issued()
	s.must(err)
	if i := all[0]; i.Controller != "Example University" || i.Recipients[1] != "Second team (Example University)" || !strings.HasPrefix(i.Objective, "Find whether") || i.Notice != "https://example.org/falls" {
		t.Errorf("a letter would say: %+v", i)
	}
	if n, err := r.New(all[1].Persons, []register.Persons{all[0].Persons}); n != 0 || err != nil {
		t.Errorf("of the second the register does not know %d in the first: %v", n, err)
	}
	b := two.Project.Before
	if len(b.Changes) != 1 || !strings.Contains(b.Changes[0], "is by the key project-falls--2") || len(b.Joins) != 1 || !strings.HasPrefix(b.Joins[0], "falls-1, issued on 2026-11-12 to Falls study team (Example University) and Second team (Example University): persons have other numbers") {
		t.Errorf("the second says: %+v", b)
	}
}

// TestCrossedAnew holds that nobody has a project approved as one thing and then as
// another to have more of a person by both, under the same numbers, than either is held to:
// a column in the place of another, or a finer one. What tells all that the first did may
// leave, and so may what tells less; and after the first is destroyed, or with other
// numbers, all may.
func TestCrossedAnew(t *testing.T) {
	const age, sex = "    - {column: population.age_band, levels: [as-is, 10-years, 20-years, all]}\n", "    - {column: population.sex, levels: [as-is]}\n"
	for name, tc := range map[string]struct {
		edits  []string
		leaves bool
	}{
		"another column":               {[]string{"{name: sex, why: rates differ between men and women}", "{name: imd_decile, why: rates differ between areas}", sex, "    - {column: population.imd_decile, levels: [as-is, all]}\n"}, false},
		"one finer, one less":          {[]string{age, "    - {column: population.age_band, levels: [as-is]}\n", "      - {name: sex, why: rates differ between men and women}\n", "", sex, ""}, false},
		"no quasi-identifier any more": {[]string{sex, ""}, true}, // the column is there all the same, as fine
		"another title":                {[]string{"title: Falls", "title: More falls"}, true},
		"a column less":                {[]string{"      - {name: sex, why: rates differ between men and women}\n", "", sex, ""}, true},
		"with other numbers":           {[]string{"{name: sex, why: rates differ between men and women}", "{name: imd_decile, why: rates differ between areas}", sex, "    - {column: population.imd_decile, levels: [as-is, all]}\n", "formats:", "generation: 2\nformats:"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 140, 30)
			_, err := s.ring.Create("project-falls--2", now, false)
			s.must(err)
			s.edit(age, "    - {column: population.age_band, levels: [10-years, 20-years, all]}\n")
			s.approve("falls")
			first := s.issue()
			s.edit("    - {column: population.age_band, levels: [10-years, 20-years, all]}\n", age)
			if tc.leaves {
				s.edit(age, "    - {column: population.age_band, levels: [10-years, 20-years, all]}\n")
			}
			for i := 0; i < len(tc.edits); i += 2 {
				s.edit(tc.edits[i], tc.edits[i+1])
			}
			s.approve("falls")
			_, err = Issue(t.Context(), s.Order)
			if tc.leaves && err != nil || !tc.leaves && (!errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "was approved as something else when "+first.Name)) {
				t.Fatal(err)
			}
			if !tc.leaves {
				s.must(mustRegister(t, s).Step(t.Context(), register.Step{What: "destroyed", Kind: "extract", Name: first.Name, By: "Carl Guardian", At: now}))
				s.issue()
			}
		})
	}
}
