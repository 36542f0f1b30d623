package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/marts/practice"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/landing"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/gpconnect"
	"secondaryuse/pipeline/source/phr"
	"secondaryuse/pipeline/source/sharedrecord"
	"secondaryuse/pipeline/source/tabular"
	"secondaryuse/pipeline/source/wearable/apple"
	"secondaryuse/pipeline/source/wearable/fitbit"
	"secondaryuse/pipeline/source/wearable/garmin"
)

// open opens everything a run needs but its ledger, and the gates, and judges it,
// before a byte of a feed is read. Keys are made where there are none yet, unless
// create is not set: then it writes nothing.
func open(c config.Config, asOf, now time.Time, create bool) (pipeline.Run, opened, error) {
	r, o, err := prepare(c, asOf, now, create)
	if err == nil {
		r, err = gather(c, now, r, newest)
	}
	return r, o, err
}

// prepare opens everything but the feeds; what is wrong with one is said first.
// This file is the one place where parts are chosen.
func prepare(c config.Config, asOf, now time.Time, create bool) (pipeline.Run, opened, error) {
	r := pipeline.Run{
		AsOf: asOf, Purpose: c.Purpose, Stage: stageOf(c), Keep: fetched(c),
		Settler: settler{keep: fetched(c)}, Progress: quiet{}, Withdrawals: withdrawalsOf(c),
	}
	if _, err := gather(c, now, r, newest); err != nil {
		return r, opened{}, err
	}
	isLocal, err := local(c)
	if err != nil {
		return r, opened{}, coded{exitConfig, err}
	}
	o, err := openGates(c, now, isLocal)
	if err != nil {
		return r, o, err
	}
	r.Gates, r.Rules = o.gates, o.rules
	if r.Places, err = placesOf(c); err != nil {
		return r, o, err
	}
	r.Rules = append(r.Rules, "places: "+r.Places.Version(), lookedFor)
	if c.Change.Off != "" {
		r.Rules = append(r.Rules, "change: NOT APPLIED: "+c.Change.Off)
	}
	if r.Basis, err = basis(c, o, r.Places.Version()); err != nil {
		return r, o, err
	}
	practices, err := practice.Read(c.Reference.Practices)
	if err != nil {
		return r, o, wrong(c, "reference.practices", err.Error())
	}
	if err := keys(&r, c, practices, create, now); err != nil {
		return r, o, err
	}
	nameless(c, &r, o, now)
	r.Judged = judged(r.Key, o)
	return r, o, nil
}

// newest lets all deliveries of a feed count that there are.
func newest(string) int64 { return math.MaxInt64 }

// gather gives a run its feeds, up to a delivery of each as far as they are
// fetched, and says what is known to be missing of them.
func gather(c config.Config, now time.Time, r pipeline.Run, upto func(feed string) int64) (pipeline.Run, error) {
	r.Rules = slices.Clone(r.Rules)
	for i, f := range c.Feeds {
		feed, err := wire(c, f, now, upto(f.Name))
		if err != nil {
			return r, wrong(c, fmt.Sprintf("feeds[%d]", i), err.Error())
		}
		lines, err := incomplete(c, f, upto(f.Name))
		if err != nil {
			return r, err
		}
		r.Feeds, r.Rules = append(r.Feeds, feed), append(r.Rules, lines...)
	}
	return r, nil
}

// withdrawalsOf is where it is kept who was affected when people withdrew.
func withdrawalsOf(c config.Config) string { return filepath.Join(c.Work, "withdrawals") }

func stageOf(c config.Config) string { return filepath.Join(c.Work, "stage") }

// local reports whether the feeds name persons by local identifiers, so that
// the lists do too. One configuration cannot have both kinds: a list of one
// would find nobody of the other.
func local(c config.Config) (bool, error) {
	kinds := make(map[bool]string)
	for _, f := range c.Feeds {
		switch f.Kind {
		case "garmin", "fitbit", "apple": // by account: whatever the connections file has
		case "tabular":
			for _, t := range f.Tables {
				kinds[t.Check == "none" || t.Preset != "" && t.Columns["nhs_number"] == nil] = f.Name
			}
		default:
			kinds[f.Person.Check == "none"] = f.Name
		}
	}
	if len(kinds) == 2 {
		return false, fmt.Errorf("feeds %s and %s: one names persons by local identifiers, the other by NHS number; run them from two configurations", kinds[true], kinds[false])
	}
	return kinds[true] != "", nil
}

// fetched reports whether any feed is, so that deltas will come.
func fetched(c config.Config) bool {
	return slices.ContainsFunc(c.Feeds, func(f config.Feed) bool { return f.Fetch.Some() })
}

// wire chooses the adapter of a feed, and says what there is of it, up to a
// delivery where it is fetched.
func wire(c config.Config, f config.Feed, now time.Time, upto int64) (pipeline.Feed, error) {
	organisation := term.ODS("")
	if f.Organisation != "" {
		var ok bool
		if organisation, ok = term.ODSOf([]byte(f.Organisation)); !ok {
			return pipeline.Feed{}, errors.New("organisation: not the shape of an ODS code")
		}
	}
	feed := pipeline.Feed{Feed: record.Feed{Name: term.Word(f.Name), Organisation: organisation}, Folder: f.Path}
	var err error
	if feed.Kind, feed.Private, feed.Open, err = adapter(f, now); err != nil {
		return feed, err
	}
	if _, err := feed.Open(f.Path, nil); err != nil { // it reads nothing, but looks at the configuration
		return feed, err
	}
	if f.Fetch.Some() {
		feed.Landed, err = landed(c, f, upto)
	}
	if f.Kind == "fhir" {
		feed.News = func(before, since []string) (pipeline.News, error) {
			n, err := sharedrecord.Look(before, since)
			return pipeline.News(n), err
		}
	}
	return feed, err
}

// landed lists what was fetched of a feed, up to a delivery.
func landed(c config.Config, f config.Feed, upto int64) ([]pipeline.Landed, error) {
	all, err := landingOf(c, f).Until(upto)
	var out []pipeline.Landed
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		times, err := fetch.Times(d.Dir)
		if err != nil {
			return nil, fmt.Errorf("feed %s: landing: delivery %d: %w", f.Name, d.Number, err)
		}
		l := pipeline.Landed{Number: d.Number, Dir: d.Dir, At: term.At(d.At, time.UTC), Times: make(map[string]term.Time, len(times)), Whole: d.Whole}
		for name, at := range times {
			l.Times[name] = term.At(at, time.UTC)
		}
		out = append(out, l)
	}
	return out, nil
}

// incomplete says what is missing in what was fetched of a feed, as far as its
// policy let that through: a line for each delivery, for the manifest.
func incomplete(c config.Config, f config.Feed, upto int64) (lines []string, err error) {
	if !f.Fetch.Some() {
		return nil, nil
	}
	all, err := landingOf(c, f).Until(upto)
	for _, d := range all {
		if len(d.Incomplete) > 0 {
			lines = append(lines, fmt.Sprintf("feed %s: INCOMPLETE: delivery %d: %s", f.Name, d.Number, strings.Join(d.Incomplete, "; ")))
		}
	}
	return lines, err
}

func landingOf(c config.Config, f config.Feed) landing.Landing {
	return landing.Open(filepath.Join(c.Work, "landing", f.Name))
}

// opener opens a folder of a feed.
type opener = func(dir string, beside []string) (source.Source, error)

func adapter(f config.Feed, now time.Time) (kind record.FeedKind, private bool, open opener, err error) {
	if f.Person.Check != "" && f.Person.Check != "none" && f.Person.Check != "nhs-number" {
		return 0, false, nil, errors.New("person.check: not nhs-number or none")
	}
	person := fhir.Person{System: f.Person.System, Local: f.Person.Check == "none", Verification: f.Person.Verification,
		Now: term.At(now, list.London)}
	alone := func(open func(dir string) source.Source) opener {
		return func(dir string, _ []string) (source.Source, error) { return open(dir), nil }
	}
	switch f.Kind {
	case "fhir":
		return record.Shared, false, func(dir string, beside []string) (source.Source, error) {
			return sharedrecord.New(sharedrecord.Config{Dir: dir, Beside: beside, Person: person}), nil
		}, nil
	case "gp-connect":
		return record.Shared, true, alone(func(dir string) source.Source { return gpconnect.Open(dir, person) }), nil
	case "tabular":
		return record.Shared, false, func(dir string, _ []string) (source.Source, error) {
			s, err := tabular.Open(dir, tables(f.Tables))
			if err != nil {
				return nil, err
			}
			if s.At(person.Now); dir != f.Path {
				s.Some()
			}
			return s, err
		}, nil
	case "phr":
		return record.PHR, true, alone(func(dir string) source.Source { return phr.Open(dir, person) }), nil
	case "garmin":
		return record.Wearable, true, alone(func(dir string) source.Source { return garmin.Open(dir) }), nil
	case "fitbit":
		return record.Wearable, true, alone(func(dir string) source.Source { return fitbit.Open(dir) }), nil
	case "apple":
		return record.Wearable, true, alone(func(dir string) source.Source { return apple.Open(dir) }), nil
	}
	return 0, false, nil, errors.New("kind: not fhir, gp-connect, tabular, phr, garmin, fitbit or apple")
}

func tables(in []config.Table) []tabular.Table {
	out := make([]tabular.Table, len(in))
	for i, t := range in {
		columns := make(map[string][]string, len(t.Columns))
		for role, names := range t.Columns {
			columns[role] = names
		}
		out[i] = tabular.Table{File: t.File, As: t.As, Preset: t.Preset, Check: t.Check, Delimiter: t.Delimiter,
			Columns: columns, Codes: t.Codes, Systems: t.Systems}
	}
	return out
}
