package extract

import "secondaryuse/marts/register"

// since holds an extract to those of the project that its recipients may hold, of whichever
// generation: what all of them tell together is to be as anonymous as what each does, and
// rows are found again by what they say, whatever the numbers of persons are.
func (b *basis) since(i register.Issue) error {
	all, err := b.register.Standings()
	if err != nil {
		return err
	}
	agreed, err := b.register.Agreed(i.Project)
	if err != nil {
		return err
	}
	var held []register.Persons
	for _, s := range all {
		if s.Project != i.Project || s.Domain != i.Domain || s.RegisterKey != i.RegisterKey || s.Is("destroyed") {
			continue
		}
		if err := b.crosses(s, i, agreed.Said); err != nil {
			return err
		}
		held = append(held, s.Persons)
	}
	if len(held) == 0 {
		return nil
	}
	return b.few(i, held)
}

// crosses refuses an extract that tells of somebody, together with an earlier one in which
// persons have the same numbers, what neither tells alone: whatever was approved as what
// when they were made.
func (b *basis) crosses(s register.Standing, i register.Issue, said map[string]string) error {
	const next = "have %[1]s destroyed (ohc-marts destroyed), declare coarser levels only, or have the next generation of the project approved"
	if s.KeyFingerprint != i.KeyFingerprint || len(s.Approvals) == 0 {
		return nil
	}
	before := s.Approvals[0].Subject
	if before == i.Approvals[0].Subject {
		if crossed(s.Levels, i.Levels) {
			return refused("of the columns that could find somebody, some would be finer and some coarser than in %[1]s: who holds both has the finest of each, in which fewer than k may look alike; next: "+next, s.Name)
		}
		return nil
	}
	if said[before] == "" {
		return refused("of %[1]s, in which persons have the same numbers, it is not kept what the project said that was approved then: it cannot be told what both tell together; next: "+next, s.Name)
	}
	cross, err := b.project.Crosses(said[before], s.Levels, i.Levels)
	if err == nil && cross {
		err = refused("the project was approved as something else when %[1]s was made, in which persons have the same numbers: of the columns that could find somebody each has some that are finer, or that the other has not: who holds both has the finest of each, in which fewer than k may look alike; next: "+next, s.Name)
	}
	return err
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
