package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// TestCases reads the cases: each is a text of resources, then what is wanted
// of them.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	l, _ := lookups(t)
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(a.Files); i += 2 {
			name, given, want := a.Files[i].Name, a.Files[i].Data, a.Files[i+1]
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				if want.Name != "want" {
					t.Fatalf("a case without want: %s", want.Name)
				}
				got := strings.Join(decodeAll(New(Options{Lookup: l, Person: Person{Verification: []string{"01", NoStatus}, Now: testNow}}), given), "\n")
				if got != strings.TrimSpace(string(want.Data)) {
					t.Errorf("got\n%s\nwant\n%s", got, want.Data)
				}
			})
		}
	}
}

// decodeAll decodes each JSON value of a text, which may span lines, and
// shows what became of it.
func decodeAll(d *Decoder, text []byte) (out []string) {
	var b record.Block
	for _, one := range texts(text) {
		d.Decode(one, &b, 1)
	}
	v := reflect.ValueOf(&b).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && v.Type().Field(i).Name != "Rejects" {
			for j := range f.Len() {
				out = append(out, shown(v.Type().Field(i).Name, f.Index(j)))
			}
		}
	}
	for _, r := range b.Rejects {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("reject %s %s: %s", r.Dataset, r.Field, r.Reason)), " "))
	}
	var unused []string
	for kind, n := range b.Unused {
		unused = append(unused, fmt.Sprintf("unused %s %d", kind, n))
	}
	slices.Sort(unused)
	return append(out, unused...)
}

// texts cuts a text into JSON values; what is no JSON is one to its line end.
func texts(text []byte) (out [][]byte) {
	for text = bytes.TrimSpace(text); len(text) > 0; text = bytes.TrimSpace(text) {
		dec := json.NewDecoder(bytes.NewReader(text))
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil && err != io.EOF {
			line, rest, _ := bytes.Cut(text, []byte("\n"))
			out, text = append(out, line), rest
			continue
		}
		out, text = append(out, raw), text[dec.InputOffset():]
	}
	return out
}

var datasetNames = map[string]string{"Persons": "person", "Problems": "problem", "Observations": "observation", "Medications": "medication",
	"Allergies": "allergy", "Immunisations": "immunisation", "Encounters": "encounter", "Procedures": "procedure",
	"Referrals": "referral", "Appointments": "appointment", "CarePlans": "care_plan", "Deletions": "deletion"}

var kindNames = map[record.Kind]string{record.Patient: "Patient", record.Encounter: "Encounter", record.Condition: "Condition",
	record.Observation: "Observation", record.MedicationOrder: "MedicationOrder", record.MedicationStatement: "MedicationStatement",
	record.MedicationDispense: "MedicationDispense", record.ReferralRequest: "ReferralRequest", record.ProcedureRequest: "ProcedureRequest",
	record.Allergy: "Allergy", record.Immunization: "Immunization", record.Procedure: "Procedure",
	record.ServiceRequest: "ServiceRequest", record.Appointment: "Appointment", record.CarePlan: "CarePlan"}

func shownRef(r record.Ref) string { return kindNames[r.Kind] + "/" + r.ID }

func shown(list string, v reflect.Value) string {
	h := v.FieldByName("Head").Interface().(record.Head)
	out := []string{datasetNames[list], shownRef(h.ID)}
	add := func(ok bool, format string, args ...any) {
		if ok {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(h.Part > 0, "part %d", h.Part)
	add(h.Subject.Kind != record.None, "of %s", shownRef(h.Subject))
	add(!h.Number.Zero(), "number=%s", known(h.Number))
	add(h.Encounter.Kind != record.None, "in %s", shownRef(h.Encounter))
	add(h.Restricted, "restricted")
	if p, ok := v.Interface().(record.Person); ok {
		shownPerson(add, &p)
	}
	var links, codings []string
	for _, r := range h.Links {
		links = append(links, shownRef(r.Ref)+[...]string{record.Mention: "", record.Part: " (part)", record.Member: " (member)"}[r.Bond])
	}
	for _, c := range h.Codings {
		if c.System == term.Place { // see TestPlaces
			continue
		}
		codings = append(codings, string(c.System)+"|"+string(c.Code))
	}
	add(links != nil, "Links=%s", strings.Join(links, ","))
	add(codings != nil, "Codings=%s", strings.Join(codings, ","))
	add(h.Organisation != "", "Organisation=%s", h.Organisation)
	add(h.At != 0, "At=%s", shownTime(h.At))
	add(h.Version != 0, "Version=%s", shownTime(h.Version))
	add(h.Recorded != 0, "Recorded=%s", shownTime(h.Recorded))
	row := v.FieldByName("Row")
	for i := 1; i < row.NumField(); i++ {
		f := row.Field(i)
		if t, ok := f.Interface().(term.Time); ok {
			add(t != 0, "%s=%s", row.Type().Field(i).Name, shownTime(t))
		} else {
			add(!f.IsZero(), "%s=%v", row.Type().Field(i).Name, f.Interface())
		}
	}
	return strings.Join(out, " ")
}

func shownPerson(add func(bool, string, ...any), p *record.Person) {
	faults := map[record.Fault]string{record.Missing: "missing", record.BadForm: "form", record.BadCheckDigit: "check digit",
		record.Disallowed: "disallowed", record.Unverified: "unverified", record.Several: "several"}
	add(p.Verification != "", "status=%s", p.Verification)
	add(p.Fault != 0, "fault=%s", faults[p.Fault])
	add(p.Confidential, "confidential")
	for _, f := range p.Former {
		add(true, "former=%s", known(f.Number))
		add(f.Sure, "sure")
	}
	for _, s := range []string{"1951-02-28"} {
		b, _ := identity.ParseBirth([]byte(s))
		add(b == p.Birth, "birth=%s", s)
	}
	for _, s := range []string{"ST5 1AA", "ZZ99 3VZ"} {
		c, _ := identity.ParsePostcode([]byte(s))
		add(c == p.Postcode, "postcode=%s", s)
	}
}

// known tells which of the numbers of the cases a veiled number is.
func known(n identity.Number) string {
	for _, s := range []string{"9990001006", "9990001375", "9990002118", "9990002487"} {
		if m, _ := identity.Parse([]byte(s)); m == n {
			return s
		}
	}
	return "?"
}

func shownTime(t term.Time) string {
	return strings.TrimSuffix(t.Clock().Format("2006-01-02 15:04:05"), " 00:00:00")
}
