package main

import (
	"cmp"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/source"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "check", Short: "Show what a run would read, and whether every gate opens", Args: cobra.NoArgs,
		Long:    "Open the configuration, the feeds and every gate as a run would, and read no record.\nExit code 3 when a gate refuses, 78 when the configuration is wrong.",
		Example: "  ohc-pipeline check --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		asOf, err := day(conf, now)
		if err != nil {
			return err
		}
		r, _, err := open(conf, asOf, now, false)
		if err != nil {
			return err
		}
		if err := listFeeds(cmd, conf, r.Feeds); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout())
		for _, line := range r.Rules {
			fmt.Fprintf(cmd.OutOrStdout(), "gate  %s\n", line)
		}
		return nil
	}
	return c
}

// listFeeds prints what a run would read of each feed.
func listFeeds(cmd *cobra.Command, conf config.Config, feeds []pipeline.Feed) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "FEED\tKIND\tORGANISATION\tFILES\tMB\t")
	for i, f := range feeds {
		shards, err := f.Source.Shards(cmd.Context(), source.Rows)
		if err != nil {
			return fmt.Errorf("feed %s: %w", f.Name, err)
		}
		files, bytes := make(map[string]bool), int64(0)
		for _, s := range shards {
			files[s.File] = true
			bytes += s.Bytes
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%.1f\t\n", f.Name, conf.Feeds[i].Kind, cmp.Or(string(f.Organisation), "-"), len(files), float64(bytes)/1e6)
	}
	return w.Flush()
}
