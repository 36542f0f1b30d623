package main

import (
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/agreement"
	"secondaryuse/deid/gate/connection"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/purpose"
	"secondaryuse/deid/gate/sensitive"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/config"
)

// opened is the gates of a run, and for each the line that says on which list
// it stands.
type opened struct {
	gates   gate.Gates
	rules   []string
	purpose *purpose.Gate
	optout  *optout.Gate // nil where it does not apply

	agreement, sensitive string           // what these gates judge by on this day; empty where they do not apply
	connection           *connection.Gate // nil where it does not apply
}

// described is a gate that can say what it stands on.
type described interface{ Describe() string }

func (o *opened) rule(g described) { o.rules = append(o.rules, g.Describe()) }

// skip notes that a gate does not apply, and why.
func (o *opened) skip(name, why string) { o.rules = append(o.rules, name+": NOT APPLIED: "+why) }

// openGates opens every gate. local says that persons are named by local
// identifiers, not NHS numbers.
func openGates(c config.Config, now time.Time, local bool) (opened, error) {
	o := opened{gates: gate.Gates{Now: term.At(now, list.London)}}
	for _, open := range []func(*opened, config.Config, time.Time, bool) error{
		openPurpose, openOptOut, openObjection, openConnection, openAgreement, openSensitive,
	} {
		if err := open(&o, c, now, local); err != nil {
			return opened{}, err
		}
	}
	return o, nil
}

func openOptOut(o *opened, c config.Config, now time.Time, local bool) error {
	conf := c.Gates.OptOut
	if conf.NotApplicable != "" {
		o.skip("optout", o.why(conf.NotApplicable))
		return nil
	}
	files, err := optOutList(c, now)
	if err == nil && conf.Mesh != nil {
		err = corresponds(c)
	}
	if err != nil {
		return err
	}
	files.Local = local
	g, err := optout.Open(files)
	if err != nil {
		return err
	}
	o.optout = g
	o.gates.Persons = append(o.gates.Persons, g)
	o.rule(g)
	return nil
}

func openObjection(o *opened, c config.Config, now time.Time, local bool) error {
	conf := c.Gates.Objection
	if conf.NotApplicable != "" {
		o.skip("objection", conf.NotApplicable)
		return nil
	}
	g, err := objection.Open(objection.Config{File: conf.File, MaxAge: time.Duration(conf.MaxAge), AllowEmpty: conf.AllowEmpty, Local: local, Now: now})
	if err != nil {
		return err
	}
	o.gates.Persons = append(o.gates.Persons, g)
	o.gates.Watch = g
	o.rule(g)
	return nil
}

func openConnection(o *opened, c config.Config, now time.Time, local bool) error {
	conf := c.Gates.Connection
	if conf.NotApplicable != "" {
		o.skip("connection", conf.NotApplicable)
		return nil
	}
	g, err := connection.Open(connection.Config{File: conf.File, MaxAge: time.Duration(conf.MaxAge), AllowEmpty: conf.AllowEmpty, Local: local, Now: now})
	if err != nil {
		return err
	}
	o.gates.Records = append(o.gates.Records, g)
	o.gates.Accounts, o.connection = g, g
	o.rule(g)
	return nil
}

func openAgreement(o *opened, c config.Config, now time.Time, _ bool) error {
	conf := c.Gates.Agreement
	if conf.NotApplicable != "" {
		o.skip("agreement", conf.NotApplicable)
		return nil
	}
	g, err := agreement.Open(agreement.Config{File: conf.File, MaxAge: time.Duration(conf.MaxAge), AllowEmpty: conf.AllowEmpty, Now: now})
	if err != nil {
		return err
	}
	o.gates.Records = append(o.gates.Records, g)
	o.agreement = g.Standing()
	o.rule(g)
	return nil
}

func openSensitive(o *opened, c config.Config, now time.Time, _ bool) error {
	g, err := sensitive.Open(sensitivePolicy(c, now))
	if err != nil {
		return err
	}
	o.gates.Records = append(o.gates.Records, g)
	o.sensitive = g.Describe()
	o.rule(g)
	return nil
}

// sensitivePolicy says which policy of sensitive data the configuration names.
func sensitivePolicy(c config.Config, now time.Time) sensitive.Config {
	conf := sensitive.Config{Policy: c.Gates.Sensitive.Policy, Purpose: c.Purpose, Relationships: c.Gates.Sensitive.Relationships, Now: now}
	for _, m := range c.Gates.Sensitive.Members {
		conf.Members = append(conf.Members, sensitive.Members{File: m.File, Format: m.Format, System: term.System(m.System), Category: m.Category, Action: m.Action})
	}
	return conf
}
