package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/format"
	"secondaryuse/marts/plot"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/testdata/population"
)

// demoMark is the file that tells a folder of the demo from anybody else's.
const demoMark = ".ohc-demo"

func demoCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "demo", Short: "Take a synthetic population the whole way", Args: cobra.NoArgs,
		Long: `Write a synthetic population of the One Health and Care area in the real feed
formats, take it the whole way to published marts, show what became of every
record, and answer three questions. Nobody in it exists.`,
		Example: "  ohc-pipeline demo\n  ohc-pipeline demo --persons 20000 --dir /tmp/demo",
	}
	persons := c.Flags().Int("persons", 10_000, "how many persons")
	seed := c.Flags().Uint64("seed", 1, "what everything is drawn from")
	dir := c.Flags().String("dir", "demo", "the `folder` to write to; an earlier demo there is replaced")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *persons < 100 || *persons > population.Most {
			return coded{exitUsage, fmt.Errorf("--persons: from 100, or the gates refuse lists that short, to %d", population.Most)}
		}
		return demo(cmd.Context(), cmd.OutOrStdout(), *dir, *persons, *seed)
	}
	return c
}

func demo(ctx context.Context, out io.Writer, dir string, persons int, seed uint64) error {
	if err := clearDemo(dir); err != nil {
		return err
	}
	began := time.Now()
	fmt.Fprintf(out, "1. A synthetic population of %d persons, written to %s\n", persons, dir)
	if err := populate(ctx, dir, persons, seed); err != nil {
		return err
	}
	conf, err := load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "2. Extracted, gated, pseudonymised, staged, built and published")
	result, _, err := begin(ctx, conf, extract)
	if err != nil {
		return err
	}
	fmt.Fprint(out, "3. What became of every input record\n\n")
	if err := reconcile(out, result.Account.Tallies()); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n4. Three questions, answered from the marts")
	if err := questions(ctx, out, conf); err != nil {
		return err
	}
	fmt.Fprintf(out, next, time.Since(began).Seconds(), dir)
	return nil
}

// populate writes a population, and the mark of a demo as soon as there is
// anything of it: one that was cut off makes way for the next as well.
func populate(ctx context.Context, dir string, persons int, seed uint64) error {
	var marked atomic.Bool
	mark := func() error { return os.WriteFile(filepath.Join(dir, demoMark), nil, 0o600) }
	_, err := population.Write(ctx, population.Plan{Persons: persons, Seed: seed, Out: dir, Faults: population.Usual()}, func(int) {
		if !marked.Swap(true) {
			mark() // and again below
		}
	})
	if err == nil {
		err = wrapKeys(dir)
	}
	return errors.Join(err, mark())
}

// wrapKeys makes an identity, and has the configuration say that keys are wrapped
// for it.
func wrapKeys(dir string) error {
	if err := kek.Make(filepath.Join(dir, "kek.txt")); err != nil {
		return err
	}
	path := filepath.Join(dir, "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, "key_encryption: {identity: kek.txt} # elsewhere than the data, but in a demo\n"...), 0o600)
}

// next is what to type next.
const next = `
Done in %.0f s. Next:

  go run ./cmd/ohc-marts list --marts %[2]s/marts
  go run ./cmd/ohc-marts describe wearable_daily --marts %[2]s/marts
  go run ./cmd/ohc-marts query --marts %[2]s/marts "SELECT * FROM population LIMIT 10"
  go run ./cmd/ohc-pipeline show --config %[2]s/config.yaml         # the gates and the account
  go run ./cmd/ohc-pipeline quarantine --config %[2]s/config.yaml   # where the unreadable records lie
  go run ./cmd/ohc-pipeline keys list --config %[2]s/config.yaml    # the keys, and for whom they are wrapped
  go run ./cmd/ohc-pipeline run --summary --config %[2]s/config.yaml
  duckdb -readonly %[2]s/marts/CURRENT/marts.duckdb                 # any DuckDB client
`

// clearDemo makes way for a demo, and refuses to touch any other folder.
func clearDemo(dir string) error {
	left, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(left) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
		return coded{exitUsage, fmt.Errorf("%s is not empty and no earlier demo; choose another folder with --dir", dir)}
	}
	return os.RemoveAll(dir)
}

// question is one that the demo asks.
type question struct{ says, sql, draw string }

var demoQuestions = []question{
	{"How many A&E attendances were there in each of the last months?",
		`SELECT strftime(month, '%Y-%m') AS month, CAST(sum(activity) AS BIGINT) AS attendances FROM activity_monthly
WHERE kind = 'ae' AND month >= (SELECT max(month) FROM activity_monthly) - INTERVAL 12 MONTH
GROUP BY 1 ORDER BY 1`, "bars"},
	{"Do people in more deprived areas live with more long-term conditions?",
		`SELECT imd_decile, count(*) AS persons, round(avg(long_term_conditions), 2) AS conditions_each,
  round(100 * avg(CASE WHEN long_term_conditions >= 2 THEN 1 ELSE 0 END), 1) AS percent_with_two_or_more
FROM population WHERE registered AND imd_decile IS NOT NULL GROUP BY 1 ORDER BY 1`, ""},
	{"Who connects a wearable, and how do they move and sleep?",
		`SELECT CASE WHEN p.age_band IN ('0-4', '5-9', '10-14', '15-19', '20-24') THEN 'under 25'
    WHEN p.age_band IN ('25-29', '30-34', '35-39', '40-44') THEN '25 to 44'
    WHEN p.age_band IN ('45-49', '50-54', '55-59', '60-64') THEN '45 to 64' ELSE 'over 64' END AS age,
  count(DISTINCT w.person_id) AS persons, count(*) AS days, round(avg(w.steps)) AS steps_a_day,
  round(avg(w.resting_heart_rate)) AS resting_heart_rate, round(avg(w.sleep_minutes) / 60, 1) AS hours_asleep
FROM wearable_daily w JOIN population p ON p.person_id = w.person_id GROUP BY 1 ORDER BY 4 DESC`, ""},
}

func questions(ctx context.Context, out io.Writer, c config.Config) error {
	folder, _, err := snapshot.Current(c.Marts)
	if err != nil {
		return err
	}
	r, err := reader.Open(ctx, folder, reader.Limits{})
	if err != nil {
		return err
	}
	defer r.Close()
	for _, q := range demoQuestions {
		fmt.Fprintf(out, "\n   %s\n\n", q.says)
		answer, err := r.Query(ctx, q.sql)
		if err != nil {
			return err
		}
		if err := show(out, answer, q.draw); err != nil {
			return err
		}
	}
	return nil
}

func show(out io.Writer, answer *reader.Result, draw string) error {
	if draw == "" {
		return format.Table(out, answer.Columns, answer, 40)
	}
	var points []plot.Point
	err := answer.Each(func(row []any) error {
		n, _ := row[1].(int64)
		points = append(points, plot.Point{Label: format.Text(row[0], answer.Columns[0].Type, "-"), Value: float64(n)})
		return nil
	})
	if err != nil {
		return err
	}
	return plot.Bars(out, points, 80)
}
