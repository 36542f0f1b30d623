package extract

import (
	"slices"
	"testing"
)

// TestCohortIsTheSame holds that a cohort that depends on the order in which rows come is
// the same persons each time it is asked of one snapshot.
func TestCohortIsTheSame(t *testing.T) {
	s := newSite(t, 300_000, 1)
	b, err := stand(t.Context(), s.Order, mustRegister(t, s))
	s.must(err)
	for _, cohort := range []string{
		"SELECT person_id FROM (SELECT person_id, row_number() OVER (PARTITION BY age_band) AS n FROM population) WHERE n <= 3",
		"SELECT unnest(list(person_id)[1:100]) AS person_id FROM population",
	} {
		b.project.Cohort = cohort
		first, err := b.cohort(t.Context())
		s.must(err)
		for range 5 {
			if again, err := b.cohort(t.Context()); err != nil || !slices.Equal(first, again) || len(again) == 0 {
				t.Fatalf("%s: %d persons, and others: %v", cohort, len(again), err)
			}
		}
	}
}
