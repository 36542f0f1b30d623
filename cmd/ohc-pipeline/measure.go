package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/agreement"
	"secondaryuse/deid/gate/connection"
	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/purpose"
	"secondaryuse/deid/record"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/metric"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
)

// gaugeOf takes the measure of an installation. It changes nothing, and needs no
// lock: what is being replaced while it looks is measured the next time.
type gaugeOf struct {
	c    config.Config
	set  schedules.Set
	l    *ledger.Ledger // nil where nothing has run
	seen walked
	now  func() time.Time
}

// measure is how the installation stands. What cannot be read is said to be
// unreadable, and has no series.
func (g gaugeOf) measure(ctx context.Context) metric.State {
	s := metric.State{At: g.now(), Readable: make(map[string]bool), Reasons: make(map[string][]string)}
	for d := range record.Datasets {
		s.Datasets = append(s.Datasets, d.String())
	}
	for r := range gate.Reason(gate.Reasons) {
		s.Reasons[r.Gate()] = append(s.Reasons[r.Gate()], r.String())
	}
	s.Readable["ledger"] = errors.Join(g.jobs(ctx, &s), g.runs(ctx, &s)) == nil
	s.Readable["feeds"] = g.feeds(&s) == nil
	s.Readable["stage"] = g.stage(&s) == nil
	s.Readable["marts"] = g.marts(&s) == nil
	g.lists(&s)
	s.Readable["folders"] = g.folders(&s) == nil
	return s
}

// jobs measures how each job stands.
func (g gaugeOf) jobs(ctx context.Context, s *metric.State) error {
	var errs []error
	for _, j := range g.set.Jobs() {
		m := metric.Job{Name: j.Name, Next: j.Next(s.At)}
		if g.l != nil {
			errs = append(errs, g.job(ctx, j, &m, s.At))
		}
		s.Jobs = append(s.Jobs, m)
	}
	if g.l == nil {
		return errors.Join(errs...)
	}
	itself, err := g.l.Turns(ctx, clock.Itself, 1)
	s.Serving = len(itself) > 0 && itself[0].Status == ledger.Running && s.At.Before(itself[0].Lease)
	return errors.Join(append(errs, err)...)
}

func (g gaugeOf) job(ctx context.Context, j schedules.Job, m *metric.Job, now time.Time) error {
	done, ended, err := g.l.Ends(ctx, j.Name)
	m.Succeeded, m.Ended, m.Failed = done.Ended, ended.Ended, ended.Status == ledger.Failed
	newest, err1 := g.l.Turns(ctx, j.Name, 1)
	for _, t := range newest {
		m.Tries = t.Tries
	}
	p, err2 := g.l.Past(ctx, j.Name, time.Time{}, now)
	for _, t := range p.Open {
		if t.Status == ledger.Running && now.Before(t.Lease) {
			m.Running = t.Seen
		}
	}
	h := newHands(g.c, g.set, g.l, nil, nil)
	h.Now = g.now
	late, err3 := screen{c: g.c, set: g.set, l: g.l, h: h, now: now}.lateOf(ctx, j)
	m.Late = len(late) > 0
	return errors.Join(err, err1, err2, err3)
}

// runs measures what ran, and what became of the records of the run that the
// current snapshot is of.
func (g gaugeOf) runs(ctx context.Context, s *metric.State) error {
	if g.l == nil {
		return nil
	}
	turns, err1 := g.l.CountTurns(ctx)
	for _, t := range turns {
		if t.Job != clock.Itself { // which is no job
			s.Turns = append(s.Turns, metric.Count(t))
		}
	}
	runs, err2 := g.l.CountRuns(ctx)
	for _, r := range runs {
		s.Runs = append(s.Runs, metric.Count(r))
	}
	newest, err3 := g.l.Newest(ctx)
	for _, r := range newest {
		steps, err := g.l.Steps(ctx, r.ID)
		err3 = errors.Join(err3, err)
		m := metric.Command{Name: r.Command, Took: r.Finished.Sub(r.Started)}
		for _, t := range steps {
			if !t.Ended.IsZero() {
				m.Steps = append(m.Steps, metric.Step{Name: t.Name, Took: t.Ended.Sub(t.Began), Bytes: t.Bytes})
			}
		}
		s.Commands = append(s.Commands, m)
	}
	tallies, err4 := g.l.Tallies(ctx, served(g.c).Run)
	for _, t := range tallies {
		s.Tallies = append(s.Tallies, metric.Tally(t))
	}
	return errors.Join(err1, err2, err3, err4)
}

// lists measures the lists of the gates as they lie there.
func (g gaugeOf) lists(s *metric.State) {
	c := g.c.Gates
	age := func(l config.List) time.Duration { return time.Duration(l.MaxAge) }
	for _, l := range []struct {
		name, not string
		issued    func() (time.Time, time.Time, error)
	}{
		{"purpose", "", func() (time.Time, time.Time, error) {
			until, err := purpose.Until(purpose.Config{File: g.c.Purposes, Purpose: g.c.Purpose})
			return time.Time{}, until, err
		}},
		{"optout", c.OptOut.NotApplicable, func() (time.Time, time.Time, error) {
			l, err := optOutList(g.c, s.At)
			if err != nil {
				return time.Time{}, time.Time{}, err
			}
			return optout.Issued(l)
		}},
		{"objection", c.Objection.NotApplicable, func() (time.Time, time.Time, error) {
			return objection.Issued(objection.Config{File: c.Objection.File, MaxAge: age(c.Objection), AllowEmpty: c.Objection.AllowEmpty})
		}},
		{"connection", c.Connection.NotApplicable, func() (time.Time, time.Time, error) {
			return connection.Issued(connection.Config{File: c.Connection.File, MaxAge: age(c.Connection), AllowEmpty: c.Connection.AllowEmpty})
		}},
		{"agreement", c.Agreement.NotApplicable, func() (time.Time, time.Time, error) {
			return agreement.Issued(agreement.Config{File: c.Agreement.File, MaxAge: age(c.Agreement), AllowEmpty: c.Agreement.AllowEmpty})
		}},
	} {
		if l.not != "" {
			continue
		}
		issued, until, err := l.issued()
		s.Lists = append(s.Lists, metric.List{Name: l.name, Issued: issued, Until: until, Readable: err == nil, Used: usedList(served(g.c).Rules, l.name)})
	}
}

var issuedAt = regexp.MustCompile(`^([a-z]+): .*, issued (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ), \d+ (?:of|rows)`)

// usedList is when a list was issued on which stands what is published, as the
// rules of the snapshot say.
func usedList(rules []string, name string) time.Time {
	for _, rule := range rules {
		if m := issuedAt.FindStringSubmatch(rule); m != nil && m[1] == name {
			at, _ := time.Parse(time.RFC3339, m[2])
			return at
		}
	}
	return time.Time{}
}

// feeds measures what has come of each feed.
func (g gaugeOf) feeds(s *metric.State) error {
	var errs []error
	for _, f := range g.c.Feeds {
		m := metric.Feed{Name: f.Name, Fetched: f.Fetch.Some(), Records: -1}
		if m.Fetched {
			errs = append(errs, g.fetched(f, &m))
		} else {
			m.Newest = g.seen.get("feed " + f.Name).newest
		}
		s.Feeds = append(s.Feeds, m)
	}
	return errors.Join(errs...)
}

func (g gaugeOf) fetched(f config.Feed, m *metric.Feed) error {
	landing := landingOf(g.c, f)
	all, err := landing.Deliveries()
	known, err1 := landing.Published()
	for _, d := range all {
		m.Newest, m.Bytes, m.Records = d.At, d.Bytes, d.Records
		m.Incomplete = m.Incomplete || len(d.Incomplete) > 0 // it lacks until everything is fetched anew
		if d.Number <= known {
			m.Published = d.At
		}
		if info, err := os.Stat(d.Dir); err == nil {
			m.Arrived = info.ModTime()
		}
	}
	return errors.Join(err, err1)
}

// stage measures what is staged.
func (g gaugeOf) stage(s *metric.State) error {
	live, err := seal.Current(stageOf(g.c))
	if errors.Is(err, seal.ErrNone) {
		return nil
	}
	of := make(map[int64]bool)
	for _, p := range live.Parts {
		of[p.Layer] = true
		s.Rows = append(s.Rows, metric.Tally{Dataset: p.Dataset, Records: p.Rows})
	}
	s.Layers = len(of)
	return err
}

// marts measures what is published.
func (g gaugeOf) marts(s *metric.State) error {
	_, m, err := snapshot.Current(g.c.Marts)
	if errors.Is(err, snapshot.ErrNone) {
		return nil
	}
	if err == nil {
		s.AsOf, err = time.Parse(time.DateOnly, m.AsOf)
	}
	if info, err := os.Lstat(filepath.Join(g.c.Marts, "CURRENT")); err == nil {
		s.Published = info.ModTime() // it is made anew by each publication
	}
	return err
}

// folders measures what the folders of the installation take, and what room is
// left.
func (g gaugeOf) folders(s *metric.State) error {
	var errs []error
	dirs := g.dirs()
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		f := metric.Folder{Name: name, Bytes: g.seen.get(name).bytes, Free: -1, Size: -1}
		if name == "work" || name == "marts" {
			var err error
			if f.Free, f.Size, err = room(dirs[name]); !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		s.Folders = append(s.Folders, f)
	}
	return errors.Join(errs...)
}

// dirs are the folders that are measured, by what they are called.
func (g gaugeOf) dirs() map[string]string {
	return map[string]string{"work": g.c.Work, "marts": g.c.Marts, "stage": stageOf(g.c), "landing": filepath.Join(g.c.Work, "landing")}
}

// look walks through the folders of the installation and of the feeds that are
// folders, so that what they hold is known. It ends early with the context.
func (g gaugeOf) look(ctx context.Context) {
	all := g.dirs()
	for _, f := range g.c.Feeds {
		if !f.Fetch.Some() {
			all["feed "+f.Name] = f.Path
		}
	}
	for name, dir := range all {
		g.seen.walk(ctx, name, dir)
	}
}

// leaveMetrics writes the measure of an installation into the file that is named, or
// that the configuration names, if any is.
func leaveMetrics(ctx context.Context, c config.Config, file string) error {
	if file = cmp.Or(file, c.MetricsFile); file == "" {
		return nil
	}
	set, err := jobs(c)
	if err != nil {
		return err
	}
	l, err := pastLedger(c)
	switch {
	case errors.Is(err, errNoRun):
	case err != nil:
		return err
	default:
		defer l.Close()
	}
	g := gaugeOf{c: c, set: set, l: l, seen: newWalked(), now: time.Now}
	g.look(ctx)
	return metric.Write(file, g.measure(ctx))
}
