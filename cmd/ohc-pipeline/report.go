package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
)

func reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "report [RUN]", Short: "Print the gate report of a run, to be signed", Args: cobra.MaximumNArgs(1),
		Long: `Print the gate report of a run: what each gate left out and why, by feed and by
organisation, on which lists, and against the run before. Unless one is named, of
the newest run that read records. Every run writes one, in Markdown and as JSON,
into the folder reports of the work folder, however it has ended.

No count in it is exact, and none under 8 is shown, nor anything that one could be
computed from; it names no person. The fields of the JSON are those of the type
Report in pipeline/report, and its schema has a number.`,
		Example: "  ohc-pipeline report > gates.md\n  ohc-pipeline report 20261101T020000.000Z --json",
	}
	path := configFlag(c)
	data := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		l, r, err := lastRun(cmd.Context(), *path, args, "")
		if err != nil {
			return err
		}
		if err := l.Close(); err != nil {
			return err
		}
		return printReport(cmd.OutOrStdout(), conf, r, *data)
	}
	return c
}

// printReport prints the report of a run as it was written.
func printReport(out io.Writer, c config.Config, r ledger.Run, data bool) error {
	ending := report.Text
	if data {
		ending = report.Data
	}
	text, err := os.ReadFile(filepath.Join(reportsOf(c), r.ID+ending))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("run %s (%s) has no report: it is going on, was cut off, or was made by a program that wrote none; the next run writes that of one that was cut off", r.ID, r.Status)
	}
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

func reportsOf(c config.Config) string { return filepath.Join(c.Work, "reports") }

// concluded writes the report of a run that has ended, and that it has into the
// audit log. A run without either has failed, whatever it has published.
func concluded(ctx context.Context, c config.Config, l *ledger.Ledger, r ledger.Run, had []string, err error) (ledger.Run, error) {
	digest, failed := report.Write(ctx, reportsOf(c), l, r)
	if failed == nil {
		failed = attestEnded(ctx, c, l, r, had, digest)
	}
	if failed == nil {
		return r, err
	}
	if r.Status == ledger.Done {
		r.Status = ledger.Failed
	}
	if r.Status == ledger.Published {
		failed = fmt.Errorf("published %s, and then: %w", r.Snapshot, failed)
	}
	r.Failure = errors.Join(err, failed).Error()
	return r, errors.Join(err, failed)
}

// reportLast writes the report of the newest run where it died before it could.
func reportLast(ctx context.Context, c config.Config, l *ledger.Ledger) error {
	runs, err := l.Runs(ctx, 1)
	if err != nil || len(runs) == 0 || runs[0].Program == "" || report.Has(reportsOf(c), runs[0].ID) {
		return err
	}
	_, err = report.Write(ctx, reportsOf(c), l, runs[0])
	return err
}
