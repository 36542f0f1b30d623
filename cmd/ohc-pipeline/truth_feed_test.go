package main

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/source"
)

var feedChecks = []check{
	{"ledger", (*world).wantTallies, gotTallies},
	{"ledger by records", (*world).wantTalliesOfRecords, gotTallies},
	{"quarantine", (*world).wantPlaces, gotPlaces},
}

// wantTallies is the summary. What cannot be read is counted by feed only: of
// a line that is cut off, or of a Bundle, a reader need not know the dataset,
// and the truth does not say in which words a reader complains.
func (w *world) wantTallies(o *told) []string {
	sums := make(map[ledger.Tally]int64)
	for _, t := range o.Tallies {
		add(sums, ledger.Tally{Feed: t.Feed, Dataset: t.Dataset, Outcome: t.Outcome, Gate: t.Gate, Reason: t.Reason, Records: t.Records})
	}
	return summed(sums)
}

// wantTalliesOfRecords is the same, counted anew from the records; what has no
// line there is taken from the summary.
func (w *world) wantTalliesOfRecords(o *told) []string {
	sums := make(map[ledger.Tally]int64)
	for i := range o.Records {
		r := &o.Records[i]
		add(sums, ledger.Tally{Feed: r.Feed, Dataset: r.Dataset, Outcome: r.Outcome, Gate: r.Gate, Reason: r.Reason, Records: 1})
	}
	for _, t := range o.Tallies {
		if t.Outcome == "rejected" || t.Outcome == "deletion" || t.Outcome == "unused" {
			add(sums, ledger.Tally{Feed: t.Feed, Dataset: t.Dataset, Outcome: t.Outcome, Gate: t.Gate, Reason: t.Reason, Records: t.Records})
		}
	}
	return summed(sums)
}

func gotTallies(t *testing.T, w *world) []string {
	sums := make(map[ledger.Tally]int64)
	withLedger(t, w.conf, func(l *ledger.Ledger, run string) error {
		tallies, err := l.Tallies(context.Background(), run)
		for _, t := range tallies {
			add(sums, t)
		}
		return err
	})
	return summed(sums)
}

// add adds a tally to those of its kind.
func add(sums map[ledger.Tally]int64, t ledger.Tally) {
	n := t.Records
	t.Records = 0
	if t.Outcome == "rejected" {
		t.Dataset, t.Reason = "", ""
	}
	sums[t] += n
}

func summed(sums map[ledger.Tally]int64) (out []string) {
	for t, n := range sums {
		out = append(out, line(t.Feed, t.Dataset, t.Outcome, t.Gate, t.Reason, n))
	}
	return out
}

// withLedger opens the ledger at its newest run.
func withLedger(t *testing.T, c config.Config, do func(*ledger.Ledger, string) error) {
	t.Helper()
	l, err := openLedger(c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	runs, err := l.Runs(context.Background(), 1)
	if err == nil {
		err = do(l, runs[0].ID)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wantPlaces is where the unreadable records lie. Of a file that the truth
// names as a whole (line 0) only the file is compared.
func (w *world) wantPlaces(o *told) (out []string) {
	for _, r := range o.Rejects {
		out = append(out, line(r.Feed, w.fileAsTold(r.File), r.Line))
	}
	return out
}

func gotPlaces(t *testing.T, w *world) (out []string) {
	whole := make(map[[2]string]bool)
	for _, r := range w.told.Rejects {
		if r.Line == "0" {
			whole[[2]string{r.Feed, w.fileAsTold(r.File)}] = true
		}
	}
	withLedger(t, w.conf, func(l *ledger.Ledger, run string) error {
		places, err := l.Places(context.Background(), run, 1_000_000)
		for _, p := range places {
			at := strconv.FormatInt(p.Line, 10)
			if whole[[2]string{p.Feed, p.File}] {
				at = "0"
			}
			if l := line(p.Feed, p.File, at); at != "0" || !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
		return err
	})
	return out
}

// fileAsTold is how a file that the truth names is told in the ledger.
func (w *world) fileAsTold(name string) string {
	if told, ok := w.files[name]; ok {
		return told
	}
	return name + " (no file of a feed)"
}

// filesAsTold finds out how the files of the feeds are told: by name, or by
// their place in the feed's order where a name might name a person. The truth
// names an Apple export by its account.
func filesAsTold(t *testing.T, c config.Config) map[string]string {
	t.Helper()
	out := make(map[string]string)
	root := filepath.Dir(c.Marts)
	for _, conf := range c.Feeds {
		f, err := wire(c, conf, time.Now(), newest(conf.Name))
		if err != nil {
			t.Fatal(err)
		}
		src, err := f.Open(f.Folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		shards, err := src.Shards(context.Background(), source.Rows)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := filepath.Rel(root, conf.Path)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i, s := range shards {
			if i == 0 || s.File != shards[i-1].File {
				n++
			}
			told := s.File
			if f.Private {
				told = "file " + strconv.Itoa(n)
			}
			out[path.Join(folder, s.File)] = told
			if conf.Kind == "apple" {
				account, _, _ := strings.Cut(strings.TrimSuffix(s.File, ".zip"), "/")
				out[path.Join(folder, account)] = told
			}
		}
	}
	return out
}
