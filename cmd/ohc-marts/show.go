package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/format"
	"secondaryuse/marts/snapshot"
)

func listCommand() *cobra.Command {
	var dir *string
	c := &cobra.Command{
		Use: "list", Short: "Which marts there are, and what one row of each is", Args: cobra.NoArgs,
		Example: "  ohc-marts list --marts /srv/ohc/marts",
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, m, err := current(*dir)
			if err != nil {
				return err
			}
			marts, err := contracts(folder, m)
			if err != nil {
				return err
			}
			return list(cmd.OutOrStdout(), m, marts)
		},
	}
	dir = martsFlag(c)
	return c
}

func list(w io.Writer, m snapshot.Manifest, marts []catalogue.Mart) error {
	if _, err := fmt.Fprintf(w, "snapshot %s, as of %s, for %s\n\n", m.ID, m.AsOf, m.Purpose); err != nil {
		return err
	}
	var rows given
	for _, c := range marts {
		i := slices.IndexFunc(m.Files, func(f snapshot.File) bool { return f.Mart == c.Name })
		rows = append(rows, []any{c.Name, m.Files[i].Rows, strings.Join(c.Grain, ", "), c.What})
	}
	return format.Table(w, []format.Column{{Name: "mart", Type: "VARCHAR"}, {Name: "rows", Type: "BIGINT"}, {Name: "one row for each", Prose: true}, {Name: "what", Prose: true}}, rows, 0)
}

// given is an answer that is already there.
type given [][]any

func (g given) Each(f func(row []any) error) error {
	for _, row := range g {
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}

func describeCommand() *cobra.Command {
	var dir *string
	c := &cobra.Command{
		Use: "describe MART", Short: "What a mart holds: its columns, its rule, its checks", Args: cobra.ExactArgs(1),
		Example: "  ohc-marts describe population",
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, m, err := current(*dir)
			if err != nil {
				return err
			}
			marts, err := contracts(folder, m)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(marts, func(c catalogue.Mart) bool { return c.Name == args[0] })
			if i < 0 {
				var names []string
				for _, c := range marts {
					names = append(names, c.Name)
				}
				return coded{exitUsage, errors.New("there is no mart of that name; there are " + strings.Join(names, ", "))}
			}
			return describe(cmd.OutOrStdout(), m, marts[i])
		},
	}
	dir = martsFlag(c)
	return c
}

func describe(w io.Writer, m snapshot.Manifest, c catalogue.Mart) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s\n\n", c.Name, c.What)
	for _, line := range [][2]string{
		{"one row for each", strings.Join(c.Grain, ", ")}, {"as of", m.AsOf}, {"domain", c.Domain + ", key " + m.Domain},
		{"made from", strings.Join(c.Reads, ", ")}, {"refresh", c.Refresh}, {"release", c.Release},
	} {
		fmt.Fprintf(&out, "%-17s %s\n", line[0], line[1])
	}
	out.WriteString("\n")
	var rows given
	for _, col := range c.Columns {
		null := "never"
		if col.Null {
			null = "may be"
		}
		rows = append(rows, []any{col.Name, col.Type, null, col.Meaning})
	}
	if err := format.Table(&out, []format.Column{{Name: "column"}, {Name: "type"}, {Name: "empty"}, {Name: "meaning", Prose: true}}, rows, 0); err != nil {
		return err
	}
	if c.Rule != "" {
		fmt.Fprintf(&out, "\n%s\n", c.Rule)
	}
	out.WriteString("\nChecked before it was published:\n")
	for _, check := range c.Checks {
		fmt.Fprintf(&out, "  %s\n", check.Name)
	}
	fmt.Fprintf(&out, "\nFor example:\n  ohc-marts query 'SELECT * FROM %s LIMIT 10'\n", c.Name)
	_, err := io.WriteString(w, out.String())
	return err
}
