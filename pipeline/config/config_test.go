package config

import (
	"errors"
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
  connection: {not_applicable: "no wearables  in this region "}
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
	if why := c.Gates.Connection.NotApplicable; why != "no wearables in this region" {
		t.Errorf("a reason = %q", why)
	}
	if filepath.Base(c.Keys) != "keys" || c.People != filepath.Join(filepath.Dir(path), "people.yaml") || c.Purpose != "planning" {
		t.Errorf("defaults = %s %s", c.Keys, c.Purpose)
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "10m": 10 * time.Minute, "36h": 36 * time.Hour, "20d": 480 * time.Hour} {
		c, err := Load(write(t, strings.Replace(good, "20d", text, 1)))
		if err != nil || time.Duration(c.Gates.OptOut.MaxAge) != want {
			t.Errorf("%s is %v: %v", text, c.Gates.OptOut.MaxAge, err)
		}
	}
}

func TestSchedules(t *testing.T) {
	path := write(t, good)
	usual, other := filepath.Join(filepath.Dir(path), "schedules"), filepath.Join(filepath.Dir(path), "when")
	if c, err := Load(path); err != nil || c.Schedules != "" {
		t.Errorf("without a folder: %q %v", c.Schedules, err)
	}
	if err := errors.Join(os.Mkdir(usual, 0o700), os.Mkdir(other, 0o700)); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(path); err != nil || c.Schedules != usual {
		t.Errorf("with the usual one: %q %v", c.Schedules, err)
	}
	if err := os.WriteFile(path, []byte("schedules: when\n"+good), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(path); err != nil || c.Schedules != other {
		t.Errorf("with a named one: %q %v", c.Schedules, err)
	}
}

func TestOnFailure(t *testing.T) {
	path := write(t, "on_failure: [./tell, the team]\n"+good)
	c, err := Load(path)
	if err != nil || len(c.OnFailure) != 2 || c.OnFailure[0] != filepath.Join(filepath.Dir(path), "tell") || c.OnFailure[1] != "the team" {
		t.Errorf("%q %v", c.OnFailure, err)
	}
	if c, err := Load(write(t, "on_failure: [mail, the team]\n"+good)); err != nil || c.OnFailure[0] != "mail" {
		t.Errorf("%q %v", c.OnFailure, err)
	}
	if _, err := Load(write(t, "on_failure: ['']\n"+good)); err == nil || !strings.Contains(err.Error(), "config.yaml:1: on_failure: must begin with") {
		t.Errorf("an empty one: %v", err)
	}
	if _, err := Load(write(t, "on_failure: mail\n"+good)); err == nil || !strings.Contains(err.Error(), "config.yaml:1: on_failure: must be") {
		t.Errorf("a text: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for _, tc := range []struct{ name, from, to, want string }{
		{"unknown key", "as_of:", "as_off:", "config.yaml:1: as_off: there is no such key"},
		{"unknown key within", "kind: fhir", "kindd: fhir", "config.yaml:3: feeds[0].kindd: there is no such key"},
		{"key twice", "as_of:", "feeds:", "is there twice"},
		{"date", "2026-11-01", "2026-11-31", "config.yaml:1: as_of: not a date written YYYY-MM-DD"},
		{"span", "20d", "20", "config.yaml:10: gates.optout.max_age: not a span such as 20d or 36h"},
		{"span of two units", "20d", "20dh", "config.yaml:10: gates.optout.max_age: not a span such as 20d or 36h"},
		{"span without a number", "20d", "d", "config.yaml:10: gates.optout.max_age: not a span such as 20d or 36h"},
		{"mapping", "{file: g.csv}", "g.csv", "config.yaml:13: gates.agreement: must be a mapping"},
		{"list", "[DIAG_01, DIAG_02]", "{a: b}", "config.yaml:8: feeds[1].tables[0].columns.diagnoses: must be a name or a list of names"},
		{"number", "max_age: 20d", "min_share: much", "config.yaml:10: gates.optout.min_share: must be a number"},
		{"a tag", "path: /abs", "path: !x /abs", "config.yaml:6: feeds[1].path: a tag; leave it out"},
		{"a tag and nothing", "  objection: {file: o.csv, max_age: 36h}", "  objection:\n   !0 # nothing", "config.yaml:12: gates.objection: a tag; leave it out"},
		{"syntax", "[DIAG_01, DIAG_02]", "[DIAG_01", "config.yaml:8: "},
		{"gate left out", "connection: {not_applicable: \"no wearables  in this region \"}", "connection: {}", "config.yaml:12: gates.connection: no file"},
		{"gate both", "{file: g.csv}", "{file: g.csv, not_applicable: x}", "config.yaml:13: gates.agreement: both"},
		{"name", "name: ohc", "name: O_C", "config.yaml:3: feeds[0].name: must be"},
		{"twice", "name: hospital", "name: ohc", "config.yaml:4: feeds[1].name: another feed"},
		{"connection left out though there is a PHR", "kind: fhir", "kind: phr", "gates.connection"},
		{"a blank for a reason", "\"no wearables  in this region \"", "\" \"", "config.yaml:12: gates.connection: no file"},
		{"optout without a request", "{sent: a, reply: b, control: c, max_age: 20d}", "{reply: b, control: c}", "config.yaml:10: gates.optout: it needs sent"},
		{"optout without a control file", "control: c, ", "", "config.yaml:10: gates.optout: it needs sent (the request) and control"},
		{"share", "max_age: 20d", "min_share: 80", "config.yaml:10: gates.optout.min_share: not from 0 to 1"},
		{"yes or no", "max_age: 20d", "allow_empty: perhaps", "config.yaml:10: gates.optout.allow_empty: must be true or false"},
		{"keys that analysts read", "as_of:", "keys: marts/keys\nas_of:", "config.yaml:1: keys: it lies in the marts folder"},
		{"stage that analysts read", "as_of:", "work: x\nmarts: x\nas_of:", "config.yaml:1: work: it lies in the marts folder"},
		{"no schedules", "as_of:", "schedules: nowhere\nas_of:", "config.yaml:1: schedules: there is no such folder"},
		{"no path", "path: /abs", "path: \"\"", "config.yaml:6: feeds[1].path: is missing"},
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

// TestTellsNothing gives files of persons as the configuration.
func TestTellsNothing(t *testing.T) {
	for _, text := range []string{
		`{"resourceType":"Patient","9434765919":{"Featherstone":[}}`, `{"Featherstone":"9434765919","Featherstone":1}`, "Featherstone: &9434765919 [*Featherstone]",
		"#list\nnhs_number,name\n9434765919,Featherstone\n", "feeds: 9434765919", "feeds: {9434765919: Featherstone}", "feeds:\n- name: [Featherstone]\n",
		"as_of: Featherstone", "gates: {optout: {max_age: 9434765919}}", "gates: {optout: {min_share: 9434765919d}}", "%Featherstone 9434765919\n---\n", "!Featherstone 9434765919",
		"<DTSControl>\n <Featherstone>9434765919</Featherstone>\n", "\x00\xff9434765919", "feeds:\n- tables:\n  - columns: {9434765919: {Featherstone: [9434765919]}}\n",
		"as_of: 9434765919\x00", "purpose: Featherstone", "feeds: [{name: Featherstone}]",
	} {
		_, err := Load(write(t, text))
		if err == nil || strings.Contains(err.Error(), "9434765919") || strings.Contains(err.Error(), "Featherstone") {
			t.Errorf("given %q it said %v", text, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(good)
	f.Add("feeds: [")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Load(write(t, text))
		if err == nil && (len(c.Feeds) == 0 || c.Gates.OptOut.Reply == "" && c.Gates.OptOut.Mesh == nil && c.Gates.OptOut.NotApplicable == "") {
			t.Error("accepted without feeds or without a gate")
		}
	})
}
