package extract

import "secondaryuse/marts/register"

// since refuses an extract in which some persons, and fewer than k, are in none of the
// project's that its recipients may hold: their numbers are the same in all of them, so
// that who has come since is among so few, whatever they have in common with others.
func (b *basis) since(i register.Issue) error {
	all, err := b.register.Standings()
	if err != nil {
		return err
	}
	var held []register.Persons
	for _, s := range all {
		if s.Project == i.Project && s.Domain == i.Domain && s.RegisterKey == i.RegisterKey && s.KeyFingerprint == i.KeyFingerprint && !s.Is("destroyed") {
			held = append(held, s.Persons)
		}
	}
	if len(held) == 0 {
		return nil
	}
	n, err := b.register.New(i.Persons, held)
	if k := int64(b.project.Anonymity.K); err == nil && n > 0 && n < k {
		err = refused("some persons, and fewer than %d, are in no earlier extract of the project: they would be found by that; next: wait until there are more, or have the earlier ones destroyed (ohc-marts destroyed)", k)
	}
	return err
}
