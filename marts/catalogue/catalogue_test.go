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

// following is a mart that follows persons, and sums a mart that sums it.
const following = `-- mart: small
-- what: A mart.
-- domain: planning
-- reads: problem, run
-- grain: person_id
-- refresh: persons
-- dates: problem.onset
-- also:
--   SELECT p.person_id FROM problem p CROSS JOIN run r
--   WHERE p.onset IS NULL AND r.since < r.as_of
-- release: never
-- columns:
--   person_id BIGINT: the person
--   n BIGINT: how many
-- checks:
--   some:
--     SELECT n FROM small WHERE n < 1
SELECT q.person_id, COUNT(*) AS n FROM (SELECT p.person_id, ROW_NUMBER() OVER (PARTITION BY p.feed, p.person_id ORDER BY p.version ASC NULLS LAST) AS place
FROM problem p CROSS JOIN run r WHERE CAST(p.onset AS DATE) <= r.as_of) q GROUP BY q.person_id
`

const sums = `-- mart: sums
-- what: A mart.
-- domain: planning
-- reads: small
-- grain: n
-- refresh: persons
-- adds: persons, weight
-- release: never
-- columns:
--   n BIGINT: how many
--   persons BIGINT: of how many
--   weight DECIMAL(18,3) null: together
-- checks:
--   some:
--     SELECT n FROM sums WHERE persons < 1
SELECT s.n, COUNT(*) AS persons, CAST(NULL AS DECIMAL(18, 3)) AS weight FROM small s GROUP BY s.n
`

// TestFollowRefuses holds that a header that would let rows grow old is
// refused.
func TestFollowRefuses(t *testing.T) {
	load := func(small, sums string) error {
		_, err := Load(fstest.MapFS{"small/mart.sql": {Data: []byte(small)}, "sums/mart.sql": {Data: []byte(sums)}})
		return err
	}
	if err := load(following, sums); err != nil {
		t.Fatal(err)
	}
	also := following[strings.Index(following, "-- also:"):strings.Index(following, "-- release:")]
	for name, tc := range map[string]struct{ old, new, want string }{
		"the day and nobody named":      {"-- dates: problem.onset\n" + also, "", "must say who changes with it"},
		"somebody named without a day":  {" CROSS JOIN run r WHERE CAST(p.onset AS DATE) <= r.as_of", "", "nothing to say"},
		"since in the query":            {"<= r.as_of)", "<= r.since)", "only also may read run.since"},
		"since in a check":              {"FROM small WHERE", "FROM small CROSS JOIN run r WHERE r.since < r.as_of AND", "only also may read run.since"},
		"also of a mart that is whole":  {"refresh: persons\n-- dates", "refresh: whole\n-- dates", "are for refresh: persons"},
		"a date of no dataset":          {"problem.onset", "run.as_of", "no time of a dataset"},
		"a date that is none":           {"dates: problem.onset", "dates: problem.code", "no time of a dataset"},
		"a date of what is not read":    {"dates: problem.onset", "dates: reading.start_at", "does not read reading"},
		"a date without a dataset":      {"dates: problem.onset", "dates: onset", `want "dataset.column"`},
		"a date twice":                  {"dates: problem.onset", "dates: problem.onset, problem.onset", "stands twice"},
		"also of what is not read":      {"FROM problem p CROSS JOIN run r\n", "FROM reading p CROSS JOIN run r\n", "not listed under reads"},
		"also that is not portable":     {"r.since < r.as_of", "r.since BETWEEN r.since AND r.as_of", "not portable"},
		"adds of a mart of persons":     {"-- dates", "-- adds: n\n-- dates", "adds is for marts without person_id"},
		"a window over several persons": {"PARTITION BY p.feed, p.person_id", "PARTITION BY p.feed", "not partitioned by person_id"},
		"a window over all":             {"PARTITION BY p.feed, p.person_id ", "", "not partitioned by person_id"},
		"reads a mart that is whole":    {also, "", "does not or is not about single persons"},
		"nothing that adds up":          {"-- adds: persons, weight\n", "", "must be either of the grain or among adds"},
		"a measure that does not":       {"-- adds: persons, weight\n", "-- adds: persons\n", "must be either of the grain or among adds"},
		"a measure that is not there":   {"persons, weight\n", "persons, weight, height\n", "height is not a column"},
		"a measure of another kind":     {"weight DECIMAL(18,3)", "weight DOUBLE", "add up exactly"},
		"the grain adds up":             {"adds: persons", "adds: n, persons", "must be either of the grain or among adds"},
	} {
		a, b := strings.Replace(following, tc.old, tc.new, 1), sums
		if a == following {
			b = strings.Replace(sums, tc.old, tc.new, 1)
		}
		if name == "reads a mart that is whole" {
			a = strings.NewReplacer("refresh: persons", "refresh: whole", "-- dates: problem.onset\n", "").Replace(a)
		}
		if a == following && b == sums {
			t.Fatalf("%s: nothing was broken", name)
		}
		if err := load(a, b); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tc.want)
		}
	}
}

// TestPerRow tells checks that a row passes once and for all from others.
func TestPerRow(t *testing.T) {
	m := Mart{Name: "m", Reads: []string{"person", "list", "run"}, Codelists: []Codelist{{Name: "list"}}}
	for sql, want := range map[string]bool{
		"SELECT a FROM m WHERE a > 1":                                                  true,
		"SELECT a FROM m LEFT JOIN list l ON l.a = m.a WHERE l.a IS NULL":              true,
		"SELECT a FROM m CROSS JOIN run r WHERE m.day > r.as_of":                       false,
		"SELECT a FROM m INNER JOIN person p ON p.person_id = m.person_id":             false,
		"SELECT a FROM m GROUP BY a HAVING COUNT(*) > 1":                               false,
		"SELECT COUNT(*) FROM m":                                                       false,
		"SELECT a FROM m WHERE a IN (SELECT a FROM m WHERE b = 1)":                     false,
		"SELECT a, LAG(a) OVER (PARTITION BY b ORDER BY c ASC NULLS LAST) AS d FROM m": false,
	} {
		if got := m.PerRow(Check{SQL: sql}); got != want {
			t.Errorf("%s: %t", sql, got)
		}
	}
}

// TestNeeds keeps the first column and those that are named, wherever.
func TestNeeds(t *testing.T) {
	m := Mart{SQL: "SELECT p.a, b FROM t p -- d\nWHERE p.C = 'e'"}
	in := m.Needs(Input{Name: "t", Columns: []Column{{Name: "person_id"}, {Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}}})
	var got []string
	for _, c := range in.Columns {
		got = append(got, c.Name)
	}
	if strings.Join(got, " ") != "person_id a b c" || in.Name != "t" {
		t.Errorf("%s %v", in.Name, got)
	}
	for _, sql := range []string{"SELECT DISTINCT p.* FROM t p", "SELECT x.a, X.* FROM u JOIN t AS x", "SELECT t.* FROM t"} {
		if m.SQL = sql; len(m.Needs(Input{Name: "t", Columns: make([]Column, 5)}).Columns) != 5 {
			t.Errorf("%s: columns are missing", sql)
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
		"SELECT EXTRACT(YEAR FROM p.version), p.sex FROM person p INNER JOIN (SELECT sex, lsoa FROM person) q ON q.sex IN ('a', 'b') GROUP BY p.sex, p.lsoa",
		"WITH person AS (SELECT q.sex, q.lsoa FROM person q), b AS (SELECT sex, lsoa FROM person) SELECT sex, lsoa FROM b",
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
		"SELECT sex FROM person p, problem q WHERE p.sex = q.code",
		"SELECT sex FROM person CROSS JOIN (SELECT 1 AS n FROM person p, problem q) r",
		"SELECT sex FROM (problem CROSS JOIN person)",
		"SELECT sex FROM person INNER JOIN (problem) ON sex = code",
		"WITH problem AS (SELECT code FROM problem) SELECT sex FROM person INNER JOIN problem ON sex = code",
		"WITH a AS (SELECT sex FROM problem), problem AS (SELECT sex FROM person) SELECT a.sex FROM a",
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

// TestUnlinkedIsNotFollowed holds that a mart of records without their persons
// is not refreshed by person.
func TestUnlinkedIsNotFollowed(t *testing.T) {
	text := strings.NewReplacer("FROM problem p", "FROM unlinked_problem p", "reads: problem", "reads: unlinked_problem").Replace(following)
	_, err := Load(fstest.MapFS{"small/mart.sql": {Data: []byte(text)}})
	if err == nil || !strings.Contains(err.Error(), "without its persons cannot be refreshed by person") {
		t.Error(err)
	}
}
