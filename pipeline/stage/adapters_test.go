package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/gpconnect"
	"secondaryuse/pipeline/source/phr"
	"secondaryuse/pipeline/source/sharedrecord"
	"secondaryuse/pipeline/source/tabular"
	"secondaryuse/pipeline/source/wearable/apple"
	"secondaryuse/pipeline/source/wearable/fitbit"
	"secondaryuse/pipeline/source/wearable/garmin"
)

// adapter is an adapter with a file that it reads, of which values are
// replaced.
type adapter struct {
	open   func(dir string) (source.Source, error)
	name   string         // of the file
	text   string         // in which every value stands at least once
	values *regexp.Regexp // of the text; its last group is what is replaced
	quote  func(string) string
	lines  bool // copies of the lines may stand in one file
}

var (
	inJSON = regexp.MustCompile(`[:\[,]\s*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.]*)`)
	inXML  = regexp.MustCompile(`[A-Za-z]="([^"]*)"`)
	inCSV  = regexp.MustCompile(`(?:^|,)([^,\n]*)`)
)

func adapters(t *testing.T) map[string]adapter {
	t.Helper()
	plain := func(s string) string {
		return strings.NewReplacer(",", "", "\n", "", `"`, "", "<", "", "&", "").Replace(s)
	}
	r4 := sample(t, "fhir/testdata/r4.ndjson")
	return map[string]adapter{
		"sharedrecord": {func(dir string) (source.Source, error) {
			return sharedrecord.New(sharedrecord.Config{Dir: dir}), nil
		}, "Observation.ndjson", r4, inJSON, strconv.Quote, true},
		"phr":         {func(dir string) (source.Source, error) { return phr.Open(dir, fhir.Person{}), nil }, "x.ndjson", r4 + selfRecords, inJSON, strconv.Quote, true},
		"gpconnect":   {func(dir string) (source.Source, error) { return gpconnect.Open(dir, fhir.Person{}), nil }, "x.json", bundle(sample(t, "fhir/testdata/stu3.ndjson")), inJSON, strconv.Quote, false},
		"admissions":  {func(dir string) (source.Source, error) { return table(dir, "admission") }, "x.csv", line(t, "admission"), inCSV, plain, true},
		"attendances": {func(dir string) (source.Source, error) { return table(dir, "ae") }, "x.csv", line(t, "ae"), inCSV, plain, true},
		"persons":     {func(dir string) (source.Source, error) { return table(dir, "person") }, "x.csv", line(t, "person"), inCSV, plain, true},
		"garmin":      {func(dir string) (source.Source, error) { return garmin.Open(dir), nil }, "push.json", sample(t, "wearable/garmin/testdata/push.json"), inJSON, strconv.Quote, false},
		"fitbit":      {func(dir string) (source.Source, error) { return fitbit.Open(dir), nil }, "acct/x.json", sample(t, "wearable/fitbit/testdata/answer.json"), inJSON, strconv.Quote, false},
		"fitbit rows": {func(dir string) (source.Source, error) { return fitbit.Open(dir), nil }, "any.json", sample(t, "wearable/fitbit/testdata/export.json"), inJSON, strconv.Quote, false},
		"apple":       {func(dir string) (source.Source, error) { return apple.Open(dir), nil }, "acct/export.xml", sample(t, "wearable/apple/testdata/export.xml"), inXML, plain, false},
	}
}

func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../source", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const selfRecords = `{"resourceType":"QuestionnaireResponse","id":"q1","status":"completed","subject":{"reference":"Patient/p1"},"item":[{"linkId":"phq2-1","answer":[{"valueCoding":{"system":"http://loinc.org","code":"LA6569-3"}}]},{"linkId":"q-2","answer":[{"valueQuantity":{"value":4,"unit":"d","code":"d","system":"http://unitsofmeasure.org"}},{"valueInteger":3}]}]}
`

// bundle makes one document of resources of one patient.
func bundle(lines string) string {
	const patient = `{"resourceType":"Patient","id":"p1","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990001006"}],"managingOrganization":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"M82002"}}}`
	entries := []string{patient}
	for l := range strings.Lines(lines) {
		if !strings.Contains(l, `"Patient"`) {
			entries = append(entries, strings.TrimSpace(l))
		}
	}
	return `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + strings.Join(entries, `},{"resource":`) + `}]}`
}

// table opens tables that have a column for every role, of the role's name.
func table(dir, as string) (source.Source, error) {
	columns := make(map[string][]string)
	for _, role := range rolesOf(as) {
		columns[role] = []string{role}
	}
	return tabular.Open(dir, []tabular.Table{{File: "*.csv", As: as, Columns: columns}})
}

func rolesOf(as string) (roles []string) {
	for _, role := range tabular.Roles() {
		_, err := tabular.Open("", []tabular.Table{{File: "*", As: as, Columns: map[string][]string{
			"nhs_number": {"a"}, "record_id": {"a"}, "start": {"a"}, "procedures": {"a"}, role: {"a"}}}})
		if as == "person" {
			_, err = tabular.Open("", []tabular.Table{{File: "*", As: as, Columns: map[string][]string{"nhs_number": {"a"}, role: {"a"}}}})
		}
		if err == nil {
			roles = append(roles, role)
		}
	}
	return roles
}

// line is a line of such a table, below its header.
func line(t *testing.T, as string) string {
	t.Helper()
	sound := map[string]string{"nhs_number": "9000000041", "start": "2024-01-02", "birth": "031950", "record_id": "E1", "provider": "RJE", "practice": "M82002",
		"sex": "2", "ethnic_category": "A", "treatment_function": "300", "diagnoses": "F321", "procedures": "X151", "lsoa": "E01000001", "admission_method": "21"}
	var head, cells []string
	for _, role := range rolesOf(as) {
		head, cells = append(head, role), append(cells, sound[role])
	}
	if len(head) < 10 {
		t.Fatalf("%d roles of a table as %s", len(head), as)
	}
	return strings.Join(head, ",") + "\n" + strings.Join(cells, ",") + "\n"
}

// planted are what has no business in a stored row, in all spellings.
var planted = []string{
	"9434765919", "943 476 5919", "943-476-5919", "009434765919", "9434765919A", "1000001008", "ST5 5BG", "ST55BG", "M11AA", "B12 1AB",
	"Featherstone", "SMITH", "smith", "Smith00", "LEE", "1950-03-04", "19500304", "07700900123", "x@example.org", "seen by Dr Smith", "12 High Street",
	"{Smith}", "Banana", "8a6e0804-2bd0-4672-b79d-d97027f9071a", "\u00a0", "943\u00a0476\u00a05919", "x", "0",
}

// TestWhatAnAdapterEmitsIsSealed puts each of those in the place of every
// value of every adapter's input in turn: whatever rows come of it, the
// inspection before the seal accepts them. So no one value can end a run.
func TestWhatAnAdapterEmitsIsSealed(t *testing.T) {
	for name, a := range adapters(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			places := a.values.FindAllStringSubmatchIndex(a.body(), -1)
			for n, value := range planted {
				var copies []string
				for i, p := range places {
					if a.lines || (i+n)%5 == 0 { // each file takes its time
						copies = append(copies, a.with(p, value))
					}
				}
				if rows := a.read(t, copies); rows == 0 {
					t.Errorf("no row was read with %q in %d places", value, len(places))
				}
			}
		})
	}
}

// TestWhateverAnAdapterEmitsIsSealed does the same with any text in any place.
func TestWhateverAnAdapterEmitsIsSealed(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9.\-+/ ]{1,14}`), rapid.StringMatching(`[0-9]{1,19}`), rapid.StringMatching(`[A-Z]{0,3}[0-9]{0,5}[A-Z]{0,3}`),
		rapid.StringMatching(`[A-Za-z]{1,8}[0-9]{0,3}[A-Za-z.]{0,3}`), rapid.StringMatching(`[\[\]{}%/.*A-Za-z0-9]{1,8}`), rapid.String())
	for name, a := range adapters(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			places := a.values.FindAllStringSubmatchIndex(a.body(), -1)
			rapid.Check(t, func(r *rapid.T) {
				var copies []string
				for range 4 {
					copies = append(copies, a.with(rapid.SampledFrom(places).Draw(r, "place"), text.Draw(r, "value")))
				}
				a.read(t, copies)
			})
		})
	}
}

// body is the text in which values are replaced: all but the header of a table.
func (a adapter) body() string {
	if a.values == inCSV {
		_, rest, _ := strings.Cut(a.text, "\n")
		return rest
	}
	return a.text
}

// with returns the text, or the line of it, with another value in a place.
func (a adapter) with(place []int, value string) string {
	body := a.body()
	from, to := place[len(place)-2], place[len(place)-1]
	out := body[:from] + a.quote(value) + body[to:]
	if a.lines {
		begin := strings.LastIndexByte(body[:from], '\n') + 1
		end := strings.IndexByte(out[from:], '\n')
		return out[begin:][:from-begin+end]
	}
	return out
}

// read reads copies of the text and holds every text of every row to the
// inspection. It returns how many rows there were.
func (a adapter) read(t *testing.T, copies []string) (rows int) {
	t.Helper()
	dir := t.TempDir()
	if a.lines {
		copies = []string{strings.TrimSuffix(a.text, a.body()) + strings.Join(copies, "\n") + "\n"}
	}
	for i, text := range copies {
		path := filepath.Join(dir, fmt.Sprint(i), a.name)
		if a.lines {
			path = filepath.Join(dir, a.name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := a.open(dir)
	if err != nil {
		t.Fatal(err)
	}
	shards, err := s.Shards(context.Background(), source.Rows)
	if err != nil {
		t.Fatal(err)
	}
	var b record.Block
	for _, sh := range shards {
		if err := s.Read(context.Background(), source.Rows, sh, &b, func() error { rows += hold(t, &b); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// hold holds the rows of a block to the inspection. What is heard of a rejected
// record is no row.
func hold(t *testing.T, b *record.Block) (rows int) {
	t.Helper()
	block := reflect.ValueOf(b).Elem()
	for i := range block.NumField() {
		list := block.Field(i)
		if name := block.Type().Field(i).Name; list.Kind() != reflect.Slice || name == "Rejects" || name == "Heard" {
			continue
		}
		for j := range list.Len() {
			rows++
			row := list.Index(j).FieldByName("Row")
			for _, f := range reflect.VisibleFields(row.Type()) {
				column, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
				if text := row.FieldByIndex(f.Index); text.Kind() == reflect.String && !columns[column].fit([]byte(text.String())) {
					t.Errorf("%s: column %s holds %q, which would end the run", block.Type().Field(i).Name, column, text)
				}
			}
		}
	}
	return rows
}
