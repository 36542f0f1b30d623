package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const good = `as_of: 2026-11-01
feeds:
  - {name: ohc, kind: fhir, path: in, person: {verification: ["01", "02"]}}
  - name: hospital
    kind: tabular
    path: /abs
    tables:
      - {file: "apc*.csv", as: admission, columns: {record_id: EPIKEY, diagnoses: [DIAG_01, DIAG_02]}}
gates:
  optout: {sent: a, reply: b, control: c, max_age: 20d}
  objection: {file: o.csv, max_age: 36h}
  connection: {not_applicable: "no wearables in this region"}
  agreement: {file: g.csv}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	path := write(t, good)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.AsOf.Format(time.DateOnly); got != "2026-11-01" {
		t.Errorf("as_of = %s", got)
	}
	if want := filepath.Join(filepath.Dir(path), "in"); c.Feeds[0].Path != want {
		t.Errorf("path = %s, want %s", c.Feeds[0].Path, want)
	}
	if c.Feeds[1].Path != "/abs" || len(c.Feeds[1].Tables[0].Columns["diagnoses"]) != 2 || c.Feeds[1].Tables[0].Columns["record_id"][0] != "EPIKEY" {
		t.Errorf("tables = %+v", c.Feeds[1])
	}
	if time.Duration(c.Gates.OptOut.MaxAge) != 480*time.Hour || time.Duration(c.Gates.Objection.MaxAge) != 36*time.Hour {
		t.Errorf("spans = %v %v", c.Gates.OptOut.MaxAge, c.Gates.Objection.MaxAge)
	}
	if filepath.Base(c.Keys) != "keys" || c.Purpose != "planning" {
		t.Errorf("defaults = %s %s", c.Keys, c.Purpose)
	}
}

func TestRefused(t *testing.T) {
	for _, tc := range []struct{ name, from, to, want string }{
		{"unknown key", "as_of:", "as_off:", "as_off"},
		{"date", "2026-11-01", "2026-11-31", "YYYY-MM-DD"},
		{"span", "20d", "20", "20d or 36h"},
		{"gate left out", "connection: {not_applicable: \"no wearables in this region\"}", "connection: {}", "gates.connection"},
		{"gate both", "{file: g.csv}", "{file: g.csv, not_applicable: x}", "gates.agreement: both"},
		{"name", "name: ohc", "name: O_C", "feeds[0].name"},
		{"twice", "name: hospital", "name: ohc", "taken"},
		{"no path", "path: /abs", "path: \"\"", "path is missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Load(write(t, strings.Replace(good, tc.from, tc.to, 1)))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want one with %q", err, tc.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a missing file was accepted")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(good)
	f.Add("feeds: [")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Load(write(t, text))
		if err == nil && (len(c.Feeds) == 0 || c.Gates.OptOut.Reply == "" && c.Gates.OptOut.NotApplicable == "") {
			t.Error("accepted without feeds or without a gate")
		}
	})
}
