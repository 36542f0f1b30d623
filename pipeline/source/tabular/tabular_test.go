package tabular

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/sourcetest"
)

const admissions = `nhs,epi,spell,from,to,trust,gp,sex,born,eth,lsoa,tfc,meth,d1,d2,p1,p1d,p2,p2d,vip
9000000041,E1,S1,2024-01-02,2024-01-05,RJE,M82002,1,031950,A,E01000001,300,21,F321,I10X,X151,2024-01-03,-,,N
900 000 0017,E2,S1,2024-01-05,,RJE,M82002,2,1961-07-30,Z,E01000002,&,21,-,K573D,,,Z942,1801-01-01,
9000000025,E3,,2024-02-29,2024-03-01,RJE01,V81999,9,,X,nowhere,100,11,"E11.9",,W37.1,29/02/2024,,,N
,E4,S4,2024-02-01,2024-02-01,RJE,,,,,,,,,,,,,,
`

const persons = `nhs,status,sex,born,dead,eth,postcode,gp
9000000041,01,female,1950-03-04,2024-05-06,B,ST5 5BG,M82002
9000000017,02,male,1950,,C,,M82002
1234567890,01,male,1950-03,,99,,
`

func tables() []Table {
	return []Table{
		{File: "apc*.csv", As: "admission", Columns: map[string][]string{
			"nhs_number": {"nhs"}, "record_id": {"epi"}, "spell_id": {"spell"}, "start": {"from"}, "end": {"to"},
			"provider": {"trust"}, "practice": {"gp"}, "sex": {"sex"}, "birth": {"born"}, "ethnic_category": {"eth"},
			"lsoa": {"lsoa"}, "treatment_function": {"tfc"}, "admission_method": {"meth"}, "diagnoses": {"d1..2"},
			"procedures": {"p1..2"}, "procedure_dates": {"p1d", "p2d"}, "confidential": {"vip"},
		}},
		{File: "person.csv", As: "person", Columns: map[string][]string{
			"nhs_number": {"nhs"}, "nhs_number_status": {"status"}, "sex": {"sex"}, "birth": {"born"}, "death": {"dead"},
			"ethnic_category": {"eth"}, "postcode": {"postcode"}, "practice": {"gp"},
		}},
	}
}

func open(dir string) (source.Source, error) { return Open(dir, tables()) }

func TestConformanceCSV(t *testing.T) {
	sourcetest.Run(t, sourcetest.Fixture{
		Open:   open,
		Files:  map[string][]byte{"apc1.csv": []byte(admissions), "apc2.csv": []byte(admissions), "person.csv": []byte(persons)},
		Target: "apc1.csv",
		Format: sourcetest.Table,
		Packed: []string{".gz", ".zst"},
	})
}

type line struct {
	NHS, EPI string
	From     int32 `parquet:"From,date"`
	Trust    string
	D1       *string
	Sex      *int64
}

func parquetFile(t testing.TB, groups int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[line](&b)
	text, n := "F321", int64(2)
	for g := range groups {
		for i := range 40 {
			l := line{NHS: "9000000041", EPI: fmt.Sprint(g, "-", i), From: int32(19000 + i), Trust: "RJE"}
			if i%3 == 0 {
				l.D1, l.Sex = &text, &n
			}
			if _, err := w.Write([]line{l}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openParquetTable(dir string) (source.Source, error) {
	return Open(dir, []Table{{File: "*.parquet", As: "admission", Columns: map[string][]string{
		"nhs_number": {"NHS"}, "record_id": {"EPI"}, "start": {"From"}, "provider": {"Trust"}, "diagnoses": {"D1"}, "sex": {"Sex"},
	}}})
}

func TestConformanceParquet(t *testing.T) {
	sourcetest.Run(t, sourcetest.Fixture{
		Open:   openParquetTable,
		Files:  map[string][]byte{"a.parquet": parquetFile(t, 3), "b.parquet": parquetFile(t, 1)},
		Target: "a.parquet",
		Format: sourcetest.Opaque,
	})
}

// readAll reads a feed shard by shard into one block, whose rows may not be
// looked at but for what is copied.
func readAll(t testing.TB, s source.Source, pass source.Pass, take func(sh source.Shard, b *record.Block)) {
	t.Helper()
	shards, err := s.Shards(context.Background(), pass)
	if err != nil {
		t.Fatal(err)
	}
	var b record.Block
	for _, sh := range shards {
		if err := s.Read(context.Background(), pass, sh, &b, func() error { take(sh, &b); return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wall(y, m, d int) term.Time {
	at, _ := term.Wall(y, m, d, 0, 0, 0, 0)
	return at
}

// TestAdmission reads what the first line says, in every row it becomes.
func TestAdmission(t *testing.T) {
	s, err := open(folder(t, map[string]string{"apc.csv": admissions, "person.csv": persons}))
	if err != nil {
		t.Fatal(err)
	}
	number, err := identity.Parse([]byte("9000000041"))
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, s, source.Rows, func(sh source.Shard, b *record.Block) {
		if sh.File != "apc.csv" {
			return
		}
		e := b.Encounters[0]
		want := row.Encounter{Kind: "admission", Class: "IMP", Start: wall(2024, 1, 2), End: wall(2024, 1, 5),
			Provider: "RJE", Specialty: "300", AdmissionMethod: "21"}
		if e.Row != want || e.Number != number || e.Line != 2 || e.ID.ID != "admission|E1" || e.Encounter.ID != "admission|S1" || e.At != want.Start {
			t.Errorf("encounter %+v", e)
		}
		if got := fmt.Sprint(e.Codings); got != "[{icd10 F32.1} {icd10 I10} {opcs4 X15.1} {treatment-function 300}]" {
			t.Errorf("codings %s", got)
		}
		if p := b.Problems[0]; p.Row.Code != "F32.1" || p.Row.Category != "primary-diagnosis" || p.Part != 1 || p.Recorded != want.End {
			t.Errorf("first problem %+v", p)
		}
		if p := b.Procedures[0]; p.Row.Code != "X15.1" || p.Row.At != wall(2024, 1, 3) || p.Part != 3 || p.Row.Category != "primary-procedure" {
			t.Errorf("first procedure %+v", p)
		}
		p := b.Persons[0]
		born, _ := identity.ParseBirth([]byte("1950-03"))
		if p.Row != (row.Person{Sex: "male", Ethnicity: "A", LSOA: "E01000001", Practice: "M82002"}) || p.Birth != born || p.Part != 4 || p.ID.ID != "9000000041" {
			t.Errorf("person %+v", p)
		}
		// The second line: filler diagnosis first, a date that stands for none.
		if p := b.Problems[2]; p.Row.Code != "K57.3" || p.Row.Category != "secondary-diagnosis" {
			t.Errorf("third problem %+v", p)
		}
		if p := b.Procedures[1]; p.Row.Code != "Z94.2" || p.Row.At != wall(2024, 1, 5) || p.Row.Category != "secondary-procedure" {
			t.Errorf("second procedure %+v", p)
		}
		if e := b.Encounters[1]; e.Encounter != b.Encounters[0].Encounter || e.ID == b.Encounters[0].ID || e.Row.Specialty != "" {
			t.Errorf("two episodes of one spell: %+v", e)
		}
		if e := b.Encounters[2]; e.Encounter.ID != "admission|E3" {
			t.Errorf("an episode without a spell: %+v", e.Encounter)
		}
		if e := b.Encounters[3]; !e.Number.Zero() || e.Subject.ID != nobody {
			t.Errorf("a line without a number: %+v", e.Head)
		}
	})
}

func TestPersonTable(t *testing.T) {
	s, err := open(folder(t, map[string]string{"apc.csv": admissions, "person.csv": persons}))
	if err != nil {
		t.Fatal(err)
	}
	for _, pass := range []source.Pass{source.People, source.Rows} {
		readAll(t, s, pass, func(sh source.Shard, b *record.Block) {
			if sh.File != "person.csv" {
				return
			}
			for i, fault := range []record.Fault{record.NoFault, record.Unverified, record.BadCheckDigit} {
				p := b.Persons[i]
				if p.Fault != fault || p.Number.Zero() != (fault != record.NoFault) || p.Part != 0 || p.Line != int64(i+2) {
					t.Errorf("person %d: %+v", i, p)
				}
			}
			if p := b.Persons[0]; pass == source.Rows && (!p.Row.Deceased || p.Row.DeathMonth != wall(2024, 5, 6) || p.Postcode == (identity.Postcode{})) {
				t.Errorf("first person %+v", p)
			}
		})
	}
}

// TestReject: what a cell cannot hold is a reject that names the role.
func TestReject(t *testing.T) {
	header := strings.SplitN(admissions, "\n", 2)[0]
	for cells, want := range map[string]string{
		"9000000041,,S,2024-01-02,,RJE,,,,,,,,,,,,,,":                    "record_id missing",
		"9000000041,E,S,2023-02-29,,RJE,,,,,,,,,,,,,,":                   "start a date or time that does not exist",
		"9000000041,E,S,yesterday,,RJE,,,,,,,,,,,,,,":                    "start not a date",
		"9000000041,E,S,2024-01-02,2024-13-01,RJE,,,,,,,,,,,,,,":         "end a date or time that does not exist",
		"9000000041,E,S,2024-01-02,,RJE,,,31/02/1950,,,,,,,,,,,":         "birth not a date of birth",
		"9000000041,E,S,2024-01-02,,RJE,,,,,,,,F32 1,,,,,,":              "diagnoses not a code",
		"9000000041,E,S,2024-01-02,,RJE,,,,,,,,,,X151,2024-02-30,,,":     "procedure_dates not a date",
		"9000000041,E,S,2024-01-02,,RJE,,,,,,,,,,,,,,perhaps":            "confidential not a flag",
		"9000000041,E,S,2024-01-02,,RJE,,,,,,,,,,,,,":                    " wrong number of columns",
		"9000000041,E,S,2024-01-02,,RJE,,,,,,,,,,,,,,,":                  " wrong number of columns",
		"9000000041,E,S,2024-01-02,,RJE,,,,,,,,,,,,,,\"N":                " a quote that is not closed",
		"9000000041,E,S,2024-01-02T25:00:00,,RJE,,,,,,,,,,,,,,":          "start a date or time that does not exist",
		"9000000041,E,S,2024-01-02,0000-00-00,RJE,,,,,,,,,,,,,,":         "end a date or time that does not exist",
		"9000000041,E,S,2024-01-02,2024-01-02 1:00,RJE,,,,,,,,,,,,,,":    "end not a date",
		"9000000041,E,S,2024-01-02,2024-01-02T01:00:00X,RJE,,,,,,,,,,,,": "end not a date",
	} {
		s, err := open(folder(t, map[string]string{"apc.csv": header + "\n" + cells + "\n", "person.csv": persons}))
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, s, source.Rows, func(sh source.Shard, b *record.Block) {
			if sh.File != "apc.csv" {
				return
			}
			if len(b.Rejects) != 1 || len(b.Encounters)+len(b.Problems)+len(b.Procedures)+len(b.Persons) > 0 {
				t.Fatalf("%s: %d rejects, %d encounters", cells, len(b.Rejects), len(b.Encounters))
			}
			if r := b.Rejects[0]; r.Field+" "+r.Reason != want && !strings.HasSuffix(cells, "X,RJE,,,,,,,,,,,,") || r.Line != 2 {
				t.Errorf("%s: rejected as %q in line %d, want %q", cells, r.Field+" "+r.Reason, r.Line, want)
			}
		})
	}
}

func TestConfigurationErrors(t *testing.T) {
	columns := func(more ...string) map[string][]string {
		m := map[string][]string{"nhs_number": {"n"}, "record_id": {"r"}, "start": {"s"}}
		for _, kv := range more {
			k, v, _ := strings.Cut(kv, "=")
			if m[k] = strings.Fields(v); v == "" {
				delete(m, k)
			}
		}
		return m
	}
	for want, table := range map[string]Table{
		"unknown role shoe_size":                        {File: "a", As: "ae", Columns: columns("shoe_size=x")},
		"columns.record_id: missing":                    {File: "a", As: "ae", Columns: columns("record_id=")},
		"columns.start: missing":                        {File: "a", As: "ae", Columns: columns("start=")},
		"exactly one of nhs_number and local_id":        {File: "a", As: "ae", Check: "none", Columns: columns("local_id=x")},
		"columns: exactly one":                          {File: "a", As: "ae", Columns: columns("nhs_number=")},
		"needs check: none":                             {File: "a", As: "ae", Columns: columns("nhs_number=", "local_id=x")},
		"check: must be none":                           {File: "a", As: "ae", Check: "maybe", Columns: columns()},
		"as: must be one of admission, ae":              {File: "a", As: "visit", Columns: columns()},
		"columns.start: not for a table as person":      {File: "a", As: "person", Columns: columns("record_id=")},
		"file: not a pattern":                           {File: "[", As: "ae", Columns: columns()},
		"delimiter: must be one character":              {File: "a", As: "ae", Delimiter: "||", Columns: columns()},
		"preset: must be one of hes-ae, hes-apc, hes-o": {File: "a", Preset: "hes"},
		"a run of columns is written":                   {File: "a", As: "ae", Columns: columns("diagnoses=D_01..")},
		"procedure_dates: 1 of them for 2":              {File: "a", As: "ae", Columns: columns("procedures=P1..2", "procedure_dates=D")},
		"codes: start is no role":                       {File: "a", As: "ae", Columns: columns(), Codes: map[string]map[string]string{"start": {"1": "2"}}},
		"codes.sex: \"a man\"":                          {File: "a", As: "ae", Columns: columns(), Codes: map[string]map[string]string{"sex": {"1": "a man"}}},
		"systems: start is no role":                     {File: "a", As: "ae", Columns: columns(), Systems: map[string]string{"start": "icd10"}},
	} {
		_, err := Open("x", []Table{table})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := Open("x", nil); err == nil {
		t.Error("no error for a feed without tables")
	}
}

func TestFilesAgainstConfiguration(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"apc.csv: columns.admission_method: meth: the column is not in the file": {"apc.csv": strings.Replace(admissions, ",meth,", ",x,", 1), "person.csv": persons},
		"apc.csv: columns.nhs_number: nhs: the column is in the file twice":      {"apc.csv": strings.Replace(admissions, ",epi,", ",nhs,", 1), "person.csv": persons},
		"no file matches person.csv":                                             {"apc.csv": admissions},
	} {
		s, err := open(folder(t, files))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Shards(context.Background(), source.Rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	s, err := Open(folder(t, map[string]string{"apc.csv": admissions}), append(tables()[:1], tables()[0]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Shards(context.Background(), source.Rows); err == nil || !strings.Contains(err.Error(), "matches both") {
		t.Errorf("%v, want that two tables have one file", err)
	}
}

func TestParquetColumnMissing(t *testing.T) {
	dir := folder(t, map[string]string{"a.parquet": string(parquetFile(t, 1))})
	s, err := Open(dir, []Table{{File: "*.parquet", As: "ae", Columns: map[string][]string{"nhs_number": {"NHS"}, "record_id": {"EPI"}, "start": {"Gone"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Shards(context.Background(), source.Rows); err == nil || !strings.Contains(err.Error(), "columns.start: Gone") {
		t.Errorf("%v, want that the column is missing", err)
	}
}
