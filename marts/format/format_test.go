package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"pgregory.net/rapid"
)

type rows [][]any

func (r rows) Each(f func([]any) error) error {
	for _, row := range r {
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}

// broken fails in the middle.
type broken struct{ rows }

var errBroken = errors.New("broken")

func (b broken) Each(f func([]any) error) error {
	return errors.Join(b.rows.Each(f), errBroken)
}

var (
	day     = time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	columns = []Column{{Name: "name", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}, {Name: "cost", Type: "DECIMAL(9,2)"}, {Name: "day", Type: "DATE"}, {Name: "at", Type: "TIMESTAMP"}, {Name: "share", Type: "DOUBLE"}, {Name: "l", Type: "INTEGER[]"}, {Name: "ok", Type: "BOOLEAN"}}
	answer  = rows{
		{"é, \"q\"", int64(12), json.Number("1.50"), day, day.Add(time.Hour + 500*time.Millisecond), 0.25, []any{int64(1), nil}, true},
		{nil, nil, nil, nil, nil, nil, nil, nil},
		{"", int64(-1000000), json.Number("-0.05"), day, day, math.NaN(), []any{}, false},
	}
)

func TestFormats(t *testing.T) {
	for name, tc := range map[string]struct {
		write func(*bytes.Buffer) error
		want  string
	}{
		"table": {func(b *bytes.Buffer) error { return Table(b, columns, answer, 0) }, "" +
			"name           n   cost  day         at                     share  l         ok\n" +
			"é, \"q\"        12   1.50  2026-01-31  2026-01-31 01:00:00.5   0.25  [1,null]  true\n" +
			"-              -      -  -           -                          -  -         -\n" +
			"        -1000000  -0.05  2026-01-31  2026-01-31 00:00:00      NaN  []        false\n"},
		"table of one": {func(b *bytes.Buffer) error {
			return Table(b, columns[:2], rows{{"a", int64(1)}, {"b", int64(2)}, {"c", int64(3)}}, 1)
		},
			"name  n\na     1\n(2 more rows; --rows 0 shows all)\n"},
		"csv": {func(b *bytes.Buffer) error { return CSV(b, columns, answer) }, "" +
			"name,n,cost,day,at,share,l,ok\n\"é, \"\"q\"\"\",12,1.50,2026-01-31,2026-01-31 01:00:00.5,0.25,\"[1,null]\",true\n,,,,,,,\n,-1000000,-0.05,2026-01-31,2026-01-31 00:00:00,NaN,[],false\n"},
		"ndjson": {func(b *bytes.Buffer) error { return NDJSON(b, columns, answer) }, "" +
			`{"name":"é, \"q\"","n":12,"cost":1.50,"day":"2026-01-31","at":"2026-01-31 01:00:00.5","share":0.25,"l":[1,null],"ok":true}` + "\n" +
			`{"name":null,"n":null,"cost":null,"day":null,"at":null,"share":null,"l":null,"ok":null}` + "\n" +
			`{"name":"","n":-1000000,"cost":-0.05,"day":"2026-01-31","at":"2026-01-31 00:00:00","share":null,"l":[],"ok":false}` + "\n"},
		"json of nothing": {func(b *bytes.Buffer) error { return JSON(b, columns, rows{}) }, "[\n\n]\n"},
	} {
		var b bytes.Buffer
		if err := tc.write(&b); err != nil || b.String() != tc.want {
			t.Errorf("%s: %v\n%swant\n%s", name, err, b.String(), tc.want)
		}
	}
	var b bytes.Buffer
	if err := JSON(&b, columns, answer); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("json is not valid: %v\n%s", err, b.String())
	}
}

// TestBroken holds that an answer that ends in an error is an error in every
// format.
func TestBroken(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer) error{
		"table": func(b *bytes.Buffer) error { return Table(b, columns, broken{answer}, 0) },
		"csv":   func(b *bytes.Buffer) error { return CSV(b, columns, broken{answer}) },
		"json":  func(b *bytes.Buffer) error { return JSON(b, columns, broken{answer}) },
		"arrow": func(b *bytes.Buffer) error { return Arrow(b, columns, broken{answer}) },
	} {
		if err := write(new(bytes.Buffer)); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArrow(t *testing.T) {
	many := make(rows, batch+3)
	for i := range many {
		many[i] = answer[i%len(answer)]
	}
	var b bytes.Buffer
	if err := Arrow(&b, columns, many); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var total int64
	for r.Next() {
		rec := r.RecordBatch()
		if total == 0 {
			for i, want := range []string{`é, "q"`, "12", "1.5", "2026-01-31", "2026-01-31T01:00:00.5", "0.25", "[1,null]", "true"} {
				if got := rec.Column(i).ValueStr(0); got != want {
					t.Errorf("%s: %q, want %q", columns[i].Name, got, want)
				}
				if !rec.Column(i).IsNull(1) {
					t.Errorf("%s: the empty row is not null", columns[i].Name)
				}
			}
			if d := rec.Column(2).(*array.Decimal128); d.DataType().String() != "decimal(9, 2)" {
				t.Errorf("cost is a %s", d.DataType())
			}
		}
		total += rec.NumRows()
	}
	if total != batch+3 || r.Err() != nil {
		t.Errorf("%d rows, %v", total, r.Err())
	}
	if err := Arrow(new(bytes.Buffer), []Column{{Name: "big", Type: "HUGEINT"}}, rows{{json.Number(strings.Repeat("9", 39))}}); err == nil {
		t.Error("a number of 39 digits was written")
	}
	b.Reset()
	if err := Arrow(&b, columns, rows{}); err != nil || b.Len() == 0 {
		t.Errorf("an answer without rows: %v", err)
	}
}

func TestText(t *testing.T) {
	for _, tc := range []struct {
		v          any
		kind, want string
	}{
		{1234567.0, "DOUBLE", "1234567"}, {1e300, "DOUBLE", "1e+300"}, {0.1, "DOUBLE", "0.1"}, {1e-9, "DOUBLE", "1e-09"}, {math.Inf(1), "DOUBLE", "+Inf"},
		{day, "TIMESTAMPTZ", "2026-01-31T00:00:00Z"}, {nil, "DATE", "none"}, {map[string]any{"b": day, "a": math.NaN()}, "STRUCT", `{"a":null,"b":"2026-01-31 00:00:00"}`},
	} {
		if got := Text(tc.v, tc.kind, "none"); got != tc.want {
			t.Errorf("%v as %s: %q, want %q", tc.v, tc.kind, got, tc.want)
		}
	}
}

// TestProse holds that a table with prose in it fits a screen, loses no word, and lines up;
// where it fits as it is nothing is broken.
func TestProse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zé]{1,20}( [a-zé]{1,30}){0,9}`)
		columns := []Column{{Name: "name"}, {Name: "what", Prose: true}, {Name: "n", Type: "BIGINT"}, {Name: "next", Prose: true}}
		var all rows
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			all = append(all, []any{"x", text.Draw(t, "what"), int64(12), text.Draw(t, "next")})
		}
		var out strings.Builder
		if err := Table(&out, columns, all, 0); err != nil {
			t.Fatal(err)
		}
		lines, words := strings.Split(strings.TrimSpace(out.String()), "\n"), 0
		for _, line := range lines {
			if n := len([]rune(line)); n > 80 {
				t.Fatalf("a line has %d columns:\n%s", n, out.String())
			}
			words += len(strings.Fields(line))
		}
		want := 4
		for _, r := range all {
			want += 2 + len(strings.Fields(r[1].(string))) + len(strings.Fields(r[3].(string)))
		}
		if words != want {
			t.Fatalf("%d words of %d:\n%s", words, want, out.String())
		}
	})
}
