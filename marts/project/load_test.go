package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// example returns the text of the example, and a folder with its look-up.
func example(t *testing.T) (string, string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"falls.yaml", "msoa.csv"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "falls.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return dir, string(data)
}

// load reads the example with texts put in the place of others.
func load(t *testing.T, edits ...string) (Project, error) {
	t.Helper()
	dir, text := example(t)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the example has no %q", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	if err := os.WriteFile(filepath.Join(dir, "falls.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(dir, "falls")
}

func TestLoad(t *testing.T) {
	p, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "falls" || p.Anonymity.K != 10 || len(p.Tables) != 2 || p.End.String() != "2027-11-10" || p.Lookup("msoa.csv")["E01028812"] != "E02006126" {
		t.Errorf("%+v", p)
	}
}

// TestRefused holds that what a project may not say is refused, with the field
// and the line that it stands in.
func TestRefused(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{"reference: DARS", "referenc: DARS", ":2: an unknown key"},
		{"title: Falls", "title: Insurance of falls", `:3: title: it speaks of a use that is refused ("insurance")`},
		{"kind: service-evaluation", "kind: marketing", ":18: purpose.kind: no purpose that data may be used for"},
		{"commercial: none", "commercial: some", ":23: purpose.commercial: not none"},
		{"People who live", "Pre\u00admiums of people who live", `purpose.benefits: it speaks of a use that is refused ("premiums")`},
		{"People who live", "S-e-l-l to people who live", `("sell")`},
		{"People who live", "Р\u0435ople who live", "letters of another script"},
		{"falls go with age", "underwriting goes with age", `tables[0].columns[0].why: it speaks of a use`},
		{"a paper with aggregates alone", "a tool for brokers", `outputs[0]: it speaks of a use`},
		{"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q", "recipients[0].keys[0]: no age public key"},
		{"article_6: 6(1)(e)", "article_6: 6(1)(f)", "legal_basis.article_6: no basis"},
		{"local: {rule: applies", "local: {rule: exempt", "opt_outs.local.rule: missing, or switched off"},
		{"type_1: {rule: applies, why: the data leave the practice}", "type_1: {rule: applies}", "opt_outs.type_1.why: missing"},
		{"start: 2026-11-10", "start: 2026-11-01", ":68: start: missing, or before it was issued"},
		{"start: 2026-11-10\nend: 2027-11-10", "start: 2027-11-03\nend: 2028-11-10", "start: more than 12 months after it was issued"},
		{"end: 2027-11-10", "end: 2026-11-10", "end: missing, or not after the start"},
		{"end: 2027-11-10", "end: 10.11.2027", "not a date written YYYY-MM-DD"},
		{"name: age_band, ", "name: \"*\", ", "tables[0].columns[0].name: no name of a column"},
		{"name: age_band, ", "name: person_id, ", "under the project's own key"},
		{"name: sex, ", "name: age_band, ", "tables[0].columns[1].name: the column stands twice"},
		{"coarsen: month", "from: 2020-01-01", "tables[1].columns[0].from: the rows are taken by this column"},
		{"{name: sex, ", "{name: sex, from: 2026-11-01, ", "tables[0].columns[1].from: not before the end of the period"},
		{"[as-is, 10-years, 20-years, all]", "[10-years, as-is]", "quasi_identifiers[1].levels: not from the finest to the coarsest"},
		{"[as-is, 10-years, 20-years, all]", "[20-years, 10-years]", "quasi_identifiers[1].levels: not from the finest"},
		{"[as-is, 10-years, 20-years, all]", "[all, 10-years]", "quasi_identifiers[1].levels: not from the finest"},
		{"[as-is, 10-years, 20-years, all]", "[prefix-2, prefix-3]", "quasi_identifiers[1].levels: not from the finest"},
		{"[as-is, 10-years, 20-years, all]", "[year, month]", "quasi_identifiers[1].levels: not from the finest"},
		{"[as-is, 10-years, 20-years, all]", "[width-5000, width-1000]", "quasi_identifiers[1].levels: not from the finest"},
		{"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", "age1qyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqj7vrya", "recipients[0].keys[0]: no age public key"},
		{"anonymised in context", "to sell them on", `legal_basis.confidentiality: it speaks of a use`},
		{"the shared record promises it", "insurers want it", `opt_outs.local.why: it speaks of a use`},
		{"coarsen: month", "coarsen: fortnight", "tables[1].columns[0].coarsen: no level that there is"},
		{"10-years", "7-years", "its figure is not one that it can have"},
		{"lookup:msoa.csv", "lookup:nowhere.csv", "quasi_identifiers[0].levels: the look-up cannot be read"},
		{"lookup:msoa.csv", "lookup:../msoa.csv", "no level that there is"},
		{"column: population.sex", "column: population.practice", "a column that the project does not ask for"},
		{"k: 10", "k: 1", "anonymity.k: not from 2 to 100000"},
		{"kind, l: 2", "kind, l: 1", "anonymity.sensitive[0].l: not from 2 to k"},
		{"suppression: 0.01", "suppression: 0.2", "anonymity.suppression: not from 0 to 0.1"},
		{"formats: [parquet, csv]", "formats: [xlsx]", "formats[0]: no format"},
		{"territory: england", "territory: mars", "territory: no territory"},
		{"https://example.org/falls", "example.org", "transparency_notice: missing, or no https address"},
		{"p.registered AND", "p.registered \x1b[2K AND", "cohort: a sign that is not shown"},
		{"p.registered AND", "p.registered \u202e AND", "cohort: a sign that is not shown"},
		{"Find whether", "Find \u2066 whether", "purpose.objective: a sign that is not shown"},
		{"why: the outcome", "why: \"the \\e[1A outcome\"", "tables[1].columns[2].why: a sign that is not shown"},
		{"title: Falls", "title: &a Falls", "an anchor"},
		{"territory: england", "territory: england\nterritory: england", "twice"},
	} {
		_, err := load(t, tc.from, tc.to)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "falls.yaml:") {
			t.Errorf("%s instead of %s:\n%v\nwant %s", tc.to, tc.from, err, tc.want)
		}
	}
}

// TestKeysAreNeeded holds that every key of the file that has no default is
// missed when it is taken out.
func TestKeysAreNeeded(t *testing.T) {
	for _, key := range []string{"reference", "title", "applicant", "purpose", "legal_basis", "opt_outs", "cohort", "tables", "period", "issued", "start", "end",
		"retention", "territory", "onward_sharing", "outputs", "transparency_notice", "formats", "controllers", "recipients"} {
		dir, text := example(t)
		var kept []string
		out := false
		for _, l := range strings.Split(text, "\n") {
			if l != "" && l[0] != ' ' {
				out = strings.HasPrefix(l, key+":")
			}
			if !out {
				kept = append(kept, l)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "falls.yaml"), []byte(strings.Join(kept, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir, "falls"); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), key) {
			t.Errorf("without %s: %v", key, err)
		}
	}
}

// TestDigest holds that a digest is of what the file says, and of all of it.
func TestDigest(t *testing.T) {
	base, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	same, err := load(t, "# A project that can be extracted.", "# Another word.\n\n", "title: Falls of people", `title:   "Falls of people`, "conditions\napplicant", "conditions\"\napplicant",
		"territory: england\nonward_sharing: none", "onward_sharing: none # nobody\nterritory:    england")
	if err != nil || same.Digest() != base.Digest() {
		t.Errorf("what is written otherwise has another digest: %v", err)
	}
	for _, edit := range [][2]string{{"k: 10", "k: 9"}, {"shift_days: 0", "shift_days: 1"}, {">= 2", ">= 1"}, {"end: 2027-11-10", "end: 2027-11-11"}, {"      - {name: activity, why: the outcome}\n", ""},
		{"coarsen: month", "coarsen: as-is"}, {"suppression: 0.01", "suppression: 0.02"}, {"why: the main exposure", "why: one exposure"}, {"from: 2024-01-01", "from: 2023-01-01"}} {
		p, err := load(t, edit[0], edit[1])
		if err != nil || p.Digest() == base.Digest() {
			t.Errorf("%s instead of %s is of the same digest: %v", edit[1], edit[0], err)
		}
	}
	dir, _ := example(t)
	for text, equal := range map[string]bool{"\ufefffrom,to\r\nE01028812,E02006126\r\n# word\r\nE01028810,E02006125\r\nE01028811,E02006125\r\n": true, "from,to\nE01028812,E02006126\n# word\nE01028810,E02006125\nE01028811,E02006125\n": true, "from,to\nE01028812,E02006127\n": false} {
		if err := os.WriteFile(filepath.Join(dir, "msoa.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := Load(dir, "falls"); err != nil || (p.Digest() == base.Digest()) != equal {
			t.Errorf("look-up %q: %v", text, err)
		}
	}
}

// TestLookup holds that a look-up has each value once, and is what it says.
func TestLookup(t *testing.T) {
	for text, want := range map[string]string{
		"from,to\nE01028812,E02006126\nE01028812,E02006127\n": "a value twice", "from,to\nE01028812,\n": "an empty one", "from,to\n": "a row",
		"lsoa,msoa\nE01028812,E02006126\n": "columns from,to", "from,to\nE01028812\n": "columns from,to", "": "columns from,to",
		"from,to\nE01028812,=1+2\n": "takes for a formula", "from,to\nE01028812,@SUM(A1)\n": "takes for a formula", "from,to\nE01028812,S\xfcd\n": "not in UTF-8",
	} {
		dir, _ := example(t)
		if err := os.WriteFile(filepath.Join(dir, "msoa.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(dir, "falls")
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "E01028812") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestName holds that a name is never a path.
func TestName(t *testing.T) {
	for _, name := range []string{"", "../falls", "a/b", "Falls", "base.", strings.Repeat("a", 40)} {
		if _, err := Load("testdata", name); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// FuzzLoad holds that no file makes the reader panic, and that what it takes is
// read again as the same.
func FuzzLoad(f *testing.F) {
	data, err := os.ReadFile("testdata/falls.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add("reference: !!x\n")
	f.Add("tables: [{mart: a, columns: [{}]}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "p.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(dir, "p")
		if err != nil {
			if !strings.Contains(err.Error(), "p.yaml") {
				t.Errorf("does not name the file: %v", err)
			}
			return
		}
		if q, err := Load(dir, "p"); err != nil || q.Digest() != p.Digest() {
			t.Errorf("read again: %v", err)
		}
	})
}

// TestFactsAreNotMade holds that nothing that a file says can be shown as another fact
// than it is: SQL stands line by line as it is run, marked, and everything else in one.
func TestFactsAreNotMade(t *testing.T) {
	p, err := load(t, "  WHERE p.registered AND", "  WHERE p.registered -- or not\n  /*\n  territory  england */ AND", "why: the outcome", "why: \"the outcome\\nterritory england\"")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Facts() {
		lines := strings.Split(f[1], "\n")
		for _, l := range lines[1:] {
			if f[0] != "cohort" || !strings.HasPrefix(l, "  | ") {
				t.Errorf("%s: %q", f[0], l)
			}
		}
		if f[0] == "cohort" && len(lines) != 4 {
			t.Errorf("%q", f[1])
		}
	}
	if why := p.Tables[1].Columns[2].Why; why != "the outcome territory england" {
		t.Errorf("%q", why)
	}
}

// TestDigestOfEverything holds that no value of a project can be another with the same
// digest: each text, number, truth and day of it, and each list with one more or less.
func TestDigestOfEverything(t *testing.T) {
	p, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{p.Digest(): "as it is"}
	everyChange(t, func(p Project, path string) {
		if seen[p.Digest()] != "" {
			t.Errorf("%s and %s have the same digest", path, seen[p.Digest()])
		}
		seen[p.Digest()] = path
	}, "")
	if len(seen) < 121 {
		t.Errorf("%d values were changed", len(seen)-1)
	}
}

// everyChange changes each value of the example by itself, with a block more.
func everyChange(t *testing.T, differs func(p Project, path string), more string) {
	t.Helper()
	p, err := load(t, "formats:", more+"formats:")
	if err != nil {
		t.Fatal(err)
	}
	var each func(v reflect.Value, path string)
	each = func(v reflect.Value, path string) {
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		defer v.Set(was)
		switch {
		case v.Kind() == reflect.Pointer && v.IsNil():
			v.Set(reflect.New(v.Type().Elem()))
			differs(p, path+" that is there")
			each(v.Elem(), path)
		case v.Type() == reflect.TypeFor[Date]():
			v.Set(reflect.ValueOf(Date{v.Interface().(Date).AddDate(0, 0, 1)}))
			differs(p, path)
		case v.Kind() == reflect.Pointer && v.IsNil():
			v.Set(reflect.New(v.Type().Elem()))
			differs(p, path)
			each(v.Elem(), path)
		case v.Kind() == reflect.Pointer:
			each(v.Elem(), path)
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() {
					each(v.Field(i), path+"."+f.Name)
				}
			}
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				each(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			}
			v.Set(reflect.Append(v.Slice(0, v.Len()), reflect.New(v.Type().Elem()).Elem()))
			differs(p, path+" with one more")
			if v.Set(was); v.Len() > 0 {
				v.Set(v.Slice(0, v.Len()-1))
				differs(p, path+" with one less")
			}
		case v.Kind() == reflect.String:
			v.SetString(v.String() + "x")
			differs(p, path)
		case v.Kind() == reflect.Int:
			v.SetInt(v.Int() + 1)
			differs(p, path)
		case v.Kind() == reflect.Float64:
			v.SetFloat(v.Float() + 1e-9)
			differs(p, path)
		case v.Kind() == reflect.Bool:
			v.SetBool(!v.Bool())
			differs(p, path)
		default:
			t.Fatalf("%s: a kind that this test does not know", path)
		}
	}
	each(reflect.ValueOf(&p).Elem(), "project")
}

// TestFiles holds that no file is read that is none, is too large, or has bytes of which
// two texts could have one digest: of a project, or of a look-up.
func TestFiles(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"a folder":  func(path string) error { return os.Mkdir(path, 0o700) },
		"a pipe":    func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"too large": func(path string) error { return os.WriteFile(path, make([]byte, largestLookup+1), 0o600) },
		"no UTF-8": func(path string) error {
			return os.WriteFile(path, []byte("from,to\nE01028812,E02006126\n# \xff\n"), 0o600)
		},
		"a dead link": func(path string) error { return os.Symlink("nowhere", path) },
		"a device":    func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		for _, file := range []string{"falls.yaml", "msoa.csv"} {
			dir, _ := example(t)
			path := filepath.Join(dir, file)
			if err := errors.Join(os.Remove(path), spoil(path)); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := Load(dir, "falls")
				done <- err
			}()
			select {
			case err := <-done:
				if err == nil {
					t.Errorf("%s in the place of %s is read", name, file)
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s in the place of %s: no end", name, file)
			}
		}
	}
}
