package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"secondaryuse/testdata/population"
)

// told is the truth of a population, as truth/README.md explains it.
type told struct {
	Tallies     []population.Tally
	Counts      []toldCount
	Persons     []toldPerson
	Records     []toldRecord
	Rejects     []toldReject
	Measures    []toldMeasure
	Days        []toldDay
	Acts        []toldAct
	Activity    []toldActivity
	Items       []toldItem
	Identifiers []toldIdentifiers
}

type toldCount struct {
	Name string
	N    int64
}

type toldPerson struct {
	Person                int
	Outcome, Gate, Reason string
	Population            bool
	Age                   int
	Sex                   string
	Ethnic                string `json:"ethnic_category"`
	LSOA                  string
	Decile                int `json:"imd_decile"`
	Practice, PCN         string
	Registered, Deceased  bool
	Registers             []toldRegister
}

type toldRegister struct {
	Register string
	First    string `json:"first_on"`
	Latest   string `json:"latest_on"`
	Codes    int
}

type toldRecord struct {
	Person                         int
	Feed, Dataset, Record, Version string
	Outcome, Gate, Reason          string
	System, Code, At               string
	Value, Second                  json.Number
	Unit, Kind                     string
}

type toldReject struct{ Feed, File, Line, Dataset, Fault string }

type toldMeasure struct {
	Person            int
	Measure, Recorder string
	On                string `json:"measured_on"`
	Value             json.Number
	Status            string
}

type toldDay struct {
	Person  int
	Day     string
	Steps   json.Number
	Resting json.Number `json:"resting_heart_rate"`
	Sleep   json.Number `json:"sleep_minutes"`
	Active  json.Number `json:"active_minutes"`
	Hours   int         `json:"covered_hours"`
}

// toldAct is a row of activity_daily.
type toldAct struct {
	Person, Activity int
	Day, Kind        string
}

type toldActivity struct{ Month, Practice, Kind, Activity, Persons string }

type toldItem struct{ Month, Practice, System, Code, Items, Persons, Quantity string }

type toldIdentifiers struct {
	Person int
	Number string `json:"nhs_number"`
}

func readTold(t *testing.T, dir string, s population.Summary) *told {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, "truth", name) }
	out := &told{
		Tallies:     s.Tallies,
		Persons:     readJSON[toldPerson](t, at("persons.ndjson.zst")),
		Records:     readJSON[toldRecord](t, at("records.ndjson.zst")),
		Rejects:     readTable[toldReject](t, at("rejected.csv")),
		Measures:    readJSON[toldMeasure](t, at("measurements.ndjson.zst")),
		Days:        readJSON[toldDay](t, at("wearable_days.ndjson.zst")),
		Acts:        readJSON[toldAct](t, at("activity_days.ndjson.zst")),
		Activity:    readTable[toldActivity](t, at("activity.csv")),
		Items:       readTable[toldItem](t, at("medication.csv")),
		Identifiers: readJSON[toldIdentifiers](t, at("identifiers.ndjson.gz")),
	}
	for name, n := range s.Marts {
		out.Counts = append(out.Counts, toldCount{name, n})
	}
	for name, n := range s.Registers {
		out.Counts = append(out.Counts, toldCount{"register " + name, n})
	}
	if len(out.Persons) != s.Persons || len(out.Identifiers) != s.Persons || len(out.Records) == 0 {
		t.Fatalf("the truth has %d persons of %d, and %d records", len(out.Persons), s.Persons, len(out.Records))
	}
	return out
}

// readJSON reads a file of JSON, one value a line. A member that no field is
// for is an error: nothing that the truth says is passed over unseen.
func readJSON[X any](t *testing.T, path string) (out []X) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader
	if strings.HasSuffix(path, ".zst") {
		r, err = zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	} else {
		r, err = gzip.NewReader(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bufio.NewReader(r))
	if !strings.Contains(path, "identifiers") { // the rest of that is for the search for leaks
		d.DisallowUnknownFields()
	}
	for d.More() {
		var x X
		if err := d.Decode(&x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

// readTable reads a CSV file into structs of strings, column by column.
func readTable[X any](t *testing.T, path string) []X {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = reflect.TypeFor[X]().NumField()
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]X, len(rows)-1)
	for i, row := range rows[1:] {
		v := reflect.ValueOf(&out[i]).Elem()
		for j, cell := range row {
			v.Field(j).SetString(cell)
		}
	}
	return out
}

// missing names the ends to which no record of the truth comes.
func (o *told) missing() (out []string) {
	there := make(map[string]bool)
	for _, t := range o.Tallies {
		there[t.Outcome] = true
		if t.Outcome == "excluded" {
			there[t.Reason] = true
		}
	}
	for _, end := range []string{
		"kept", "rejected", "superseded", "deleted", "deletion", "unused",
		"no NHS number", "NHS number not valid", "NHS number not verified", "one key, several persons", "person not in the feed",
		"not on the allow list", "shared record objection", "Type 1 opt-out", "not connected", "before the connection",
		"after the connection", "no sharing agreement", "outside its dates", "by code", "by what it hangs on", "flagged confidential",
	} {
		if !there[end] {
			out = append(out, end)
		}
	}
	return out
}

// line joins what is told to one line; what is empty is a dash.
func line(cells ...any) string {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteString(" | ")
		}
		s := ""
		switch c := c.(type) {
		case string:
			s = c
		case json.Number:
			s = string(c)
		case int:
			s = strconv.Itoa(c)
		case int64:
			s = strconv.FormatInt(c, 10)
		case bool:
			s = strconv.FormatBool(c)
		default:
			panic("line: " + reflect.TypeOf(c).String())
		}
		if s == "" {
			s = "-"
		}
		b.WriteString(s)
	}
	return b.String()
}

// places writes a number with so many decimals, and nothing as nothing.
func places(n json.Number, decimals int) string {
	v, err := n.Float64()
	if err != nil {
		return string(n)
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}
