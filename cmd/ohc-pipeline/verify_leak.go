package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/deid/place"
	"secondaryuse/deid/trace"
	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/leak"
)

// searchLeaks takes up everybody in the feeds and the lists, and searches one extract
// for them, or everything.
func searchLeaks(ctx context.Context, c config.Config, s *leak.Search, extract string) (r leak.Report, err error) {
	s.Temp = filepath.Join(c.Work, leakRoom)
	if err := errors.Join(os.RemoveAll(s.Temp), os.MkdirAll(s.Temp, 0o700)); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.Temp)) }()
	s.Database = databases(s.Temp)
	var state uint64
	if s.Wanted, state, err = everybody(ctx, c); err != nil {
		return r, err
	}
	s.Again = func(ctx context.Context, to *trace.Wanted) (same bool, err error) {
		now, err := leak.Gather(ctx, to, named(c)...)
		return now == state, err
	}
	roots := []string{extract}
	if extract == "" {
		if roots, err = readable(c); err != nil {
			return r, err
		}
	} else if _, err := os.Stat(extract); err != nil {
		return r, coded{exitUsage, errors.New("--extract: there is no such file or folder")}
	}
	return s.Run(ctx, roots...)
}

// leakRoom is the folder below work for what must lie in a file to be searched.
const leakRoom = "leak"

// readable is all that somebody could read: the marts, the work folder but for what is
// the sources' own, and what the configuration names.
func readable(c config.Config) ([]string, error) {
	roots := append([]string{c.Marts, c.MetricsFile}, c.Leak.Also...)
	for _, path := range c.Leak.Also {
		if _, err := os.Stat(path); err != nil {
			return nil, wrong(c, "leak.also", "one of them is not there")
		}
	}
	entries, err := os.ReadDir(c.Work)
	for _, e := range entries {
		if n := e.Name(); n != "landing" && n != "optout" && n != leakRoom {
			roots = append(roots, filepath.Join(c.Work, n))
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return slices.DeleteFunc(roots, func(r string) bool { return r == "" }), err
}

// everybody is all identifiers of the feeds and the lists. What is written by right comes
// before them. With it comes what tells these feeds and lists from others.
func everybody(ctx context.Context, c config.Config) (w *trace.Wanted, state uint64, err error) {
	w = trace.New()
	places, err := placesOf(c)
	if err != nil {
		return nil, 0, err
	}
	if err := byRight(c, places, w); err != nil {
		return nil, 0, err
	}
	if state, err = leak.Gather(ctx, w, named(c)...); err != nil {
		return nil, 0, err
	}
	if w.Seal(); w.People() == 0 && !onlyLocal(c) {
		return nil, 0, coded{exitCheck, errors.New("leak: there is no NHS number in any feed or list, so that nothing could be found; next: put the feeds where the configuration says")}
	}
	return w, state, nil
}

// byRight has w know what is published by right: the contracts of the marts word by word, and
// what the program writes of gates; the codes of areas; the registers of practices and words.
func byRight(c config.Config, places *place.Lookup, w *trace.Wanted) error {
	marts, err := catalogue.All()
	if err != nil {
		return err
	}
	for _, m := range marts {
		w.Written(m.Text)
	}
	w.Written("not known. NOT APPLIED. not stated. not supplied. NOT WRAPPED. " + lookedFor)
	for a := range places.LSOAs {
		w.Known(string(a))
	}
	if c.Reference.Practices != "" {
		text, err := os.ReadFile(c.Reference.Practices)
		if err != nil {
			return wrong(c, "reference.practices", "it cannot be read")
		}
		w.Known(string(text))
	}
	if c.Leak.Words != "" {
		text, err := os.ReadFile(c.Leak.Words)
		if err != nil {
			return wrong(c, "leak.words", "it cannot be read")
		}
		for line := range strings.Lines(string(text)) {
			w.Written(line)
		}
	}
	return nil
}

// placesOf is the look-up of areas, nil where there is none.
func placesOf(c config.Config) (*place.Lookup, error) {
	if c.Reference.Places == "" {
		return nil, nil
	}
	l, err := place.Open(c.Reference.Places)
	if err != nil {
		return nil, wrong(c, "reference.places", err.Error())
	}
	return l, nil
}

// named are all feeds and lists that name somebody.
func named(c config.Config) []leak.Feed { return append(leakFeeds(c), leakLists(c)...) }

func onlyLocal(c config.Config) bool { is, err := local(c); return is && err == nil }

// leakFeeds are the feeds, with what the configuration says of their columns.
func leakFeeds(c config.Config) (out []leak.Feed) {
	for _, f := range c.Feeds {
		feed := leak.Feed{Name: f.Name, Dir: f.Path, Folders: f.Kind == "fitbit" || f.Kind == "apple"}
		if f.Fetch.Some() {
			feed.Dir = filepath.Join(c.Work, "landing", f.Name)
		}
		for _, t := range f.Tables {
			if t.Check == "none" {
				feed.Locals = append(feed.Locals, t.Columns["nhs_number"]...)
			} else {
				feed.Numbers = append(feed.Numbers, t.Columns["nhs_number"]...)
			}
		}
		out = append(out, feed)
	}
	return out
}

// leakLists are the lists that name persons.
func leakLists(c config.Config) (out []leak.Feed) {
	g := c.Gates
	for name, file := range map[string]string{"optout": g.OptOut.Reply, "optout, as sent": g.OptOut.Sent, "objection": g.Objection.File, "connection": g.Connection.File,
		"optout, exchange": filepath.Join(c.Work, "optout")} {
		if _, err := os.Stat(file); file != "" && err == nil {
			out = append(out, leak.Feed{Name: fmt.Sprintf("list %s", name), Dir: file, Plain: true})
		}
	}
	return out
}
