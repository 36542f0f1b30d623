package gate

import (
	"slices"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// TestAFlagThatIsTakenAway shows that the newest of the person's own records in
// a feed says whether the person is flagged, in whatever order they come; that a
// record whose number cannot be used, a line of activity and another feed take no
// flag away; and that whichever feed has a flag, all the person has is left out.
func TestAFlagThatIsTakenAway(t *testing.T) {
	own := func(version term.Time, flagged bool) record.Person {
		p := patient("a", num(1), version, record.NoFault)
		p.Confidential = flagged
		return p
	}
	line := func(version term.Time, flagged bool) record.Person {
		p := own(version, flagged)
		p.Mentioned = true
		return p
	}
	unusable, renumbered := patient("a", none, 2, record.Unverified), patient("a", num(2), 2, record.NoFault)
	phr := record.Feed{Name: "phr", Kind: record.PHR}
	for name, tc := range map[string]struct {
		persons []record.Person
		of      record.Feed // the last one, where it is not of the same feed
		want    Reason
	}{
		"none":                  {[]record.Person{own(1, false)}, feed, Kept},
		"it comes":              {[]record.Person{own(1, false), own(2, true)}, feed, Confidential},
		"it goes":               {[]record.Person{own(1, true), own(2, false)}, feed, Kept},
		"it goes and comes":     {[]record.Person{own(1, true), own(2, false), own(3, true)}, feed, Confidential},
		"of one version":        {[]record.Person{own(1, true), own(1, false)}, feed, Confidential},
		"no version":            {[]record.Person{own(term.Unknown, true), own(1, false)}, feed, Confidential},
		"neither has a version": {[]record.Person{own(term.Unknown, true), own(term.Unknown, false)}, feed, Confidential},
		"a number not usable":   {[]record.Person{own(1, true), unusable}, feed, Confidential},
		"another number":        {[]record.Person{own(1, true), renumbered}, feed, Kept},
		"a line is newer":       {[]record.Person{own(1, true), line(2, false)}, feed, Confidential},
		"a line has it":         {[]record.Person{line(1, true), line(2, false), own(3, false)}, feed, Confidential},
		"another feed is newer": {[]record.Person{own(1, true), own(2, false)}, phr, Confidential},
		"another feed has it":   {[]record.Person{own(2, false), own(1, true)}, phr, Confidential},
	} {
		for _, last := range []bool{true, false} {
			k := NewKeeper(Gates{})
			n := len(tc.persons) - 1
			if enrol := []func(){func() { k.Enrol(feed, tc.persons[:n]) }, func() { k.Enrol(tc.of, tc.persons[n:]) }}; last {
				enrol[0]()
				enrol[1]()
			} else {
				slices.Reverse(tc.persons[:n])
				enrol[1]()
				enrol[0]()
			}
			k.Judge()
			for _, f := range []record.Feed{feed, phr, {Name: "garmin", Kind: record.Wearable}} {
				var r record.Of[row.Problem]
				r.Number = num(1)
				if got := end(k, f, r); got != tc.want {
					t.Errorf("%s, the last one last %v, in %s: %v, want %v", name, last, f.Name, got, tc.want)
				}
			}
		}
	}
}
