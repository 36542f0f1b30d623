package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"secondaryuse/deid"
	"secondaryuse/deid/place"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
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

// assemble opens everything a run needs but its ledger, and the gates. This file is the one
// place where parts are chosen.
func assemble(c config.Config, asOf, now time.Time) (pipeline.Run, opened, error) {
	r := pipeline.Run{
		AsOf: asOf, Purpose: c.Purpose, Stage: stageOf(c),
		Settler: settler{}, Progress: quiet{},
	}
	for i, f := range c.Feeds {
		feed, err := wire(f)
		if err != nil {
			return r, opened{}, coded{exitConfig, fmt.Errorf("%s: %w", c.Where(fmt.Sprintf("feeds[%d]", i)), err)}
		}
		r.Feeds = append(r.Feeds, feed)
	}
	o, err := openGates(c, now, local(c))
	if err != nil {
		return r, o, err
	}
	r.Gates, r.Rules = o.gates, o.rules
	if c.Reference.Places != "" {
		if r.Places, err = place.Open(c.Reference.Places); err != nil {
			return r, o, err
		}
	}
	r.Rules = append(r.Rules, "places: "+r.Places.Version())
	if r.Key, err = deid.OpenKey(c.Keys, true); err != nil {
		return r, o, err
	}
	r.Rules = append(r.Rules, "base key: fingerprint "+r.Key.Fingerprint())
	r.Marts, err = publisher(c)
	return r, o, err
}

func stageOf(c config.Config) string { return filepath.Join(c.Work, "stage") }

// local reports whether any feed names persons by local identifiers.
func local(c config.Config) bool {
	for _, f := range c.Feeds {
		if f.Person.Check == "none" {
			return true
		}
		for _, t := range f.Tables {
			if t.Check == "none" {
				return true
			}
		}
	}
	return false
}

// wire chooses the adapter of a feed.
func wire(f config.Feed) (pipeline.Feed, error) {
	organisation := term.ODS("")
	if f.Organisation != "" {
		var ok bool
		if organisation, ok = term.ODSOf([]byte(f.Organisation)); !ok {
			return pipeline.Feed{}, errors.New("organisation: not the shape of an ODS code")
		}
	}
	feed := pipeline.Feed{Feed: record.Feed{Name: term.Word(f.Name), Organisation: organisation}}
	var err error
	feed.Kind, feed.Private, feed.Source, err = adapter(f)
	return feed, err
}

func adapter(f config.Feed) (kind record.FeedKind, private bool, s source.Source, err error) {
	if f.Person.Check != "" && f.Person.Check != "none" && f.Person.Check != "nhs-number" {
		return 0, false, nil, errors.New("person.check: not nhs-number or none")
	}
	person := fhir.Person{System: f.Person.System, Local: f.Person.Check == "none", Verification: f.Person.Verification}
	switch f.Kind {
	case "fhir":
		return record.Shared, false, sharedrecord.New(sharedrecord.Config{Dir: f.Path, Person: person}), nil
	case "gp-connect":
		return record.Shared, true, gpconnect.Open(f.Path, person), nil
	case "tabular":
		s, err = tabular.Open(f.Path, tables(f.Tables))
		return record.Shared, false, s, err
	case "phr":
		return record.PHR, false, phr.Open(f.Path, person), nil
	case "garmin":
		return record.Wearable, true, garmin.Open(f.Path), nil
	case "fitbit":
		return record.Wearable, true, fitbit.Open(f.Path), nil
	case "apple":
		return record.Wearable, true, apple.Open(f.Path), nil
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
