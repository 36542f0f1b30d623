package cut

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var columns = []Column{{Name: "day", Type: "DATE"}, {Name: "at", Type: "TIMESTAMP"}, {Name: "kind", Type: "VARCHAR"}, {Name: "steps", Type: "INTEGER"}}

// mart writes a mart of 100 persons, 1000 to 1099, with a row on each of 200 days
// from 1 January 2026, in the given order, and one without a day.
func mart(t testing.TB, dir, order string) string {
	t.Helper()
	c := start(t, dir, 0)
	path := filepath.Join(dir, "mart-"+fmt.Sprint(len(order))+".parquet")
	_, err := c.Conn().ExecContext(t.Context(), `COPY (SELECT 1000 + p AS person_id, CASE WHEN p + d > 0 THEN DATE '2026-01-01' + d::INTEGER END AS day,
		TIMESTAMP '2026-01-01 12:00:00' + to_days(d::INTEGER) AS at, CASE WHEN d % 3 > 0 THEN 'k' || (d % 7) END AS kind, (p * 7 + d)::INTEGER AS steps
		FROM range(100) t(p), range(200) u(d) ORDER BY `+order+`) TO '`+path+`' (FORMAT parquet)`)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func start(t testing.TB, dir string, threads int) *Cut {
	t.Helper()
	c, err := Open(t.Context(), Limits{Temp: dir, Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// everySecond are the persons with an even number, in no order of theirs; their
// dates move by -5 to 5 days.
func everySecond() (out []Person) {
	for i := range 50 {
		out = append(out, Person{Base: int64(1000 + 2*i), ID: int64(1 + (i*37)%50*1009), Shift: i%11 - 5})
	}
	return out
}

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func shown(t testing.TB, c *Cut, tab Table) {
	t.Helper()
	if err := c.Persons(everySecond()); err != nil {
		t.Fatal(err)
	}
	if err := c.Show(t.Context(), tab); err != nil {
		t.Fatal(err)
	}
}

func written(t testing.TB, c *Cut, table string, cols, unique []string, as Format) ([]byte, int64) {
	t.Helper()
	var out bytes.Buffer
	n, err := c.Write(t.Context(), &out, table, cols, unique, as)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), n
}

func all(cols []Column) []string {
	out := []string{"person_id"}
	for _, c := range cols {
		out = append(out, c.Name)
	}
	return out
}

// TestWrite holds that the bytes are the same whatever the order of the mart's rows
// and however many threads there are, for any format and key, and that the rows come
// in the order of the new numbers.
func TestWrite(t *testing.T) {
	for _, as := range []Format{Parquet, CSV} {
		for _, unique := range [][]string{nil, {"person_id", "day"}} {
			dir := t.TempDir()
			var first []byte
			for _, order := range []string{"1, 2", "steps DESC, 2", "hash(d, p)"} {
				path := mart(t, dir, order)
				for threads := 1; threads <= 4; threads += 3 {
					c := start(t, dir, threads)
					shown(t, c, Table{Name: "m", File: path, Columns: columns})
					got, n := written(t, c, "m", all(columns), unique, as)
					if first == nil {
						first = got
					}
					if !bytes.Equal(got, first) || n != 10_000 {
						t.Errorf("%s, by %v, %d threads: %d rows, other bytes", order, unique, threads, n)
					}
				}
			}
			if as == CSV {
				ordered(t, string(first))
			}
		}
	}
}

// ordered holds that the rows of a CSV file come by person_id, and that all of them
// are of persons who were asked for, by their new numbers.
func ordered(t *testing.T, text string) {
	t.Helper()
	last, want := int64(0), make(map[int64]bool)
	for _, p := range everySecond() {
		want[p.ID] = true
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
		var id int64
		if _, err := fmt.Sscanf(line, "%d,", &id); err != nil || id < last || !want[id] {
			t.Fatalf("not in order, or of nobody who was asked for: %v", err)
		}
		last = id
	}
}

// TestShift holds that all dates of a person move by the same days, that the days
// seen are the same for everybody, and that every row is counted.
func TestShift(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, 2)
	tab := Table{Name: "m", File: mart(t, dir, "1, 2"), Columns: columns, Period: Period{"day", date("2026-02-01"), date("2026-05-01")}, Shift: 5}
	shown(t, c, tab)
	for what, query := range map[string]string{
		"each moves by the offset": "SELECT count(*) FROM m JOIN person p ON p.place = m.person_id WHERE day - p.shift <> DATE '2026-01-01' + (steps - (p.base - 1000)::INTEGER * 7)",
		"times go with days":       `SELECT count(*) FROM m WHERE CAST("at" AS DATE) <> day OR hour("at") <> 12`,
		"nobody has other ends":    "SELECT count(*) FROM (SELECT person_id FROM m GROUP BY 1 HAVING min(day) <> DATE '2026-02-06' OR max(day) <> DATE '2026-04-25' OR count(*) <> 79)",
		"nobody is missing":        "SELECT count(DISTINCT person_id) - 50 FROM m",
	} {
		var n int64
		if err := c.Conn().QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: not so of %d, %v", what, n, err)
		}
	}
	n, err := c.Count(t.Context(), tab)
	if want := (Count{Persons: 10_000, Outside: 50 * (200 - 89), Edge: 50 * 10}); err != nil || n != want {
		t.Errorf("%+v, want %+v: %v", n, want, err)
	}
	if _, rows := written(t, c, "m", []string{"person_id", "day"}, nil, Parquet); rows != n.Persons-n.Outside-n.Edge {
		t.Errorf("%d rows are written, and those that are not are told as %+v", rows, n)
	}
}

// TestPeriod holds which days are taken where none is moved.
func TestPeriod(t *testing.T) {
	dir := t.TempDir()
	path := mart(t, dir, "1, 2")
	for _, tc := range []struct {
		from, until string
		want        Count
	}{
		{"", "", Count{10_000, 1, 0}},
		{"2026-01-02", "", Count{10_000, 50, 0}},
		{"", "2026-01-03", Count{10_000, 50*198 + 1, 0}},
		{"2026-01-05", "2026-01-06", Count{10_000, 50 * 199, 0}},
		{"2027-01-05", "2027-01-06", Count{10_000, 10_000, 0}},
	} {
		tab := Table{Name: "m", File: path, Columns: columns, Period: Period{Column: "day"}}
		if tc.from != "" {
			tab.Period.From = date(tc.from)
		}
		if tc.until != "" {
			tab.Period.Until = date(tc.until)
		}
		c := start(t, dir, 2)
		shown(t, c, tab)
		n, err := c.Count(t.Context(), tab)
		if _, rows := written(t, c, "m", all(columns), nil, Parquet); n != tc.want || err != nil || rows != n.Persons-n.Outside {
			t.Errorf("%s to %s: %+v and %d rows, want %+v: %v", tc.from, tc.until, n, rows, tc.want, err)
		}
	}
}

// refusing takes so many bytes, and no more.
type refusing struct{ left int }

var errFull = errors.New("no space left")

func (r *refusing) Write(b []byte) (int, error) {
	if r.left -= len(b); r.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFull holds that an engine whose rows nobody takes any more is stopped, with
// the reason, and that the engine can be closed then.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, 2)
	if err := c.Persons(everySecond()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, left := range []int{0, 5, 100_000} {
		if _, err := c.Write(ctx, &refusing{left}, "(SELECT (range % 50)::INTEGER AS person_id, hash(range) AS x FROM range(3000000))", []string{"person_id", "x"}, nil, Parquet); !errors.Is(err, errFull) {
			t.Errorf("%d bytes: %v", left, err)
		}
	}
	if _, err := c.Write(ctx, &refusing{1 << 30}, "nowhere", []string{"a"}, nil, Parquet); err == nil {
		t.Error("a relation that is not there was written")
	}
}

// TestSpills holds that what does not fit into memory is written as the same bytes,
// and that nothing is left of what was spilled.
func TestSpills(t *testing.T) {
	dir := t.TempDir()
	var first []byte
	for _, memory := range []string{"", "60MB"} {
		c, err := Open(t.Context(), Limits{Temp: dir, Memory: memory, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Persons(everySecond()); err != nil {
			t.Fatal(err)
		}
		got, n := written(t, c, "(SELECT (range % 50)::INTEGER AS person_id, hash(range) AS x FROM range(4000000))", []string{"person_id", "x"}, nil, Parquet)
		if n != 4_000_000 {
			t.Errorf("%d rows", n)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Error("where rows are spilled, the bytes are others")
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	}
}
