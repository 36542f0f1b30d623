package disclose

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
)

// stays are of 2,000 persons with 60 costs each, in pence, in no order, which lie in many
// parts of one file: added up in another order, an average differs in its last digit.
func stays(t *testing.T) (folder string) {
	t.Helper()
	d, err := snapshot.Begin(t.TempDir(), "s1", signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		"COPY (SELECT range AS person_id, 'A' || range % 20 AS area FROM range(2000)) TO '" + filepath.Join(d.Dir(), "population.parquet") + "' (FORMAT parquet)",
		"COPY (SELECT range % 2000 AS person_id, CAST(hash(range) % 100000 AS DOUBLE) / 100 AS cost FROM range(120000) ORDER BY hash(range, 1)) TO '" + filepath.Join(d.Dir(), "stay.parquet") + "' (FORMAT parquet, ROW_GROUP_SIZE 2048)",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Publish(snapshot.Manifest{Files: []snapshot.File{{Name: "population.parquet", Mart: "population"}, {Name: "stay.parquet", Mart: "stay"}}}, 3); err != nil {
		t.Fatal(err)
	}
	return d.Final()
}

// TestTheSameAgain: whoever computes a table again, with however many threads and however
// little memory, comes to the same table, the same true figures and the same record of
// whom each figure counts.
func TestTheSameAgain(t *testing.T) {
	folder := stays(t)
	for name, question := range map[string][2]string{
		"averages of each person": {"n persons; m mean of v; s sum of v; q median of v", "SELECT person_id, area, avg(cost) AS v FROM population NATURAL JOIN stay GROUP BY ALL"},
		"sums of each person":     {"n persons; m mean of v; s sum of v; q median of v", "SELECT person_id, area, sum(cost) / 8 AS v FROM population NATURAL JOIN stay GROUP BY ALL"},
		"rows":                    {"n persons; s sum of cost; r rate s / n per 10", "SELECT person_id, area, cost FROM population NATURAL JOIN stay"},
	} {
		t.Run(name, func(t *testing.T) {
			first := ""
			for i := range 4 {
				r, err := reader.Open(context.Background(), folder, reader.Limits{Threads: 1 + 3*(i%2), Memory: []string{"2GB", "200MB"}[i/2%2]})
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				out, review, err := asks(t, r, "hes", "area", question[0], "yes", question[1])
				if err != nil {
					t.Fatal(err)
				}
				kept, err := out.Kept("a")
				if err != nil {
					t.Fatal(err)
				}
				digest, err := out.Digest()
				if err != nil {
					t.Fatal(err)
				}
				all := kept + digest
				for _, row := range review.True {
					for _, v := range row {
						all += " " + v
					}
				}
				if first == "" {
					first = all
				}
				if all != first {
					t.Errorf("%d: other than at first", i)
				}
			}
		})
	}
}

// TestHiddenAgain: of what is hidden so that nothing else can be computed, the same is
// hidden each time, in whatever order the cells are gone through; what was released since
// changes nothing where it is not named.
func TestHiddenAgain(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id FROM range(1000)"})
	root, n, hidden := t.TempDir(), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		if n++; n > 10 {
			return // each takes some tenths of a second
		}
		counts := rapid.SliceOfN(rapid.IntRange(0, 30), 12, 12).Draw(t, "counts")
		in := crossing(t, r, rapid.SampledFrom([]string{"hes", "sde", "sacro", "strictest"}).Draw(t, "profile"), filepath.Join(root, fmt.Sprint(n)), 4, counts)
		first, _, err := Control(context.Background(), in)
		if err != nil {
			return
		}
		kept, err := first.Kept("a")
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Keep("a"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			in.Earlier = []string{}
			again, _, err := Control(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if is, err := again.Kept("a"); err != nil || is != kept || text(again) != text(first) {
				t.Fatalf("%v\n%s\n%s", err, text(first), text(again))
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
		hidden += first.Record().Hidden
	})
	t.Log(hidden, "figures hidden")
}
