package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// spoil adds to the input what ought not to be in it: identifiers in the names
// of files and folders, and in every place of a record that has one, in files
// that are cut off, empty, of another kind or not of any.
func (s *site) spoil() {
	people := s.subjects()
	at := 0
	next := func() subject { at++; return people[at%len(people)] }
	account := func() string {
		for {
			if x := next(); len(x.Accounts) > 0 {
				return x.Accounts[0]
			}
		}
	}
	for _, like := range []string{"gp-connect/*.json", "wearable/garmin/dailies*.json", "wearable/fitbit/*/activities-steps.json", "wearable/apple/*/export.xml"} {
		for i, text := range broken(s.sample(like)) {
			x, dir := next(), filepath.Dir(like)
			name := fmt.Sprintf("%s_%s_%s_%d%s", x.NHSNumber, x.Family, account(), i, filepath.Ext(like))
			switch filepath.Base(dir) {
			case "garmin":
				name = "dailies_" + name
			case "*":
				dir = strings.Replace(dir, "*", account()+x.Given, 1)
				name = filepath.Base(like)
			}
			s.write(filepath.Join(dir, name), text)
		}
	}
	s.write("wearable/apple/"+account()+"-2.zip", "PK\x03\x04"+next().Family)
	s.spoilTables(next)
	for _, like := range []string{"shared-record/Observation.ndjson", "shared-record/Condition.ndjson", "shared-record/MedicationRequest.ndjson",
		"shared-record/Encounter.ndjson", "shared-record/Patient.ndjson", "phr/Observation.ndjson", "phr/QuestionnaireResponse.ndjson", "phr/deleted/*"} {
		line, _, _ := strings.Cut(s.sample(like), "\n")
		lines := planted(line, func(i int) string {
			x := next()
			return []string{spaced(x.NHSNumber), x.NHSNumber, x.Given + " " + x.Family, x.Postcode, x.Family, x.Phone, x.Email, x.Street}[i%8]
		})
		ext := strings.TrimSuffix(filepath.Base(like), ".ndjson")
		if ext == "*" {
			ext = "x"
		}
		s.write(filepath.Join(filepath.Dir(like), ext+"."+next().NHSNumber+".ndjson"), strings.Join(lines, "\n")+"\n")
	}
}

// spoilTables does so for the hospital tables.
func (s *site) spoilTables(next func() subject) {
	for _, kind := range []string{"apc", "ae"} {
		s.write("hospital/"+kind+"-cells.csv", celled(s.sample("hospital/"+kind+".csv"), func(i int) string {
			x := next()
			return []string{x.NHSNumber, spaced(x.NHSNumber), x.Postcode, x.Family, strings.ToLower(x.Family), x.Phone}[i%6]
		}))
	}
	for i, text := range broken(s.sample("hospital/apc.csv")) {
		s.write(fmt.Sprintf("hospital/apc-%d-%s.csv", i, spaced(next().NHSNumber)), text)
	}
}

// sample returns the text of the first file of the input that fits a pattern.
func (s *site) sample(like string) string {
	s.t.Helper()
	names, err := filepath.Glob(s.path(like))
	if err != nil || len(names) == 0 {
		s.t.Fatalf("the population has no %s", like)
	}
	slices.Sort(names)
	text, err := os.ReadFile(names[0])
	s.must(err)
	return string(text)
}

// broken returns a text as it ought not to be.
func broken(text string) []string {
	var wide strings.Builder
	wide.WriteString("\xff\xfe")
	for _, c := range []byte(text) {
		wide.WriteString(string([]byte{c, 0}))
	}
	half := text[:len(text)/2]
	return []string{half, "", wide.String(), "\x1f\x8b\x08\x00" + half, half + "\n" + half, "{" + text, strings.ReplaceAll(text, ":", "::")}
}

// celled returns a table of copies of the first line of a table, with another
// value in the place of each cell in turn, several times over.
func celled(table string, value func(int) string) string {
	lines := strings.SplitN(table, "\n", 3)
	cells := strings.Split(lines[1], ",")
	out := []string{lines[0]}
	for i, was := range cells {
		for n := range 4 {
			cells[i] = value(i + n)
			out = append(out, strings.Join(cells, ","))
		}
		cells[i] = was
	}
	return strings.Join(out, "\n") + "\n"
}

func spaced(number string) string { return number[:3] + " " + number[3:6] + " " + number[6:] }

// planted returns copies of a record in JSON, with another value in the place
// of each value and of each name in turn. value(0) is an NHS number with its
// spaces; a number gives way to one without.
func planted(line string, value func(int) string) (out []string) {
	var record any
	if err := json.Unmarshal([]byte(line), &record); err != nil {
		panic("a sample that is no JSON")
	}
	emit := func() {
		data, err := json.Marshal(record)
		if err != nil {
			panic("a record that is no JSON any more")
		}
		out = append(out, string(data))
	}
	var walk func(v any, set func(any))
	walk = func(v any, set func(any)) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				old := v[k]
				walk(old, func(x any) { v[k] = x })
				v[k] = old
				name := value(len(out))
				v[name] = old
				emit()
				delete(v, name)
			}
		case []any:
			for i, old := range v {
				walk(old, func(x any) { v[i] = x })
				v[i] = old
			}
		default:
			if _, ok := v.(float64); ok {
				set(json.Number(strings.ReplaceAll(value(0), " ", "")))
				emit()
			}
			set(value(len(out)))
			emit()
			set(v)
		}
	}
	walk(record, func(any) {})
	return out
}
