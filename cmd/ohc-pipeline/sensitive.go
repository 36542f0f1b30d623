package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate/sensitive"
	"secondaryuse/deid/term"
)

func sensitiveCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "sensitive", Short: "Explain the policy on sensitive data",
		Long: `Explain the policy on sensitive data that the configuration names, or the one
that is built in, with the lists that are added to it. Nothing is run or written.`,
		Example: "  ohc-pipeline sensitive explain N97.1\n  ohc-pipeline sensitive explain 86406008 --system snomed",
	}
	c.AddCommand(sensitiveExplainCommand())
	return c
}

// half names one half of the terminologies: a line of help.
func half(all []string, which int) string {
	middle := (len(all) + 1) / 2
	return strings.Join([][]string{all[:middle], all[middle:]}[which], ", ")
}

func sensitiveExplainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "explain CODE", Short: "Say what becomes of a record that carries a code, for each purpose, and why", Args: cobra.ExactArgs(1),
		Long: `Say what becomes of a record that carries a code, for each purpose of the policy,
and why: which rule names it, and how, by what statute, from which source. Without
--system that is said for every terminology of which the code has the form.

Terminologies: ` + half(sensitive.Systems(), 0) + `,
` + half(sensitive.Systems(), 1) + `.
ods is an organisation or a site. Codes of Read v2 and CTV3 are case sensitive.`,
		Example: "  ohc-pipeline sensitive explain N97.1\n  ohc-pipeline sensitive explain 9kl.. --system read2\n  ohc-pipeline sensitive explain 360 --config config.yaml",
	}
	path := configFlag(c)
	system := c.Flags().String("system", "", "the `terminology` of the code; when absent, each of which it has the form")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("system") && !slices.Contains(sensitive.Systems(), *system) {
			return coded{exitUsage, errors.New("--system: no terminology that is judged; see ohc-pipeline sensitive explain --help")}
		}
		conf, err := load(*path)
		if err != nil {
			return err
		}
		g, err := sensitive.Open(sensitivePolicy(conf, nowIn(cmd.Context())))
		if err != nil {
			return err
		}
		found := g.Explain(term.System(*system), term.Code(args[0]))
		if len(found) == 0 {
			return coded{exitUsage, errors.New("that has not the form of a code of " + cmp.Or(*system, "any terminology that is judged") + "; see ohc-pipeline sensitive explain --help")}
		}
		explained(cmd.OutOrStdout(), found, g.Describe())
		return nil
	}
	return c
}

// become says what becomes of a record, by the action.
var become = map[string]string{
	"keep":        "keep: the record may be used",
	"delink":      "delink: the record stays, and no mart can know whose it is",
	"drop":        "drop: the record is left out, and what hangs on it",
	"drop_person": "drop_person: the person is left out, with everything",
}

// explained prints what was found, and what it stands on.
func explained(out io.Writer, found []sensitive.Finding, about string) {
	line := func(label, text string) { fmt.Fprintf(out, "%-10s  %s\n", label, text) }
	for _, f := range found {
		line("system", string(f.System))
		for i, purpose := range f.Purposes {
			text := become[f.Actions[i]]
			if len(f.Grounds) == 0 {
				text += "; no rule names the code"
			}
			line(purpose, text)
		}
		for _, g := range f.Grounds {
			line("because", g.How+": "+g.Rule)
			if len(f.Grounds) > 1 {
				line("", "by that alone: "+strings.Join(g.Actions, ", "))
			}
			line("category", g.Category)
			line("reason", g.Reason)
			line("statute", g.Statute)
			line("source", g.Source)
		}
		fmt.Fprintln(out)
	}
	label := "policy"
	for _, part := range strings.Split(strings.TrimPrefix(about, "sensitive: "), "; ") {
		line(label, part)
		label = ""
	}
}
