package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/term"
	"secondaryuse/marts/snapshot"
	"secondaryuse/testdata/population"
)

// canary is a person who is in the shared record and on no list of who may be used. Her
// NHS number is the identifier of a SNOMED CT concept as well.
type canary struct{ number, family, given, postcode, street, phone, email, local string }

func newCanary(t *testing.T) canary {
	t.Helper()
	for n := 9000000000; n < 9999999999; n++ {
		b := fmt.Appendf(nil, "%d", n)
		if _, concept := term.CodeIn(term.SNOMED, b); concept && sum(b)%11 == 0 {
			return canary{string(b), "Quetzalbird", "Philomena", "ST21 6QQ", "77 Birdcage Walk", "07700 911911", "philomena.quetzalbird@example.org", "CANARY0815"}
		}
	}
	t.Fatal("no number is both")
	return canary{}
}

// sum is the digits with the weights of an NHS number.
func sum(b []byte) (s int) {
	for i, c := range b {
		s += int(c-'0') * (10 - i)
	}
	return s
}

// TestCanary plants everything that names a canary in every field of every feed, each in
// records of its own, codes, dates and numbers among them: nobody finds any of it in
// anything that is left.
func TestCanary(t *testing.T) {
	t.Parallel()
	c := newCanary(t)
	s := newSite(t, population.Plan{Persons: 400, Seed: 1})
	s.hatch(c)
	values := []string{c.number[:3] + " " + c.number[3:6] + " " + c.number[6:], c.family, c.family + ", " + c.given, c.postcode, strings.ReplaceAll(c.postcode, " ", ""),
		c.street, strings.ReplaceAll(c.phone, " ", ""), c.email, c.local}
	if n := s.plantAll(values); n < 250 {
		t.Errorf("planted in %d fields: a feed is missing", n)
	}
	said := s.run(0, "run") + s.run(0, "show") + s.run(0, "report") + s.run(0, "quarantine", "--number", "100000")
	for i, v := range values {
		if strings.Contains(said, v) {
			t.Errorf("what it said holds the canary's value %d", i)
		}
	}
	s.run(0, "verify", "leak")
}

// TestCanaryIsNoConcept plants an NHS number that is a sound identifier of SNOMED CT, which
// a field of codes takes for one: nothing is published, by any command.
func TestCanaryIsNoConcept(t *testing.T) {
	t.Parallel()
	c := newCanary(t)
	s := newSite(t, population.Plan{Persons: 400, Seed: 1})
	s.hatch(c)
	was := make(map[string]string)
	for _, path := range s.glob("shared-record/*Medication*.ndjson") {
		was[path] = s.read(path)
	}
	s.plantAll([]string{c.number})
	said := s.run(exitCheck, "run")
	if !strings.Contains(said, "medication_monthly.parquet, column code: NHS number") || strings.Contains(said, c.number) {
		t.Errorf("it does not say where, or says whose%s", s.shown(said))
	}
	s.run(exitCheck, "run")
	s.run(exitCheck, "publish")
	for _, command := range []string{"publish", "run"} { // as if it had died before all was looked through
		s.must(os.Remove(filepath.Join(s.left, "work", "held")))
		s.run(exitCheck, command)
	}
	if _, _, err := snapshot.Current(s.marts()); err != snapshot.ErrNone {
		t.Errorf("something is published: %v", err)
	}
	if drafts, _ := filepath.Glob(filepath.Join(s.marts(), "snapshots", "*")); len(drafts) > 0 {
		t.Errorf("%d drafts are left", len(drafts))
	}
	s.run(exitCheck, "verify", "leak") // for the stage holds it, as a code
	for path, text := range was {
		s.write(path, text)
	}
	for _, path := range s.glob("gp-connect/*-9???.json") {
		s.must(os.Remove(s.path(path)))
	}
	s.run(0, "run")
	s.run(0, "publish")
}

// hatch adds the canary to the shared record.
func (s *site) hatch(c canary) {
	line, _, _ := strings.Cut(s.read("shared-record/Patient.ndjson"), "\n")
	var p map[string]any
	s.must(json.Unmarshal([]byte(line), &p))
	p["id"] = "00000000-0000-4000-8000-00000000c0c0"
	p["name"] = []any{map[string]any{"family": c.family, "given": []string{c.given}}}
	p["telecom"] = []any{map[string]any{"system": "phone", "value": c.phone}, map[string]any{"system": "email", "value": c.email}}
	p["address"] = []any{map[string]any{"line": []string{c.street}, "postalCode": c.postcode}}
	for _, i := range p["identifier"].([]any) {
		if i := i.(map[string]any); i["system"] == "https://fhir.nhs.uk/Id/nhs-number" {
			i["value"] = c.number
		} else {
			i["value"] = c.local
		}
	}
	out, err := json.Marshal(p)
	s.must(err)
	s.write("shared-record/Patient.canary.ndjson", string(out)+"\n")
}

// plantAll plants a value in every field of every feed, and returns in how many.
func (s *site) plantAll(values []string) (fields int) {
	for _, like := range []string{"shared-record/*.ndjson", "phr/*.ndjson"} {
		for _, path := range s.glob(like) {
			if !strings.Contains(path, "canary") {
				fields += s.plantLines(path, values)
			}
		}
	}
	for _, like := range []string{"gp-connect/*.json", "wearable/garmin/dailies*.json", "wearable/garmin/sleeps*.json", "wearable/garmin/moveIQ*.json", "wearable/garmin/bodyComps*.json",
		"wearable/fitbit/*/sleep.json", "wearable/fitbit/*/activities-*.json"} {
		fields += s.plantDocument(s.glob(like)[0], values)
	}
	for _, path := range s.glob("wearable/fitbit/export/*.json") {
		fields += s.plantLines(path, values)
	}
	for _, path := range s.glob("hospital/*.csv") {
		fields += s.plantTable(path, values)
	}
	fields += s.plantParquet(s.glob("hospital/*.parquet")[0], values)
	return fields + s.plantXML(s.glob("wearable/apple/*/export.xml")[0], values)
}

func (s *site) glob(like string) (names []string) {
	s.t.Helper()
	paths, err := filepath.Glob(s.path(like))
	if err != nil || len(paths) == 0 {
		s.t.Fatalf("the population has no %s", like)
	}
	for _, p := range paths {
		name, _ := filepath.Rel(s.in, p)
		names = append(names, name)
	}
	return names
}

// spot where a value may be planted in JSON: a name without the numbers of lists, and
// what sets it.
type leaf struct {
	name string
	set  func(any)
}

// leaves are all fields of a value, the first of each list.
func leaves(v any, name string, set func(any)) (out []leaf) {
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			out = append(out, leaves(x, name+"."+key, func(y any) { v[key] = y })...)
		}
	case []any:
		for i, x := range v {
			out = append(out, leaves(x, name+"[]", func(y any) { v[i] = y })...)
		}
	default:
		out = append(out, leaf{name, set})
	}
	return out
}

// perField is in how many records each field is planted: some are of persons who are
// left out, and each has another value.
const perField = 9

// plantLines plants in lines of JSON, in one field of each.
func (s *site) plantLines(path string, values []string) int {
	lines := strings.SplitAfter(s.read(path), "\n")
	planted := make(map[string]int)
	for i, line := range lines {
		var v any
		if json.Unmarshal([]byte(line), &v) != nil {
			continue
		}
		all := leaves(v, "", func(any) {})
		slices.SortFunc(all, func(a, b leaf) int {
			if n := planted[a.name] - planted[b.name]; n != 0 {
				return n
			}
			return strings.Compare(a.name, b.name)
		})
		if len(all) == 0 || planted[all[0].name] >= perField {
			continue
		}
		all[0].set(values[planted[all[0].name]%len(values)])
		planted[all[0].name]++
		out, err := json.Marshal(v)
		s.must(err)
		lines[i] = string(out) + "\n"
	}
	s.write(path, strings.Join(lines, ""))
	return len(planted)
}

// plantDocument writes copies of a document, each with one field planted.
func (s *site) plantDocument(path string, values []string) int {
	text, planted := s.read(path), make(map[string]int)
	for n := 0; ; n++ {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			s.t.Fatalf("%s is no JSON", path)
		}
		all := leaves(v, "", func(any) {})
		i := slices.IndexFunc(all, func(l leaf) bool { return planted[l.name] < len(values) })
		if i < 0 {
			return len(planted)
		}
		all[i].set(values[planted[all[i].name]])
		planted[all[i].name]++
		out, err := json.Marshal(v)
		s.must(err)
		ext := filepath.Ext(path)
		s.write(fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), 9000+n, ext), string(out))
	}
}

// plantTable plants in a table, in another column of each row.
func (s *site) plantTable(path string, values []string) int {
	lines := strings.Split(s.read(path), "\n")
	columns := strings.Count(lines[0], ",") + 1
	for i := 1; i < min(len(lines), columns*perField); i++ {
		cells := strings.Split(lines[i], ",")
		if len(cells) == columns {
			cells[i%columns] = `"` + values[i/columns%len(values)] + `"`
			lines[i] = strings.Join(cells, ",")
		}
	}
	s.write(path, strings.Join(lines, "\n"))
	return columns
}

// plantParquet plants in a Parquet file, in another column of each row.
func (s *site) plantParquet(path string, values []string) int {
	db, err := sql.Open("duckdb", "")
	s.must(err)
	defer db.Close()
	from := "'" + s.path(path) + "'"
	rows, err := db.QueryContext(context.Background(), "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+from+")")
	s.must(err)
	defer rows.Close()
	var set []string
	n := 0
	for ; rows.Next(); n++ {
		var name, kind string
		s.must(rows.Scan(&name, &kind))
		set = append(set, fmt.Sprintf(`CASE WHEN row_number() OVER () %% 97 = %d THEN coalesce(TRY_CAST('%s' AS %s), "%s") ELSE "%s" END AS "%s"`, n, values[n%len(values)], kind, name, name, name))
	}
	s.must(rows.Err())
	_, err = db.Exec("COPY (SELECT " + strings.Join(set, ", ") + " FROM " + from + ") TO '" + s.path(path) + ".new' (FORMAT parquet)")
	s.must(err)
	s.must(os.Rename(s.path(path)+".new", s.path(path)))
	return n
}

var attribute = regexp.MustCompile(`<(\w+)[^>]*>`)

// plantXML plants in an export, in another attribute of each element.
func (s *site) plantXML(path string, values []string) int {
	planted := make(map[string]int)
	each := regexp.MustCompile(`(\w+)="[^"]*"`)
	out := attribute.ReplaceAllFunc([]byte(s.read(path)), func(element []byte) []byte {
		done := false
		return each.ReplaceAllFunc(element, func(a []byte) []byte {
			name := string(element[:bytes.IndexAny(element, " >")]) + " " + string(a[:bytes.IndexByte(a, '=')])
			if done || planted[name] >= perField {
				return a
			}
			planted[name]++
			done = true
			return []byte(string(a[:bytes.IndexByte(a, '=')+1]) + `"` + values[planted[name]%len(values)] + `"`)
		})
	})
	s.write(path, string(out))
	return len(planted)
}
