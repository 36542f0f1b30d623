package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate/list"
	"secondaryuse/pipeline/config"
	"secondaryuse/schedules"
)

func scheduleCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "schedule", Short: "Show which jobs there are, and when they are due",
		Long: `Show which jobs there are, and when they are due. Nothing is run or written:
ohc-pipeline serve runs them, or ohc-pipeline run JOB one of them, once.

A job is a YAML file: those that are built in, and those in the folder schedules
beside the configuration (or where its key schedules says), of which one takes
the place of a built-in one of its name. All are read strictly: exit code 78 when
one has an unknown key, a date that never comes, a time that the clocks skip or
repeat, or waits for itself; with the line and what to do.`,
		Example: `  ohc-pipeline schedule list
  ohc-pipeline schedule next --days 2
  ohc-pipeline schedule explain nightly`,
	}
	c.AddCommand(scheduleListCommand(), scheduleNextCommand(), scheduleExplainCommand())
	return c
}

// jobs loads the jobs of an installation.
func jobs(c config.Config) (schedules.Set, error) {
	var feeds []string
	for _, f := range c.Feeds {
		feeds = append(feeds, f.Name)
	}
	read := schedules.Load
	if c.Gates.OptOut.Mesh != nil {
		read = schedules.Exchanging
	}
	set, err := read(c.Schedules, feeds)
	if err != nil {
		return set, coded{exitConfig, err}
	}
	return set, nil
}

func loadJobs(path string) (schedules.Set, error) {
	c, err := load(path)
	if err != nil {
		return schedules.Set{}, err
	}
	return jobs(c)
}

// moment is a logical time as it is shown.
const moment = "Mon 2006-01-02 15:04 MST"

// chain is what a job runs, in words.
func chain(j schedules.Job) string {
	words := make([]string, len(j.Runs))
	for i, s := range j.Runs {
		words[i] = s.String()
	}
	return strings.Join(words, ", ")
}

func scheduleListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List the jobs, what each runs, and when it is next due", Args: cobra.NoArgs,
		Long: `List the jobs, each after the one that it waits for: its cron spec and zone, what
it runs, which job it comes after, when it is next due, and where its file is.`,
		Example: "  ohc-pipeline schedule list --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		set, err := loadJobs(*path)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "JOB\tCRON\tZONE\tRUNS\tAFTER\tDUE\tFILE")
		for _, j := range set.Jobs() {
			zone, due := "-", "off"
			if j.Off == "" {
				zone, due = j.Zone.String(), j.Next(time.Now()).Format(moment)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", j.Name, cmp.Or(j.Cron, "-"), zone, cmp.Or(chain(j), "-"), cmp.Or(j.After, "-"), due, j.From)
		}
		return w.Flush()
	}
	return c
}

func scheduleNextCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "next", Short: "List what is due in the days ahead", Args: cobra.NoArgs,
		Long: `List what is due in the days ahead, in order of time, in the zone of each job. At
one time a job stands after the one that it waits for.`,
		Example: `  ohc-pipeline schedule next
  ohc-pipeline schedule next --days 31
  ohc-pipeline schedule next --from 2027-03-27 --days 3    # when summer time begins`,
	}
	path := configFlag(c)
	days := c.Flags().Uint("days", 7, "how many days ahead, from 1 to 366")
	from := c.Flags().String("from", "", "from the `day` YYYY-MM-DD, as it begins in London, instead of now")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *days < 1 || *days > 366 {
			return coded{exitUsage, errors.New("--days: from 1 to 366; see ohc-pipeline schedule next --help")}
		}
		begin, err := beginning(*from)
		if err != nil {
			return err
		}
		set, err := loadJobs(*path)
		if err != nil {
			return err
		}
		return listDue(cmd.OutOrStdout(), set.Due(begin, begin.AddDate(0, 0, int(*days))))
	}
	return c
}

// beginning is the instant before a day begins in London, so that what is due
// at its midnight is listed; now where no day is given.
func beginning(day string) (time.Time, error) {
	if day == "" {
		return time.Now(), nil
	}
	at, err := time.ParseInLocation(time.DateOnly, day, list.London)
	if err != nil {
		return at, coded{exitUsage, errors.New("--from: not a day written YYYY-MM-DD; see ohc-pipeline schedule next --help")}
	}
	return at.Add(-time.Second), nil
}

func listDue(out io.Writer, due []schedules.Due) error {
	if len(due) == 0 {
		fmt.Fprintln(out, "Nothing is due in that time. Next: ohc-pipeline schedule list")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DUE\tJOB\tRUNS\tAFTER")
	for _, d := range due {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.At.Format(moment), d.Job.Name, chain(d.Job), cmp.Or(d.Job.After, "-"))
	}
	return w.Flush()
}
