package config

import "strings"

// Change says when a gate that leaves out much more, or much less, than before
// stops a run: when a share has changed by all of these. No public source has such
// limits: the defaults are ours.
type Change struct {
	Relative *float64 `yaml:"relative"` // of the share before: 0.25 when absent
	Points   *float64 `yaml:"points"`   // percentage points: 0.2 when absent
	Fewest   *int64   `yaml:"fewest"`   // records, or persons, that it is about: 1000 when absent
	Least    *int64   `yaml:"least"`    // feeds of fewer records are not judged, nor fewer persons: 100000 when absent: those of about a thousand persons

	Off string `yaml:"off"` // why nothing is judged, which every manifest says
}

// resolve fills in the defaults.
func (c *Change) resolve() {
	relative, points, fewest, least := 0.25, 0.2, int64(1000), int64(100_000)
	if c.Relative == nil {
		c.Relative = &relative
	}
	if c.Points == nil {
		c.Points = &points
	}
	if c.Fewest == nil {
		c.Fewest = &fewest
	}
	if c.Least == nil {
		c.Least = &least
	}
	c.Off = strings.Join(strings.Fields(c.Off), " ")
}

func (c *Change) check(fail func(key, reason string)) {
	if *c.Relative < 0 || *c.Relative > 100 {
		fail("change.relative", "not from 0 to 100")
	}
	if *c.Points < 0 || *c.Points > 100 {
		fail("change.points", "not from 0 to 100")
	}
	if *c.Fewest < 1 {
		fail("change.fewest", "not 1 or more")
	}
	if *c.Least < 1 {
		fail("change.least", "not 1 or more")
	}
}
