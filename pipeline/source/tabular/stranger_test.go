package tabular

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// wide is a table with a column for every role that is for a term.
func wide(t *testing.T, as kind) (Table, []string) {
	t.Helper()
	table := Table{File: "*.*", As: string(as.word), Columns: map[string][]string{"nhs_number": {"nhs"}}}
	names := []string{"nhs"}
	add := func(r role, columns ...string) {
		table.Columns[roleInfo[r].name] = columns
		names = append(names, columns...)
	}
	if !as.person() {
		add(recordID, "id")
		add(start, "from")
	}
	for r := range roles {
		if use := map[bool]use{true: forPerson, false: forEncounter}[as.person()]; roleInfo[r].term && roleInfo[r].use&use != 0 {
			add(r, "c_"+roleInfo[r].name)
		}
	}
	return table, names
}

// cells is a line in which every cell is in order.
func cells(names []string, i int) []string {
	sound := map[string]string{
		"nhs": "9000000041", "from": "2024-01-02", "c_provider": "RJE", "c_site": "RJE01", "c_practice": "M82002", "c_sex": "2",
		"c_ethnic_category": "A", "c_lsoa": "E01000001", "c_nhs_number_status": "01", "c_treatment_function": "300", "c_main_specialty": "350",
		"c_status": "finished", "c_admission_method": "2A", "c_discharge_method": "1", "c_discharge_destination": "19", "c_attendance_outcome": "5",
		"c_confidential": "N", "c_hrg": "EB07I", "c_cause": "Y28", "c_diagnoses": "F321", "c_procedures": "X151", "c_treatments": "01D", "c_investigations": "CH",
	}
	out := make([]string, len(names))
	for j, n := range names {
		if out[j] = sound[n]; n == "id" {
			out[j] = fmt.Sprint("E", i)
		}
	}
	return out
}

func csvOf(names []string, lines [][]string) map[string]string {
	var b strings.Builder
	for _, l := range append([][]string{names}, lines...) {
		b.WriteString(strings.Join(l, ",") + "\n")
	}
	return map[string]string{"a.csv": b.String()}
}

func parquetOf(t *testing.T, names []string, lines [][]string) map[string]string {
	t.Helper()
	group := parquet.Group{}
	for _, n := range names {
		group[n] = parquet.String()
	}
	var b bytes.Buffer
	schema := parquet.NewSchema("line", group)
	w := parquet.NewWriter(&b, schema)
	for _, l := range lines {
		row := make(parquet.Row, len(l))
		for i, n := range names {
			at, _ := schema.Lookup(n)
			row[at.ColumnIndex] = parquet.ByteArrayValue([]byte(l[i])).Level(0, 0, at.ColumnIndex)
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"a.parquet": b.String()}
}

// TestStrangers plants what could name a person in every cell that is for a
// term, in CSV and in Parquet: that line is rejected with its place, field and
// reason, and every other line is read.
func TestStrangers(t *testing.T) {
	for _, as := range kinds {
		table, names := wide(t, as)
		for column, name := range names {
			field, is := strings.CutPrefix(name, "c_")
			if !is {
				continue
			}
			for _, text := range []string{"9434765919", "943 476 5919", "943-476-5919", "NHS 943.476.5919", "009434765919", "9434765919X", "ST5 5BG", "st55bg", "M11AA"} {
				lines := [][]string{cells(names, 1), cells(names, 2), cells(names, 3)}
				lines[1][column] = text
				for file, files := range map[string]map[string]string{"a.csv": csvOf(names, lines), "a.parquet": parquetOf(t, names, lines)} {
					one, other := told(t, table, files)
					want := fmt.Sprintf("%s %s: %s", file, field, reasonPersonal)
					if one != want || other != 2 {
						t.Errorf("%s in %s: %q and %d lines read, want %q and 2", text, name, one, other, want)
					}
				}
			}
		}
	}
}

// told returns the one reject of a table, which is in its second line, and how
// many records were read besides it.
func told(t *testing.T, table Table, files map[string]string) (reject string, others int) {
	t.Helper()
	s, err := Open(folder(t, files), []Table{table})
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, s, source.Rows, func(sh source.Shard, b *record.Block) {
		for _, r := range b.Rejects {
			reject += sh.File + " " + r.Field + ": " + r.Reason
			if second := map[string]int64{"a.csv": 3, "a.parquet": 2}[sh.File]; r.Line != second {
				t.Errorf("a reject in line %d of %s, want %d", r.Line, sh.File, second)
			}
		}
		if others = len(b.Encounters); table.As == "person" {
			others = len(b.Persons)
		}
		if b.Read != int64(others+len(b.Rejects)) {
			t.Errorf("%d read, %d and %d rejects", b.Read, others, len(b.Rejects))
		}
	})
	return reject, others
}

// TestWords plants a surname in every such cell: no row says it, and where a
// row would have been made of it, the line is rejected.
func TestWords(t *testing.T) {
	for _, as := range kinds {
		table, names := wide(t, as)
		for column, name := range names {
			if !strings.HasPrefix(name, "c_") {
				continue
			}
			for _, word := range []string{"Featherstone", "SMITH", "smith", "Jones1952"} {
				lines := [][]string{cells(names, 1)}
				lines[0][column] = word
				s, err := Open(folder(t, csvOf(names, lines)), []Table{table})
				if err != nil {
					t.Fatal(err)
				}
				rejects, rows, stored := saying(t, s, word)
				switch name {
				case "c_diagnoses", "c_procedures", "c_treatments", "c_investigations", "c_confidential":
					if rejects != 1 || rows != 0 {
						t.Errorf("%s in %s: %d rejects, %d rows", word, name, rejects, rows)
					}
				default:
					if rejects != 0 || rows == 0 {
						t.Errorf("%s in %s: %d rejects, %d rows", word, name, rejects, rows)
					}
				}
				if stored {
					t.Errorf("%s in %s is in a row", word, name)
				}
			}
		}
	}
}

// saying reads a feed and reports whether a row says a word.
func saying(t *testing.T, s source.Source, word string) (rejects, rows int, stored bool) {
	t.Helper()
	readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
		rejects += len(b.Rejects)
		rows += len(b.Encounters) + len(b.Persons)
		var said strings.Builder
		for _, x := range b.Encounters {
			fmt.Fprintf(&said, "%+v", x.Row)
		}
		for _, x := range b.Problems {
			fmt.Fprintf(&said, "%+v", x.Row)
		}
		for _, x := range b.Procedures {
			fmt.Fprintf(&said, "%+v", x.Row)
		}
		for _, x := range b.Persons {
			fmt.Fprintf(&said, "%+v", x.Row)
		}
		stored = stored || strings.Contains(strings.ToLower(said.String()), strings.ToLower(word))
	})
	return rejects, rows, stored
}

// TestJudgedAsBoth: a code that stands in the place of a terminology without
// having its form is stored as one of another, and judged as one of both.
func TestJudgedAsBoth(t *testing.T) {
	table, names := wide(t, kinds["admission"])
	line := cells(names, 1)
	for i, n := range names {
		switch n {
		case "c_diagnoses":
			line[i] = "A549Z"
		case "c_procedures":
			line[i] = "73211009"
		}
	}
	s, err := Open(folder(t, csvOf(names, [][]string{line})), []Table{table})
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
		const want = "[{other A54.9Z} {other 73211009} {ae-treatment 01D} {ae-investigation CH} {icd10 Y28} {treatment-function 300} " +
			"{main-specialty 350} {hrg EB07I} {ods RJE01} {icd10 A54.9Z} {opcs4 73211009}]"
		if got := fmt.Sprint(b.Encounters[0].Codings); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if p := b.Problems[0].Row; p.System != "other" || p.Code != "A54.9Z" || len(b.Problems) != 1 || len(b.Procedures) != 3 {
			t.Errorf("%+v", p)
		}
	})
}
