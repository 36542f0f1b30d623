package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/format"
)

// asked is a question with how to answer it.
type asked struct {
	question, output, to, plot, memory string
	timeout                            time.Duration
	rows                               int
}

var outputs = []string{"table", "csv", "json", "ndjson", "parquet", "arrow"}

func queryCommand() *cobra.Command {
	var q asked
	var dir *string
	c := &cobra.Command{
		Use: "query 'SELECT ...'", Short: "Answer a question in SQL", Args: cobra.ExactArgs(1),
		Long: `Answers one SELECT (or DESCRIBE, SHOW TABLES, EXPLAIN) over the marts. With - as
the question it is read from standard input. Parquet and Arrow go to a file with
--to, or to standard output when that is not a terminal.`,
		Example: `  ohc-marts query 'SHOW TABLES'
  ohc-marts query 'SELECT register, count(*) FROM long_term_condition GROUP BY 1'
  ohc-marts query --plot bar 'SELECT age_band, count(*) FROM population GROUP BY 1 ORDER BY 1'
  ohc-marts query --plot line 'SELECT day, count(*) FROM wearable_daily GROUP BY 1 ORDER BY 1'
  ohc-marts query --output parquet --to bp.parquet "SELECT * FROM measurement_latest"
  ohc-marts query --output csv - < question.sql > answer.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.question = args[0]
			return query(cmd, *dir, q)
		},
	}
	dir = martsFlag(c)
	f := c.Flags()
	f.StringVarP(&q.output, "output", "o", "table", "`format`: "+strings.Join(outputs, ", "))
	f.StringVar(&q.to, "to", "", "`file` to write, instead of standard output; never written in part")
	f.StringVar(&q.plot, "plot", "", "draw a two-column answer, a label and a number: `bar or line`")
	memoryFlag(f, &q.memory, "how much memory the question may take")
	f.DurationVar(&q.timeout, "timeout", time.Minute, "how long the question may take")
	f.IntVar(&q.rows, "rows", 40, "at most this many rows of a table; 0 for all")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("plot", cobra.FixedCompletions([]string{"bar", "line"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func query(cmd *cobra.Command, dir string, q asked) error {
	if err := q.check(cmd); err != nil {
		return coded{exitUsage, err}
	}
	folder, _, err := current(dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), q.timeout)
	defer cancel()
	err = read(ctx, cmd.OutOrStdout(), folder, q)
	if errors.Is(err, reader.ErrTime) {
		err = fmt.Errorf("%w (%s); narrow it, or give it more with --timeout", err, q.timeout)
	}
	return err
}

func read(ctx context.Context, stdout io.Writer, folder string, q asked) error {
	r, err := reader.Open(ctx, folder, reader.Limits{Memory: q.memory})
	if err != nil {
		return err
	}
	return errors.Join(answer(ctx, stdout, r, q), r.Close())
}

// check takes the question from standard input where it is to come from there,
// and refuses what does not go together.
func (q *asked) check(cmd *cobra.Command) error {
	if !slices.Contains(outputs, q.output) {
		return errors.New("--output: there are " + strings.Join(outputs, ", "))
	}
	if q.plot != "" && q.plot != "bar" && q.plot != "line" {
		return errors.New("--plot: there are bar and line")
	}
	if q.plot != "" && (q.to != "" || cmd.Flags().Changed("output")) {
		return errors.New("--plot goes with neither --output nor --to")
	}
	if q.timeout <= 0 || q.rows < 0 {
		return errors.New("--timeout must be above zero, --rows not below")
	}
	if info, err := os.Stat(filepath.Dir(q.to)); q.to != "" && (err != nil || !info.IsDir()) {
		return fmt.Errorf("--to: there is no folder %s; make it first", filepath.Dir(q.to))
	}
	if (q.output == "parquet" || q.output == "arrow") && q.to == "" && onTerminal() {
		return fmt.Errorf("%s is not for a terminal; name a file with --to", q.output)
	}
	if q.question == "-" {
		text, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 1<<20))
		if err != nil {
			return err
		}
		q.question = string(text)
	}
	return nil
}

// answer writes the answer to where it is to go. A file appears under its name
// only once it is whole.
func answer(ctx context.Context, stdout io.Writer, r *reader.Reader, q asked) error {
	res, err := r.Query(ctx, q.question)
	if err != nil {
		return err
	}
	defer res.Close()
	if q.to == "" && q.output != "parquet" {
		out := bufio.NewWriter(stdout)
		return errors.Join(write(out, res, q), out.Flush())
	}
	dir := filepath.Dir(q.to)
	if q.to == "" {
		dir = ""
	}
	f, err := os.CreateTemp(dir, ".ohc-marts-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if q.output == "parquet" {
		err = res.Parquet(f.Name())
	} else {
		err = write(f, res, q)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return deliver(stdout, f.Name(), q.to)
}

// deliver gives a whole file its name, or copies it to standard output.
func deliver(stdout io.Writer, from, to string) error {
	if to != "" {
		return os.Rename(from, to)
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(stdout, f)
	return err
}

func write(w io.Writer, res *reader.Result, q asked) error {
	if q.plot != "" {
		return draw(w, res, q.plot, q.question)
	}
	switch q.output {
	case "csv":
		return format.CSV(w, res.Columns, res)
	case "json":
		return format.JSON(w, res.Columns, res)
	case "ndjson":
		return format.NDJSON(w, res.Columns, res)
	case "arrow":
		return format.Arrow(w, res.Columns, res)
	}
	return format.Table(w, res.Columns, res, q.rows)
}

func onTerminal() bool { return isatty.IsTerminal(os.Stdout.Fd()) }
