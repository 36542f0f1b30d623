package extract

import "secondaryuse/marts/register"

// since holds an extract to those of the project that its recipients may hold, whose
// numbers of persons are the same: what all of them tell together is to be as anonymous
// as what each does.
func (b *basis) since(i register.Issue) error {
	all, err := b.register.Standings()
	if err != nil {
		return err
	}
	var held []register.Persons
	for _, s := range all {
		if s.Project != i.Project || s.Domain != i.Domain || s.RegisterKey != i.RegisterKey || s.KeyFingerprint != i.KeyFingerprint || s.Is("destroyed") {
			continue
		}
		if len(s.Approvals) > 0 && s.Approvals[0].Subject == i.Approvals[0].Subject && crossed(s.Levels, i.Levels) {
			return refused("of the columns that could find somebody, some would be finer and some coarser than in %s: who holds both has the finest of each, in which fewer than k may look alike; next: have %s destroyed (ohc-marts destroyed), or the project declare coarser levels only", s.Name, s.Name)
		}
		held = append(held, s.Persons)
	}
	if len(held) == 0 {
		return nil
	}
	return b.few(i, held)
}

// few refuses an extract in which some persons, and fewer than k, are in none of those
// that are held: that they have come since would find them, whatever they have in common
// with others.
func (b *basis) few(i register.Issue, held []register.Persons) error {
	n, err := b.register.New(i.Persons, held)
	if k := int64(b.project.Anonymity.K); err == nil && n > 0 && n < k {
		err = refused("some persons, and fewer than %d, are in no earlier extract of the project: they would be found by that; next: wait until there are more, or have the earlier ones destroyed (ohc-marts destroyed)", k)
	}
	return err
}

// crossed reports whether each of two has a column that is finer than the other's.
func crossed(a, b map[string]int) bool {
	finer, coarser := false, false
	for column, step := range a {
		other, both := b[column]
		finer, coarser = finer || both && step < other, coarser || both && step > other
	}
	return finer && coarser
}
