package main

import (
	"cmp"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/format"
	"secondaryuse/marts/register"
)

// told is what is said of an issue: all that the register has of it but exact
// counts, and who is in it.
type told struct {
	Number     int64    `json:"number"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Project    string   `json:"project,omitempty"`
	Reference  string   `json:"reference,omitempty"`
	Title      string   `json:"title,omitempty"`
	Purpose    string   `json:"purpose"`
	Controller string   `json:"controller,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
	Snapshot   string   `json:"snapshot"`
	Issued     string   `json:"issued"`
	By         string   `json:"by"`
	Approved   []string `json:"approved,omitempty"`
	Ends       string   `json:"ends,omitempty"`
	Retain     string   `json:"retain,omitempty"`
	Persons    string   `json:"persons"`
	State      string   `json:"state"`
	Files      []string `json:"files"`
}

func tell(s register.Standing, today string) told {
	t := told{Number: s.Number, Kind: s.Kind, Name: s.Name, Project: s.Project, Reference: s.Reference, Title: s.Title, Purpose: s.Purpose, Controller: s.Controller,
		Recipients: s.Recipients, Snapshot: s.Snapshot, Issued: day(s.At), By: s.By, Ends: s.Ends, Retain: s.Retain, Persons: rounded(s.Persons.Count), State: state(s, today)}
	for _, a := range s.Approvals {
		t.Approved = append(t.Approved, a.By+", "+day(a.At))
	}
	for _, f := range s.Files {
		t.Files = append(t.Files, f.Name+", SHA-256 "+f.SHA256)
	}
	return t
}

// state is what has become of an issue.
func state(s register.Standing, today string) string {
	switch {
	case s.Is("destroyed"):
		return "destroyed"
	case s.Is("recalled"):
		return "recalled"
	case s.Retain != "" && s.Retain < today:
		return "to be destroyed since " + s.Retain
	}
	return "issued"
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// rounded tells a number of persons as the strictest of the disclosure profiles
// does: those below 10 are not told, others to the nearest 5.
func rounded(n int64) string {
	switch {
	case n == 0:
		return "none"
	case n < 10:
		return "<10"
	}
	return strconv.FormatInt((n+2)/5*5, 10)
}

func extractsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "extracts", Short: "What has left: every extract and release that was issued", Args: cobra.NoArgs,
		Long: `Lists the register of what has left, oldest first, after it was checked that nobody has
changed it. Numbers of persons are rounded; those below 10 are not told.`,
		Example: "  ohc-marts extracts --egress egress.yaml\n  ohc-marts extracts --json",
	}
	path := egressFlag(c)
	asJSON := jsonFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		all, _, err := standings(cmd, *path)
		if err != nil {
			return err
		}
		today := day(time.Now())
		out := make([]told, 0, len(all))
		for _, s := range all {
			out = append(out, tell(s, today))
		}
		if *asJSON {
			return writeJSON(cmd.OutOrStdout(), out)
		}
		return extractsTable(cmd.OutOrStdout(), out)
	}
	return c
}

// standings reads the register that egress.yaml names.
func standings(cmd *cobra.Command, path string) ([]register.Standing, *register.Register, error) {
	conf, err := loadEgress(path)
	if err != nil {
		return nil, nil, err
	}
	r, _, err := registered(cmd.Context(), conf)
	if err != nil {
		return nil, nil, err
	}
	all, err := r.Standings()
	return all, r, err
}

func extractsTable(w io.Writer, all []told) error {
	var rows given
	for _, t := range all {
		rows = append(rows, []any{t.Number, t.Issued, t.Kind, t.Name, cmp.Or(t.Project, "-"), t.Purpose, cmp.Or(strings.Join(t.Recipients, ", "), "-"), t.Persons, cmp.Or(t.Retain, "-"), t.State})
	}
	var columns []format.Column
	for _, name := range []string{"number", "issued", "kind", "name", "project", "purpose", "recipients", "persons", "retain", "state"} {
		columns = append(columns, format.Column{Name: name, Type: "VARCHAR"})
	}
	return format.Table(w, columns, rows, 0)
}

func jsonFlag(c *cobra.Command) *bool { return c.Flags().Bool("json", false, "write JSON") }

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false) // "<10" is for people as well
	return e.Encode(v)
}
