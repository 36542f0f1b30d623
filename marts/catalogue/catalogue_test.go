package catalogue

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

const small = `-- mart: small
-- what: A mart
--   of two lines.
-- domain: planning
-- reads: person, colour
-- grain: person_id
-- refresh: whole
-- release: never
-- columns:
--   person_id BIGINT: the person
--   sex VARCHAR null: the sex,
--     as recorded
-- checks:
--   known sexes:
--     SELECT sex FROM small
--     WHERE sex NOT IN ('male', 'female')
--
-- The rule, in words.
SELECT p.person_id, p.sex FROM person p INNER JOIN colour c ON c.name = p.sex
`

func catalogueOf(text string) fstest.MapFS {
	return fstest.MapFS{"small/mart.sql": {Data: []byte(text)}, "small/colour.csv": {Data: []byte("# a note\nname,shade\nred,\n")}}
}

func TestParse(t *testing.T) {
	marts, err := Load(catalogueOf(small))
	if err != nil {
		t.Fatal(err)
	}
	m := marts[0]
	if m.What != "A mart of two lines." || len(m.Reads) != 2 || m.Rule != "The rule, in words." || !strings.HasPrefix(m.SQL, "SELECT p.person_id") {
		t.Errorf("%+v", m)
	}
	if c := m.Columns[1]; c.Name != "sex" || c.Type != "VARCHAR" || !c.Null || c.Meaning != "the sex, as recorded" || m.Columns[0].Null {
		t.Errorf("columns %+v", m.Columns)
	}
	if c := m.Checks[0]; c.Name != "known sexes" || c.SQL != "SELECT sex FROM small\nWHERE sex NOT IN ('male', 'female')" {
		t.Errorf("checks %+v", m.Checks)
	}
	if l := m.Codelists[0]; l.Name != "colour" || len(l.Columns) != 2 || len(l.Rows) != 1 {
		t.Errorf("code lists %+v", m.Codelists)
	}
	other, _ := Load(catalogueOf(strings.Replace(small, "in words", "in other words", 1)))
	if m.Hash() == other[0].Hash() || m.Hash() != marts[0].Hash() {
		t.Error("the hash does not tell two contracts apart")
	}
}

// TestLoadRefuses holds that a header is read strictly.
func TestLoadRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"an unknown key":          {"-- refresh:", "-- refreshed:", "not a key"},
		"no key":                  {"-- refresh: whole", "-- whole", "line 7"},
		"a key twice":             {"-- refresh: whole", "-- what: whole", "stands twice"},
		"a key missing":           {"-- refresh: whole\n", "", `no "refresh"`},
		"an empty value":          {"-- release: never", "-- release:", "is empty"},
		"another name":            {"-- mart: small", "-- mart: large", "its folder is not"},
		"a name of no shape":      {"-- mart: small", "-- mart: Small Mart", "not a name"},
		"an unknown type":         {"VARCHAR null", "TEXT null", "want \"name TYPE"},
		"a column twice":          {"--   sex VARCHAR", "--   person_id VARCHAR", "stands twice"},
		"a column without words":  {"BIGINT: the person", "BIGINT:", "want \"name TYPE"},
		"a key of the stage":      {"--   sex VARCHAR", "--   record_key VARCHAR", "may not be in a mart"},
		"a grain of no column":    {"-- grain: person_id", "-- grain: person", "not a column"},
		"a grain that is empty":   {"-- grain: person_id", "-- grain: sex", "may be empty"},
		"a check without a query": {"--     SELECT sex FROM small\n--     WHERE sex NOT IN ('male', 'female')\n", "", "does not begin with SELECT"},
		"a check on one line":     {"known sexes:", "known sexes: SELECT 1", "indented below"},
		"no query":                {"SELECT p.person_id, p.sex FROM person p INNER JOIN colour c ON c.name = p.sex\n", "", "no SELECT"},
		"a refresh of no kind":    {"refresh: whole", "refresh: nightly", `want "whole"`},
		"reads nothing known":     {"reads: person, colour", "reads: person, colour, weather", "weather"},
		"reads a list not listed": {"reads: person, colour", "reads: person", "colour"},
	} {
		text := strings.Replace(small, tc.old, tc.new, 1)
		if text == small {
			t.Fatalf("%s: the mart was not broken", name)
		}
		if _, err := Load(catalogueOf(text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tc.want)
		}
	}
}

func TestLoadRefusesFolders(t *testing.T) {
	two := func(a, b string) fstest.MapFS {
		mart := func(name, reads string) *fstest.MapFile {
			text := strings.NewReplacer("small", name, "person, colour", reads, "FROM person p INNER JOIN colour c ON c.name = p.sex", "FROM "+reads+" p").Replace(small)
			return &fstest.MapFile{Data: []byte(text)}
		}
		return fstest.MapFS{"a/mart.sql": mart("a", a), "b/mart.sql": mart("b", b)}
	}
	if marts, err := Load(two("b", "person")); err != nil || marts[0].Name != "b" {
		t.Errorf("a mart must come after those it reads: %v", err)
	}
	empty, text := catalogueOf(small), catalogueOf(small)
	empty["small/colour.csv"] = &fstest.MapFile{Data: []byte("name,shade\n")}
	text["small/colour.csv"] = &fstest.MapFile{Data: []byte("Name of it,shade\na,b\n")}
	for name, fsys := range map[string]fs.FS{
		"a circle": two("b", "a"),
		"the name of an input": fstest.MapFS{"person/mart.sql": {Data: []byte(strings.NewReplacer(
			"small", "person", "person, colour", "problem", "FROM person p INNER JOIN colour c ON c.name = p.sex", "FROM problem p").Replace(small))}},
		"a folder without one": fstest.MapFS{"small/notes.txt": {}},
		"an empty code list":   empty,
		"a column in words":    text,
	} {
		if _, err := Load(fsys); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}

// TestLint holds that what is not portable is refused.
func TestLint(t *testing.T) {
	query := func(sql string) error {
		return Lint(Mart{Name: "m", Reads: []string{"person"}, SQL: sql, Checks: []Check{{"c", "SELECT sex FROM m"}}})
	}
	for _, good := range []string{
		"SELECT p.sex FROM person p",
		"WITH a AS (SELECT p.* FROM person p) SELECT COUNT(*) AS n, SUM(a.x * 2) AS y FROM a GROUP BY a.sex",
		"SELECT EXTRACT(YEAR FROM version) / 4.0 FROM person",
		"SELECT a / CAST(b AS DOUBLE) FROM person -- no QUALIFY here; nor a :: cast",
		"SELECT ROW_NUMBER() OVER (PARTITION BY sex ORDER BY version DESC NULLS LAST, COALESCE(lsoa, 'a, b') ASC NULLS FIRST ROWS UNBOUNDED PRECEDING) FROM person",
		"SELECT 'BETWEEN ; :: [x]' FROM person WHERE birth_year >= 1 AND birth_year < 2",
	} {
		if err := query(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"SELECT * FROM person",
		"SELECT sex, * FROM person",
		"SELECT COUNT(x, *) FROM person",
		"SELECT sex FROM person QUALIFY ROW_NUMBER() OVER () = 1",
		"SELECT sex, COUNT(*) FROM person GROUP BY ALL",
		"SELECT sex FROM person ORDER BY ALL",
		"SELECT sex FROM person ORDER BY sex",
		"SELECT sex FROM person ORDER BY sex NULLS LAST, lsoa",
		"SELECT ROW_NUMBER() OVER (ORDER BY sex) FROM person",
		"SELECT DISTINCT ON (sex) sex FROM person",
		"SELECT birth_year / 10 FROM person",
		"SELECT birth_year / x FROM person",
		"SELECT birth_year // 10 FROM person",
		"SELECT birth_year % 10 FROM person",
		"SELECT sex::VARCHAR FROM person",
		"SELECT sex FROM person WHERE birth_year BETWEEN 1 AND 2",
		"SELECT sex FROM person WHERE sex ILIKE 'm%'",
		"SELECT sex FROM person WHERE sex != 'm'",
		"SELECT sex FROM person LIMIT 1",
		"SELECT sex FROM person USING SAMPLE 10",
		"SELECT a.sex FROM person a JOIN person b USING (person_id)",
		"SELECT a.sex FROM person a NATURAL JOIN person b",
		"SELECT COUNT(*) FILTER (WHERE sex = 'm') FROM person",
		"SELECT ARG_MAX(sex, version) FROM person",
		"SELECT ANY_VALUE(sex) FROM person",
		"SELECT AVG(birth_year) FROM person",
		"SELECT RANDOM() FROM person",
		"SELECT NOW() FROM person",
		"SELECT CURRENT_DATE FROM person",
		"SELECT READ_TEXT('/etc/passwd') FROM person",
		"SELECT sex FROM read_parquet('x')",
		"SELECT [sex] FROM person",
		"SELECT \"sex\" FROM person",
		"SELECT {'a': sex} FROM person",
		"SELECT TRY_CAST(sex AS INTEGER) FROM person",
		"SELECT sex FROM person; SELECT 1",
		"SELECT sex FROM problem",
		"SELECT sex FROM person CROSS JOIN problem",
		"SELECT 1",
		"FROM person",
		"PIVOT person ON sex",
		"DELETE FROM person",
	} {
		if query(bad) == nil {
			t.Errorf("%s: passed", bad)
		}
	}
	if err := Lint(Mart{Name: "m", Reads: []string{"person"}, SQL: "SELECT sex FROM person", Checks: []Check{{"c", "SELECT sex FROM problem"}}}); err == nil {
		t.Error("a check that reads what is not listed passed")
	}
}

func TestCaseRefuses(t *testing.T) {
	const good = "Words.\n-- run --\nas_of: 2026-11-01\n-- person --\na | b\n1 | -\n-- want --\na\n1\n"
	c, err := ParseCase(good)
	if err != nil || c.AsOf != "2026-11-01" || len(c.Given) != 1 || c.Given[0].Rows[0][1] != "-" || c.Want.Rows[0][0] != "1" {
		t.Fatalf("%+v %v", c, err)
	}
	for name, bad := range map[string]string{
		"no words":         strings.TrimPrefix(good, "Words.\n"),
		"no day":           strings.Replace(good, "as_of: ", "", 1),
		"no run":           strings.Replace(good, "-- run --\nas_of: 2026-11-01\n", "", 1),
		"nothing wanted":   strings.Replace(good, "-- want --\na\n1\n", "", 1),
		"an empty cell":    strings.Replace(good, "1 | -", "1 | ", 1),
		"a cell too few":   strings.Replace(good, "1 | -", "1", 1),
		"a cell too many":  strings.Replace(good, "1 | -", "1 | 2 | 3", 1),
		"a table of words": strings.Replace(good, "a | b\n1 | -\n", "\n", 1),
	} {
		if _, err := ParseCase(bad); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
}

// TestCatalogue holds that every mart has a case and that the six are there.
func TestCatalogue(t *testing.T) {
	marts, err := All()
	if err != nil {
		t.Fatal(err)
	}
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	shown := make(map[string]bool)
	for _, c := range cases {
		shown[c.Mart] = true
	}
	for _, m := range marts {
		if !shown[m.Name] {
			t.Errorf("%s has no case", m.Name)
		}
	}
	if len(marts) < 6 {
		t.Errorf("%d marts", len(marts))
	}
}
