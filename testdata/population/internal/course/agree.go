package course

import (
	"slices"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
)

// Agreement is that an agreement begins, or ends, on a day.
type Agreement struct {
	Day    int
	Org    life.Org
	Begins bool
}

// Agreements returns what has become of agreements by the end of a day: every
// week one ends and one begins, every four weeks a hospital is without for
// eight days.
func (s *Source) Agreements(upto int) (list []Agreement) {
	for day := 1; day <= upto; day++ {
		r := chance.Of(s.People.Seed, uint64(day), ofMoves)
		switch {
		case day%7 == 3 && !s.Not[AgreementEnded]:
			if o, ok := s.practice(&r, list, false); ok {
				list = append(list, Agreement{day, o, false})
			}
		case day%7 == 6 && !s.Not[AgreementBegan]:
			if o, ok := s.practice(&r, list, true); ok {
				list = append(list, Agreement{day, o, true})
			}
		}
		switch hospital := life.Trust(2 * (day / 28 % 2)); {
		case day%28 == 12 && !s.Not[AgreementEnded]:
			list = append(list, Agreement{day, hospital, false})
		case day%28 == 20 && !s.Not[AgreementBegan] && Agreed(list)[hospital] == area.Expired:
			list = append(list, Agreement{day, hospital, true})
		}
	}
	return list
}

// Agreed returns how the agreements that have changed stand.
func Agreed(list []Agreement) map[life.Org]area.Agreement {
	now := make(map[life.Org]area.Agreement)
	for _, a := range list {
		now[a.Org] = area.Expired
		if a.Begins {
			now[a.Org] = area.Signed
		}
	}
	return now
}

// practice draws a practice that has an agreement, or one that has none: one
// that somebody is registered with.
func (s *Source) practice(r *chance.Rand, list []Agreement, without bool) (life.Org, bool) {
	now := Agreed(list)
	var p person.Person
	for range 40 {
		s.People.Draw(&p, r.Below(s.People.Persons))
		o := life.Practice(p.Practice)
		kind, changed := now[o]
		if !changed {
			kind = s.Lives.Map.Practices[p.Practice].Agreement
		}
		if (kind != area.Signed) == without && (without || !changed) {
			return o, true
		}
	}
	if i := slices.IndexFunc(list, func(a Agreement) bool { return now[a.Org] != area.Signed && a.Org >= 0 }); without && i >= 0 {
		return list[i].Org, true
	}
	return 0, false
}
