package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/trace"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/leak"
)

func verifyCommand() *cobra.Command {
	c := &cobra.Command{Use: "verify", Short: "Search all that anybody could read for persons",
		Long:    "What a run has left is searched for everybody whom it read of: see verify leak --help.\nWhether what is published is what was signed, ohc-marts verify says.",
		Example: "  ohc-pipeline verify leak --config config.yaml"}
	c.AddCommand(verifyLeakCommand())
	return c
}

func verifyLeakCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "leak", Short: "Search all that is published, kept or logged for every identifier of the feeds", Args: cobra.NoArgs,
		Long: `Take up every identifier in the feeds and the lists as they are now: NHS numbers,
names, postcodes, addresses, telephone numbers, e-mail addresses, accounts, local
numbers of persons. Then read every file of the marts and of the work folder (but the
landing and the exchange, which are the sources' own), as it lies there and as a reader
would be shown it, and what leak.also of the configuration names: and find them in any
spelling, reversed, in hexadecimal, in base64, as whole numbers, and NHS numbers as
unkeyed hashes.

With --extract, search that alone: an extract as a folder, a tar, or the archive of age
that was issued, with the identity of a recipient in --identity.

It prints kinds, places and how often, and never what it found. A name alone counts
where it has 8 letters, or 4 and is all of a value; a word that stands in a contract of
a mart, in the register of practices, or in leak.words, counts only beside the other name,
and is nobody's account or number.
Exit code 2 when anything is found, or a file could not be searched. It changes nothing,
and waits for no run (75). The audit log knows who searched what, when, and what it came to.`,
		Example: "  ohc-pipeline verify leak --config config.yaml\n  ohc-pipeline verify leak --extract outbox/falls-1/1-falls-study-team.zip.age --identity ruth.txt",
	}
	path := configFlag(c)
	extract := c.Flags().String("extract", "", "search this `file or folder` alone")
	identity := c.Flags().String("identity", "", "`file` of the age identity that opens archives")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		s := leak.Search{}
		if *identity != "" {
			if s.Identities, err = leak.Identities(*identity); err != nil {
				return coded{exitUsage, fmt.Errorf("--identity: %w", err)}
			}
		}
		search := func(ctx context.Context, d *deed) error {
			began := time.Now()
			r, err := searchLeaks(ctx, conf, &s, *extract)
			if err != nil {
				return err
			}
			if *extract != "" && r.Sealed > 0 {
				r.Faults = append(r.Faults, "the extract is sealed by age: give the identity that opens it, with --identity")
			}
			if d.Record, err = json.Marshal(searchOf(r, s.Wanted, *extract)); err != nil {
				return err
			}
			return errors.Join(tellLeaks(cmd.OutOrStdout(), r, s.Wanted, time.Since(began)), leakVerdict(r))
		}
		err = attested(called(cmd.Context(), "verify leak"), conf, search)
		if errors.Is(err, errNoRun) { // and so there is no log
			return unlogged(cmd.Context(), conf, search)
		}
		return err
	}
	return c
}

// unlogged does something under the lock where there was no run yet, so that no log could
// know of it.
func unlogged(ctx context.Context, c config.Config, do func(context.Context, *deed) error) error {
	unlock, err := lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	return do(ctx, &deed{})
}

// searchRecord is what the audit log says of a search. It names no file: one may be called by
// a person.
type searchRecord struct {
	Searched string `json:"searched"` // everything, or an extract
	Files    int    `json:"files"`
	Bytes    int64  `json:"bytes"`
	Sealed   int    `json:"sealed"` // archives that were not opened
	People   string `json:"people"` // for how many
	Found    int    `json:"found"`  // in how many places
	Chance   int    `json:"by_chance"`
	Faults   int    `json:"not_searched"`
}

func searchOf(r leak.Report, w *trace.Wanted, extract string) searchRecord {
	of := searchRecord{"everything", 0, r.Bytes, r.Sealed, about(w.People()), len(r.Found), r.Chance, len(r.Faults)}
	if extract != "" {
		of.Searched = "an extract"
	}
	for _, n := range r.Files {
		of.Files += n
	}
	return of
}

// tellLeaks says what was searched, and what was found.
func tellLeaks(out io.Writer, r leak.Report, w *trace.Wanted, took time.Duration) error {
	var err error
	if len(r.Found) > 0 {
		rows := [][]string{{"FILE", "WHERE", "WHAT", "AS", "FIRST", "TIMES"}}
		for _, f := range r.Found[:min(len(r.Found), 1000)] {
			rows = append(rows, []string{f.File, f.Where, f.Kind.String(), f.Form, fmt.Sprint(f.At), fmt.Sprint(f.Count)})
		}
		err = table(out, 4, rows)
		fmt.Fprintln(out)
	}
	var kinds []string
	for _, k := range slices.Sorted(maps.Keys(r.Files)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", r.Files[k], k))
	}
	fmt.Fprintf(out, "looked for %s people in %.1f MB: %s; %.1f s\n", about(w.People()), float64(r.Bytes)/1e6, strings.Join(kinds, ", "), took.Seconds())
	if r.Chance > 0 {
		fmt.Fprintf(out, "by chance: %d values looked like an identifier, and were none when they were held to the feeds once more\n", r.Chance)
	}
	if r.Sealed > 0 {
		fmt.Fprintf(out, "not searched: %d archives that are sealed by age; with --extract and --identity they are\n", r.Sealed)
	}
	return err
}

// leakVerdict is nil where nobody is named, and everything was read.
func leakVerdict(r leak.Report) error {
	var wrong []string
	if len(r.Found) > 0 {
		var told []string
		for _, f := range r.Found {
			told = append(told, f.String())
		}
		wrong = append(wrong, "somebody is named: "+firstOf(told)+"; next: find out how that came there; ohc-pipeline verify leak tells all of it")
	}
	if len(r.Faults) > 0 {
		wrong = append(wrong, "not everything could be searched: "+firstOf(r.Faults))
	}
	if len(wrong) > 0 {
		return coded{exitCheck, errors.New("leak: " + strings.Join(wrong, "\nleak: "))}
	}
	return nil
}

// noLeak searches everything.
func noLeak(ctx context.Context, c config.Config) error {
	r, err := searchLeaks(ctx, c, &leak.Search{}, "")
	if err != nil {
		return err
	}
	return leakVerdict(r)
}
