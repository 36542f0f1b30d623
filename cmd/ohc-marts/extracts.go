package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/disclose"
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
	Objective  string   `json:"objective,omitempty"`
	Notice     string   `json:"notice,omitempty"`
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

// teller tells of issues on a day: numbers of persons as the strictest of all
// disclosure profiles has them.
type teller struct {
	now     time.Time
	profile disclose.Profile
}

func newTeller() (teller, error) {
	p, err := disclose.Choose("")
	return teller{time.Now(), p}, err
}

func (t teller) tell(s register.Standing) told {
	out := told{Number: s.Number, Kind: s.Kind, Name: s.Name, Project: s.Project, Reference: s.Reference, Title: s.Title, Purpose: s.Purpose, Objective: s.Objective, Notice: s.Notice, Controller: s.Controller,
		Recipients: s.Recipients, Snapshot: s.Snapshot, Issued: day(s.At), By: s.By, Ends: s.Ends, Retain: s.Retain, Persons: t.rounded(s.Persons.Count), State: t.state(s)}
	for _, a := range s.Approvals {
		out.Approved = append(out.Approved, a.By+", "+day(a.At))
	}
	for _, f := range s.Files {
		out.Files = append(out.Files, f.Name+", SHA-256 "+f.SHA256)
	}
	return out
}

// state is what has become of an issue.
func (t teller) state(s register.Standing) string {
	switch {
	case s.Is("destroyed"):
		return "destroyed"
	case s.Is("recalled"):
		return "recalled"
	case s.Retain != "" && s.Retain < day(t.now):
		return "to be destroyed since " + s.Retain
	}
	return "issued"
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// rounded tells a number of persons.
func (t teller) rounded(n int64) string {
	base := max(t.profile.Base, 1)
	if n <= t.profile.Hide && (n > 0 || t.profile.Zeros == "hidden") {
		return fmt.Sprintf("<%d", t.profile.Hide+1)
	}
	return strconv.FormatInt((n+base/2)/base*base, 10)
}

func extractsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "extracts", Short: "What has left: every extract and release that was issued", Args: cobra.NoArgs,
		Long: `Lists the register of what has left, oldest first, after it was checked that nobody has
changed it. Numbers of persons are rounded as the strictest disclosure profile
has it; small ones are not told.`,
		Example: "  ohc-marts extracts --egress egress.yaml\n  ohc-marts extracts --json",
	}
	path := egressFlag(c)
	asJSON := jsonFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		all, _, err := standings(cmd, *path)
		if err != nil {
			return err
		}
		t, err := newTeller()
		if err != nil {
			return err
		}
		out := make([]told, 0, len(all))
		for _, s := range all {
			out = append(out, t.tell(s))
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
