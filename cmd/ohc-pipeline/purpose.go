package main

import (
	"errors"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/purpose"
	"secondaryuse/pipeline/config"
)

// purposeOf opens the register, and finds what the configuration says that the
// marts are for.
func purposeOf(c config.Config, now time.Time) (*purpose.Gate, error) {
	g, err := purpose.Open(purpose.Config{File: c.Purposes, Purpose: c.Purpose, Now: now})
	if errors.Is(err, purpose.ErrUnknown) {
		err = wrong(c, "purpose", err.Error()+"; name one of these, or have it entered in a register and name that with the key purposes")
	}
	return g, err
}

// knownPurpose returns an error where the register does not have the purpose. What else
// is wrong with the register is for a run to refuse.
func knownPurpose(c config.Config) error {
	if _, err := purposeOf(c, time.Now()); !errors.Is(err, gate.ErrRefused) {
		return err
	}
	return nil
}

// openPurpose opens the register before the lists, since it says which apply.
func openPurpose(o *opened, c config.Config, now time.Time, local bool) error {
	g, err := purposeOf(c, now)
	if err != nil {
		return err
	}
	if c.Gates.OptOut.NotApplicable != "" && !local && g.Exempt() == "" {
		return wrong(c, "gates.optout.not_applicable", "the opt-out applies to "+c.Purpose+" by the register, and the feeds name persons by NHS number; "+
			"give its list; or have the exemption and its approval entered in the register")
	}
	if c.Gates.Objection.NotApplicable != "" && !local {
		return wrong(c, "gates.objection.not_applicable", "whoever has objected is left out whatever the purpose, and the feeds name persons by NHS number; "+
			"give its list; if nobody is on it, set allow_empty")
	}
	o.purpose = g
	o.gates.Records = append(o.gates.Records, g)
	o.rules = append(o.rules, g.Terms())
	o.rule(g)
	return nil
}

// why is what a manifest says of a list that is not applied: by what right.
func (o *opened) why(reason string) string {
	if x := o.purpose.Exempt(); x != "" {
		return "exempt: " + x + ": " + reason
	}
	return "no NHS number in any feed: " + reason
}
