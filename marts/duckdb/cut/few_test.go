package cut

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestFew holds that texts of a type are written as the texts that they are: the same
// rows, in the same order, whose column is of text, and nothing besides in the file.
func TestFew(t *testing.T) {
	for _, different := range []int{0, 1, 3, fewest, fewest + 1, few, 5003} {
		dir := t.TempDir()
		c := start(t, dir, 2)
		c.must(t, "CREATE TABLE rows AS SELECT (range % 50)::INTEGER AS person_id, CASE WHEN range % 7 > 0 AND "+fmt.Sprint(different)+" > 0 THEN 'it''s é \"' || range % "+fmt.Sprint(max(different, 1))+" END AS word, range AS n FROM range(20000)",
			"CREATE VIEW texts AS FROM rows WHERE person_id < 40")
		if err := c.Persons(everySecond()); err != nil {
			t.Fatal(err)
		}
		relation, err := c.Few(t.Context(), "texts", map[string]string{"word": "texts"})
		if err != nil {
			t.Fatal(err)
		}
		if typed := relation != "texts"; typed != (different > 0 && different <= few) {
			t.Errorf("%d texts: of a type: %v", different, typed)
		}
		for _, as := range []Format{Parquet, CSV} {
			want, _ := written(t, c, "texts", []string{"person_id", "word", "n"}, nil, as)
			got, _ := written(t, c, relation, []string{"person_id", "word", "n"}, nil, as)
			if as == CSV && string(got) != string(want) {
				t.Errorf("%d texts: other rows", different)
			}
			if as == Parquet && (c.told(t, dir, got) != c.told(t, dir, want) || strings.Contains(c.told(t, dir, got), "ENUM")) {
				t.Errorf("%d texts: other rows or columns", different)
			}
		}
	}
}

// TestFewAlone holds that a file tells of no text that does not leave, and that a text
// which was not foreseen is an error and no empty cell.
func TestFewAlone(t *testing.T) {
	for _, different := range []int{3, fewest + 1} {
		dir := t.TempDir()
		c := start(t, dir, 2)
		if err := c.Persons(everySecond()); err != nil {
			t.Fatal(err)
		}
		c.must(t, fmt.Sprintf("CREATE TABLE rows AS SELECT (range %% 50)::INTEGER AS person_id, 'text ' || range %% %d AS word FROM range(1000)", different),
			"INSERT INTO rows VALUES (49, 'zz secret')", "CREATE VIEW texts AS FROM rows WHERE person_id < 49")
		relation, err := c.Few(t.Context(), "texts", map[string]string{"word": "texts"})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := written(t, c, relation, []string{"person_id", "word"}, nil, Parquet)
		path := filepath.Join(dir, "got.parquet")
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		var most string
		if err := c.Conn().QueryRowContext(t.Context(), "SELECT max(stats_max_value) FROM parquet_metadata('"+path+"') WHERE path_in_schema = 'word'").Scan(&most); err != nil || !strings.HasPrefix(most, "text ") {
			t.Errorf("the file tells of another text: %v", err)
		}
		narrow, err := c.Few(t.Context(), "rows", map[string]string{"word": "texts"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(t.Context(), &refusing{1 << 30}, narrow, []string{"person_id", "word"}, nil, Parquet); err == nil {
			t.Errorf("%d texts: a text that was not foreseen was lost", different)
		}
	}
}

// TestHold holds that what is kept of persons while their rows are counted is the values
// that these have in the rows that are taken, each once, and that the count is the same.
func TestHold(t *testing.T) {
	dir := t.TempDir()
	path := mart(t, dir, "1, 2")
	c, n := start(t, dir, 2), 0
	if err := c.Persons(everySecond()); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		n++
		tab := Table{Name: fmt.Sprint("m", n), File: path, Columns: columns, Shift: rapid.SampledFrom([]int{0, 5}).Draw(r, "shift")}
		if rapid.Bool().Draw(r, "period") {
			tab.Period = Period{Column: "day", From: date("2026-01-01").AddDate(0, 0, rapid.IntRange(-5, 250).Draw(r, "from"))}
			tab.Period.Until = tab.Period.From.AddDate(0, 0, rapid.IntRange(1, 250).Draw(r, "days"))
		}
		of := rapid.SampledFrom([][]string{{"kind"}, {"kind", "day"}, {"at"}}).Draw(r, "columns")
		if err := c.Show(t.Context(), tab); err != nil {
			r.Fatal(err)
		}
		want, err := c.Count(t.Context(), tab)
		if err != nil {
			r.Fatal(err)
		}
		got, held, err := c.Hold(t.Context(), tab, of)
		if err != nil || got != want {
			r.Errorf("%+v, want %+v: %v", got, want, err)
		}
		names := `person_id, "` + strings.Join(of, `", "`) + `"`
		var others, twice int64
		if err := c.Conn().QueryRowContext(t.Context(), fmt.Sprintf("SELECT (SELECT count(*) FROM ((SELECT %[1]s FROM %[3]s EXCEPT SELECT %[1]s FROM %[2]s) UNION ALL (SELECT %[1]s FROM %[2]s EXCEPT SELECT %[1]s FROM %[3]s))), (SELECT count(*) FROM %[2]s) - (SELECT count(*) FROM (SELECT DISTINCT %[1]s FROM %[2]s))", names, held, tab.Name)).Scan(&others, &twice); err != nil || others+twice != 0 {
			r.Errorf("%d others, %d twice: %v", others, twice, err)
		}
	})
}

func (c *Cut) must(t testing.TB, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if _, err := c.conn.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
}

// told is what a Parquet file holds, and of which type its columns are.
func (c *Cut) told(t testing.TB, dir string, file []byte) (out string) {
	t.Helper()
	path := filepath.Join(dir, "told.parquet")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	query := "SELECT (SELECT string_agg(name || ' ' || type || ' ' || COALESCE(converted_type, '') || ' ' || COALESCE(logical_type, '') || ' ' || repetition_type, ',') FROM parquet_schema($1)) || (SELECT md5(string_agg(COALESCE(r::VARCHAR, ''), '|')) FROM read_parquet($1) r)"
	if err := c.conn.QueryRowContext(t.Context(), query, path).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}
