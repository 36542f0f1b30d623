// Package usage has what the command lines of the three programs have in common: who
// calls; what to do about a file that is not as it should be; help that fits into 80
// columns; and faults of commands, flags and arguments that say where help is and repeat
// nothing of what was typed, for that may be somebody's number.
package usage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Strict prepares a program's command and all below it. What is wrong with how one is
// called is handed to wrong, which makes an error of the program of it.
func Strict(root *cobra.Command, wrong func(error) error) {
	cobra.EnableCommandSorting = false
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return wrong(fmt.Errorf("%s; see %s --help", flagFault(err), c.CommandPath()))
	})
	root.InitDefaultHelpCmd()
	foldAll(root)
	arguments(root, wrong)
	help(root, wrong)
}

// help has the command that prints the help of others say where there is none.
func help(root *cobra.Command, wrong func(error) error) {
	c, _, err := root.Find([]string{"help"})
	if err != nil || c == root {
		return
	}
	c.Run, c.Args = nil, cobra.ArbitraryArgs
	c.RunE = func(_ *cobra.Command, args []string) error {
		of, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return wrong(fmt.Errorf("no such command; see %s --help", root.CommandPath()))
		}
		return of.Help()
	}
}

// arguments has a command, and all below it, say what is wrong with its arguments. One
// that is only there for those below it prints its help.
func arguments(c *cobra.Command, wrong func(error) error) {
	fault, args := func([]string) string { return "too many arguments, or too few" }, c.Args
	if c.HasSubCommands() {
		c.SuggestionsMinimumDistance = 2
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		fault, args = func(given []string) string { return noSuch(c, given[0]) }, cobra.NoArgs
	}
	c.Args = func(c *cobra.Command, given []string) error {
		if args(c, given) == nil {
			if err := typed(c, given); err != nil {
				return wrong(fmt.Errorf("%w; see %s --help", err, c.CommandPath()))
			}
			return required(c, wrong)
		}
		return wrong(fmt.Errorf("%s; see %s --help", fault(given), c.CommandPath()))
	}
	for _, sub := range c.Commands() {
		arguments(sub, wrong)
	}
}

// required has a flag that must be given be told as what is wrong with others is.
func required(c *cobra.Command, wrong func(error) error) error {
	var missing []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[cobra.BashCompOneRequiredFlag] != nil && !f.Changed {
			missing = append(missing, "--"+f.Name)
		}
	})
	if len(missing) == 0 {
		return nil
	}
	return wrong(fmt.Errorf("%s: missing; see %s --help", strings.Join(missing, " and "), c.CommandPath()))
}

// noSuch says that there is no such command, and which ones are like it.
func noSuch(c *cobra.Command, given string) string {
	const none = "no such command"
	if like := c.SuggestionsFor(given); len(like) > 0 {
		return none + "; did you mean " + strings.Join(like, " or ")
	}
	return none
}

// flagFault says what is wrong with a flag.
func flagFault(err error) string {
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	var none *pflag.NotExistError
	switch {
	case errors.As(err, &value):
		return "--" + value.GetFlag().Name + ": not a value of its kind"
	case errors.As(err, &missing):
		return "--" + missing.GetFlag().Name + ": its value is missing"
	case errors.As(err, &none) && strings.Trim(none.GetSpecifiedName(), "abcdefghijklmnopqrstuvwxyz-") == "":
		return "no such flag: --" + none.GetSpecifiedName()
	}
	return "no such flag"
}
