package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/gpconnect"
	"secondaryuse/pipeline/source/sharedrecord"
	"secondaryuse/pipeline/source/tabular"
)

// saying is one way in which a feed says a code of somebody.
type saying struct {
	name string
	feed string // fhir, gp-connect or tabular
	text string // with %s for the coding, and %s for its day
	back bool   // it can speak for the use of data as well
}

// sayings are all ways: of FHIR resources about Patient p, and of a line of a
// table.
var sayings = []saying{
	{"Observation", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"coding":[%[1]s]}}`, true},
	{"only entered", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"issued":"%[2]sT10:00:00Z","code":{"coding":[%[1]s]}}`, true},
	{"second coding", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"coding":[{"system":"http://snomed.info/sct","code":"75367002"},%[1]s]}}`, true},
	{"component", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"text":"x"},"component":[{"code":{"text":"y"}},{"code":{"coding":[%[1]s]}}]}`, true},
	{"value", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"text":"x"},"valueCodeableConcept":{"coding":[%[1]s]}}`, true},
	{"Condition", "fhir", `{"resourceType":"Condition","id":"x","clinicalStatus":{"coding":[{"code":"active"}]},"subject":{"reference":"Patient/p"},"recordedDate":"%[2]s","code":{"coding":[%[1]s]}}`, true},
	{"Procedure", "fhir", `{"resourceType":"Procedure","id":"x","status":"completed","subject":{"reference":"Patient/p"},"performedDateTime":"%[2]s","code":{"coding":[%[1]s]}}`, true},
	{"of an encounter", "fhir", `{"resourceType":"Encounter","id":"x","status":"finished","subject":{"reference":"Patient/p"},"period":{"start":"%[2]s"},"type":[{"coding":[%[1]s]}]}`, true},
	{"in GP Connect", "gp-connect", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"coding":[%[1]s]}}`, true},
	{"line of a table", "tabular", "", true},

	{"Flag", "fhir", `{"resourceType":"Flag","id":"x","status":"active","subject":{"reference":"Patient/p"},"period":{"start":"%[2]s"},"code":{"coding":[%[1]s]}}`, false},
	{"Flag in GP Connect", "gp-connect", `{"resourceType":"Flag","id":"x","status":"inactive","subject":{"reference":"Patient/p"},"period":{"start":"%[2]s"},"code":{"coding":[%[1]s]}}`, false},
	{"Consent", "fhir", `{"resourceType":"Consent","id":"x","status":"active","patient":{"reference":"Patient/p"},"dateTime":"%[2]s","category":[{"coding":[%[1]s]}]}`, false},
	{"purpose of a Consent", "fhir", `{"resourceType":"Consent","id":"x","status":"active","patient":{"reference":"Patient/p"},"dateTime":"%[2]s","provision":{"type":"deny","code":[{"coding":[%[1]s]}]}}`, false},
	{"refuted", "fhir", `{"resourceType":"Condition","id":"x","verificationStatus":{"coding":[{"code":"refuted"}]},"subject":{"reference":"Patient/p"},"recordedDate":"%[2]s","code":{"coding":[%[1]s]}}`, false},
	{"resolved", "fhir", `{"resourceType":"Condition","id":"x","clinicalStatus":{"coding":[{"code":"resolved"}]},"subject":{"reference":"Patient/p"},"recordedDate":"%[2]s","code":{"coding":[%[1]s]}}`, false},
	{"preliminary", "fhir", `{"resourceType":"Observation","id":"x","status":"preliminary","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"coding":[%[1]s]}}`, false},
	{"answered with no", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"coding":[%[1]s]},"valueBoolean":false}`, false},
	{"coded no", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"coding":[%[1]s]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"373067005"}]}}`, false},
	{"not done", "fhir", `{"resourceType":"Procedure","id":"x","status":"not-done","subject":{"reference":"Patient/p"},"performedDateTime":"%[2]s","code":{"coding":[%[1]s]}}`, false},
	{"when it was written alone", "fhir", `{"resourceType":"Observation","id":"x","meta":{"lastUpdated":"%[2]sT10:00:00Z"},"status":"final","subject":{"reference":"Patient/p"},"code":{"coding":[%[1]s]}}`, false},
	{"answer to a questionnaire", "fhir", `{"resourceType":"QuestionnaireResponse","id":"x","status":"completed","subject":{"reference":"Patient/p"},"authored":"%[2]s","item":[{"linkId":"1","answer":[{"valueCoding":%[1]s}]}]}`, false},
	{"type of a document", "fhir", `{"resourceType":"DocumentReference","id":"x","status":"current","subject":{"reference":"Patient/p"},"date":"%[2]sT10:00:00Z","type":{"coding":[%[1]s]}}`, false},
	{"reason of a letter, by number", "fhir", `{"resourceType":"Communication","id":"x","status":"completed","subject":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + whoSays + `"}},"reasonCode":[{"coding":[%[1]s]}]}`, false},
	{"List in GP Connect", "gp-connect", `{"resourceType":"List","id":"x","status":"current","mode":"snapshot","subject":{"reference":"Patient/p"},"code":{"coding":[%[1]s]}}`, false},
	{"of no type in particular", "fhir", `{"resourceType":"Basic","id":"x","subject":{"reference":"Patient/p"},"created":"%[2]s","code":{"coding":[%[1]s]}}`, false},
	{"cannot be read", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","issued":"x","code":{"coding":[%[1]s]}}`, false},
}

// silent are ways to say a code that says nothing of this person's will.
var silentSayings = []saying{
	{"entered in error", "fhir", `{"resourceType":"Observation","id":"x","status":"entered-in-error","subject":{"reference":"Patient/p"},"effectiveDateTime":"%[2]s","code":{"coding":[%[1]s]}}`, false},
	{"Flag entered in error", "fhir", `{"resourceType":"Flag","id":"x","status":"entered-in-error","subject":{"reference":"Patient/p"},"code":{"coding":[%[1]s]}}`, false},
	{"of the family", "fhir", `{"resourceType":"FamilyMemberHistory","id":"x","status":"completed","patient":{"reference":"Patient/p"},"date":"%[2]s","condition":[{"code":{"coding":[%[1]s]}}]}`, false},
	{"document entered in error", "fhir", `{"resourceType":"DocumentReference","id":"x","status":"entered-in-error","subject":{"reference":"Patient/p"},"date":"%[2]sT10:00:00Z","type":{"coding":[%[1]s]}}`, false},
	{"another's document", "fhir", `{"resourceType":"DocumentReference","id":"x","status":"current","subject":{"reference":"Patient/q"},"type":{"coding":[%[1]s]}}`, false},
	{"another's", "fhir", `{"resourceType":"Observation","id":"x","status":"final","subject":{"reference":"Patient/q"},"effectiveDateTime":"%[2]s","code":{"coding":[%[1]s]}}`, false},
}

const (
	whoSays  = "9000000041"
	patientP = `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + whoSays + `"}]}`
)

// TestEveryObjectionCodeInEveryFeed holds that each code of the reference, said in
// each way in which a feed can, puts out whom it puts out, lets in whom it lets
// in, and does nothing else: through the real sources, keeper and gate.
func TestEveryObjectionCodeInEveryFeed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deid/gate/objection/testdata/objection_consent_codes.csv")
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(strings.NewReader(string(text)))
	in.Comment, in.FieldsPerRecord = '#', -1
	codes, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]gate.Reason{"type1_optout": gate.ObjectedType1, "local_record_dissent": gate.ObjectedLocal}
	kinds := map[string]string{"type1_withdrawn": "type-1", "local_record_consent": "shared-record"}
	for _, c := range codes[1:] {
		for _, how := range sayings {
			if got := howSaid(t, how, "", c[0], c[1]); got != objects[c[3]] {
				t.Errorf("%s %s, %s: %v", c[0], c[1], how.name, got)
			}
			kind, withdraws := kinds[c[3]]
			if !withdraws {
				continue
			}
			if got := howSaid(t, how, kind+",objected,2026-01-01", c[0], c[1]); (got == gate.Kept) != how.back {
				t.Errorf("%s %s, %s, after an objection: %v", c[0], c[1], how.name, got)
			}
		}
		for _, how := range silentSayings {
			if got := howSaid(t, how, "", c[0], c[1]); got != gate.Kept {
				t.Errorf("%s %s, %s: %v", c[0], c[1], how.name, got)
			}
		}
	}
}

// howSaid is what a person is left out for, if the list says something of them and
// a record a code.
func howSaid(t *testing.T, how saying, listed, system, code string) gate.Reason {
	t.Helper()
	uri := map[string]string{"SNOMED": "http://snomed.info/sct", "CTV3": "http://read.info/ctv3", "READ2": "http://read.info/readv2"}[system]
	said := fmt.Sprintf(how.text, fmt.Sprintf(`{"system":"%s","code":"%s"}`, uri, code), "2026-05-01")
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var src source.Source
	var err error
	person := fhir.Person{Verification: []string{"01", fhir.NoStatus}}
	switch how.feed {
	case "fhir":
		write("Patient.ndjson", patientP+"\n"+strings.NewReplacer(`"p"`, `"q"`, whoSays, "9000000130").Replace(patientP)+"\n")
		write("Observation.ndjson", said+"\n")
		src = sharedrecord.New(sharedrecord.Config{Dir: dir, Person: person})
	case "gp-connect":
		write("p.json", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":`+patientP+`},{"resource":`+said+`}]}`)
		src = gpconnect.Open(dir, person)
	case "tabular":
		write("gp.csv", "nhs,id,day,code\n"+whoSays+",1,2026-05-01,"+code+"\n")
		word := map[string]string{"SNOMED": "snomed", "CTV3": "ctv3", "READ2": "read2"}[system]
		src, err = tabular.Open(dir, []tabular.Table{{File: "*.csv", As: "outpatient", Systems: map[string]string{"diagnoses": word},
			Columns: map[string][]string{"nhs_number": {"nhs"}, "record_id": {"id"}, "start": {"day"}, "diagnoses": {"code"}}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "objections.csv")
	lines := []string{"9000000211,type-1,objected,2026-01-01"}
	if listed != "" {
		lines = append(lines, whoSays+","+listed)
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	head := fmt.Sprintf("#list name=objection version=1 record=one-health-and-care polarity=deny issued=2026-11-20T06:00:00Z rows=%d\nnhs_number,kind,status,recorded_on\n", len(lines))
	if err := os.WriteFile(list, []byte(head+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := objection.Open(objection.Config{File: list, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return outFor(t, src, g)
}

// outFor reads a feed and returns what its first person is left out for.
func outFor(t *testing.T, src source.Source, g *objection.Gate) (out gate.Reason) {
	t.Helper()
	f := record.Feed{Name: "f", Kind: record.Shared}
	k := gate.NewKeeper(gate.Gates{Watch: g})
	read := func(pass source.Pass, do func(b *record.Block)) {
		shards, err := src.Shards(t.Context(), pass)
		for _, s := range shards {
			var b record.Block
			if err == nil {
				err = src.Read(t.Context(), pass, s, &b, func() error { do(&b); return nil })
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	read(source.People, func(b *record.Block) { k.Enrol(f, b.Persons) })
	k.Judge()
	if k.Persons() == 0 {
		t.Fatal("nobody is enrolled")
	}
	d := k.Desk()
	read(source.Rows, func(b *record.Block) {
		admitAll(d, f, b.Observations)
		admitAll(d, f, b.Problems)
		admitAll(d, f, b.Procedures)
		admitAll(d, f, b.Encounters)
		d.Hear(f, b.Heard)
		d.Wrap(f, b.Wrappers)
		gate.AdmitDeletions(d, f, b.Deletions)
	})
	k.Late(func(who gate.Ordinal, why gate.Reason, unless []record.Version) {
		if n, _ := k.Number(who); fmt.Sprint(k.Whose(n)) == "0 true" && len(unless) == 0 {
			out = why
		}
	})
	return out
}

func admitAll[X row.Row](d *gate.Desk, f record.Feed, rows []record.Of[X]) { gate.Admit(d, f, rows) }
