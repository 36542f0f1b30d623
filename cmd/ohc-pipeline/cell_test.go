package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/testdata/population"
)

// family is a surname in one word, which has the shape of a code.
const family = "Featherstonehaugh"

// TestOneCellEndsNoRun plants NHS numbers, postcodes and a surname in every
// cell of a hospital table and as codes and units of the shared record. Who is
// named where a code should be costs his line its place, which is told; every
// other record is read, the run is published, and no row says the name.
func TestOneCellEndsNoRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	if _, err := population.Write(t.Context(), population.Plan{Persons: 400, Seed: 3, Out: dir, Months: 3}, nil); err != nil {
		t.Fatal(err)
	}
	conf, err := load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := plantCells(t, filepath.Join(dir, "hospital"))
	observations := plantCodes(t, filepath.Join(dir, "shared-record"))
	if _, _, err := begin(t.Context(), conf, extract); err != nil {
		t.Fatalf("a cell ended the run: %v", err)
	}
	got := placesIn(t, conf, "apc-cells.csv")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("quarantined\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := placesIn(t, conf, "Observation.900.ndjson"); len(got) > 0 || observations == 0 {
		t.Errorf("of %d observations, %d were rejected", observations, len(got))
	}
	nobodyIsNamed(t, conf, observations)
}

// nobodyIsNamed looks for the surname in every row of the stage, and for the
// observations that have it as a unit.
func nobodyIsNamed(t *testing.T, conf config.Config, observations int) {
	t.Helper()
	db := look(t, conf)
	for _, name := range datasets(t, db) {
		var found, others int
		if err := db.QueryRow("SELECT count(*) FROM " + name + " r WHERE lower(CAST(r AS VARCHAR)) LIKE '%" + strings.ToLower(family) + "%'").Scan(&found); err != nil {
			t.Fatal(err)
		}
		if found > 0 {
			t.Errorf("%d rows of %s say the name", found, name)
		}
		if name != "observation" {
			continue
		}
		if err := db.QueryRow("SELECT count(*) FROM observation WHERE unit = '{other}' AND code IS NULL AND value = 7").Scan(&others); err != nil {
			t.Fatal(err)
		}
		if others == 0 || others > observations {
			t.Errorf("%d rows of %d observations with a unit that is not known", others, observations)
		}
	}
}

func placesIn(t *testing.T, conf config.Config, file string) (out []string) {
	t.Helper()
	withLedger(t, conf, func(l *ledger.Ledger, run string) error {
		places, err := l.Places(context.Background(), run, 1_000_000)
		for _, p := range places {
			if p.File == file {
				out = append(out, fmt.Sprintf("%d %s %s", p.Line, p.Field, p.Reason))
			}
		}
		return err
	})
	return out
}

// plantCells writes a table of admissions with one line for each column and
// each thing planted in it, and returns what must be quarantined of it.
func plantCells(t *testing.T, dir string) (want []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "apc.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	columns, sound := strings.Split(lines[0], ","), strings.Split(lines[1], ",")
	out := []string{lines[0]}
	for i, column := range columns {
		for _, planted := range []string{"9434765919", "943 476 5919", "ST5 5BG", family} {
			cells := slices.Clone(sound)
			cells[slices.Index(columns, "EPIKEY")] = fmt.Sprint("cell-", len(out))
			cells[i] = planted
			out = append(out, strings.Join(cells, ","))
			if field, reason := quarantined(column, planted); field != "" {
				want = append(want, fmt.Sprintf("%d %s %s", len(out), field, reason))
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "apc-cells.csv"), []byte(strings.Join(out, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return want
}

// quarantined says what a planted cell must come to, for the columns of the
// preset hes-apc: nothing where the line is read.
func quarantined(column, planted string) (field, reason string) {
	switch column {
	case "EPISTART":
		return "start", "not a date"
	case "EPIEND":
		return "end", "not a date"
	case "MYDOB":
		return "birth", "not a date of birth"
	}
	stem, _, _ := strings.Cut(column, "_4_")
	field = map[string]string{
		"ADMIMETH": "admission_method", "DIAG": "diagnoses", "DISDEST": "discharge_destination", "DISMETH": "discharge_method", "EPISTAT": "status",
		"ETHNOS": "ethnic_category", "GPPRAC": "practice", "MAINSPEF": "main_specialty", "OPERTN": "procedures", "PROCODE3": "provider",
		"SEX": "sex", "SITETRET": "site", "TRETSPEF": "treatment_function", "LSOA11": "lsoa",
	}[stem]
	if planted != family {
		return field, "what may be an NHS number or a postcode, where a code should be"
	}
	if stem == "DIAG" || stem == "OPERTN" {
		return field, "not a code"
	}
	return "", ""
}

// plantCodes writes observations whose code and unit are the surname, and
// returns how many.
func plantCodes(t *testing.T, dir string) (n int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "Observation.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		var o map[string]any
		if json.Unmarshal([]byte(line), &o) != nil || n == 60 {
			continue
		}
		n++
		o["id"] = fmt.Sprint("cell-", n)
		o["code"] = map[string]any{"coding": []any{map[string]any{"system": "http://snomed.info/sct", "code": family}}}
		o["valueQuantity"] = map[string]any{"value": 7, "unit": family, "code": family, "system": "http://unitsofmeasure.org"}
		delete(o, "component")
		delete(o, "valueCodeableConcept")
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(data, '\n'))
	}
	if err := os.WriteFile(filepath.Join(dir, "Observation.900.ndjson"), []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}
