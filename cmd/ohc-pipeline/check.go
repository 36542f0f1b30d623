package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/source"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "check", Short: "Show what a run would read, and whether every gate opens", Args: cobra.NoArgs,
		Long: `Open the configuration, the schedules, the lists, the look-ups, the keys and
every gate as a run would, list what each feed has, and read no record. Where the
opt-out's list comes by MESH, its certificates and secrets are read, and nobody is
asked. It writes nothing but a line of the audit log, before it opens keys that are
there.

Exit code 3 when a gate refuses, 78 when the configuration is wrong.`,
		Example: "  ohc-pipeline check --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		if err := writable(conf); err != nil {
			return err
		}
		if _, err := jobs(conf); err != nil {
			return err
		}
		if conf.Gates.OptOut.Mesh != nil {
			if _, err := meshOf(conf); err != nil {
				return err
			}
		}
		now := time.Now().UTC()
		asOf, err := day(conf, now)
		if err != nil {
			return err
		}
		if err := lookedAt(cmd, conf, keysOfRun(conf)...); err != nil {
			return err
		}
		r, _, err := open(conf, asOf, now, false)
		if err == nil {
			err = feedsThere(conf, r.Feeds)
		}
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if err := listFeeds(cmd, conf, r.Feeds); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nas of     %s, for %s\n", asOf.Format(time.DateOnly), conf.Purpose)
		printRules(out, r.Rules)
		fmt.Fprintln(out, "\nEvery gate opens. Next: ohc-pipeline run")
		return nil
	}
	return c
}

// listFeeds prints what a run would read of each feed.
func listFeeds(cmd *cobra.Command, conf config.Config, feeds []pipeline.Feed) error {
	rows := [][]string{{"FEED", "KIND", "ORGANISATION", "FILES", "MB"}}
	for i, f := range feeds {
		sources, err := f.Sources()
		if err != nil {
			return err
		}
		files, bytes := 0, int64(0)
		for _, src := range sources {
			shards, err := src.Shards(cmd.Context(), source.Rows)
			if err != nil {
				return fmt.Errorf("feed %s: %w", f.Name, err)
			}
			names := make(map[string]bool)
			for _, s := range shards {
				names[s.File] = true
				bytes += s.Bytes
			}
			files += len(names)
		}
		rows = append(rows, []string{string(f.Name), conf.Feeds[i].Kind, cmp.Or(string(f.Organisation), "-"), count(int64(files)), fmt.Sprintf("%.1f", float64(bytes)/1e6)})
	}
	return table(cmd.OutOrStdout(), 3, rows)
}
