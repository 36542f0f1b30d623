package gpconnect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/sourcetest"
)

// bundle writes a Bundle of the given entries.
func bundle(resources ...string) string {
	entries := make([]string, len(resources))
	for i, r := range resources {
		entries[i] = "{\"resource\": " + r + "}"
	}
	return "{\"resourceType\": \"Bundle\", \"type\": \"collection\", \"meta\": {\"lastUpdated\": \"2026-07-02T03:04:05Z\"},\n\"entry\": [\n" +
		strings.Join(entries, ",\n") + "\n]}\n"
}

func patient(id, number string) string {
	return `{"resourceType": "Patient", "id": "` + id + `", "meta": {"versionId": "7"}, "gender": "female", "birthDate": "1950-03-04",
  "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "` + number + `"}],
  "managingOrganization": {"reference": "Organization/o1"}}`
}

const organisation = `{"resourceType": "Organization", "id": "o1", "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "M82002"}]}`

// record of one person, all but the Patient.
func rest(id string) []string {
	return []string{
		organisation,
		`{"resourceType": "Medication", "id": "m1", "code": {"coding": [{"system": "http://snomed.info/sct", "code": "322236009"}]}}`,
		`{"resourceType": "Encounter", "id": "e1", "status": "finished", "subject": {"reference": "Patient/` + id + `"}, "period": {"start": "2024-02-03T09:00:00+00:00"}}`,
		`{"resourceType": "Observation", "id": "b1", "status": "final", "subject": {"reference": "Patient/` + id + `"}, "context": {"reference": "Encounter/e1"},
   "effectiveDateTime": "2024-02-03T09:05:00+00:00", "code": {"coding": [{"system": "http://snomed.info/sct", "code": "75367002"}]},
   "component": [{"code": {"coding": [{"system": "http://snomed.info/sct", "code": "72313002"}]}, "valueQuantity": {"value": 140, "unit": "mm[Hg]"}},
                 {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "1091811000000102"}]}, "valueQuantity": {"value": 80, "unit": "mm[Hg]"}}]}`,
		`{"resourceType": "MedicationStatement", "id": "s1", "status": "active", "taken": "unk", "subject": {"reference": "Patient/` + id + `"},
   "basedOn": [{"reference": "MedicationRequest/r1"}], "medicationReference": {"reference": "Medication/m1"}, "effectivePeriod": {"start": "2024-01-01"}}`,
		`{"resourceType": "Condition", "id": "c1", "clinicalStatus": "active", "subject": {"reference": "Patient/` + id + `"}, "assertedDate": "2020-05-06",
   "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]}, "meta": {"lastUpdated": "2025-05-05T00:00:00Z"}}`,
		`{"resourceType": "List", "status": "current", "title": "Problems"}`,
	}
}

func open(dir string) (source.Source, error) {
	return Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}}), nil
}

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Fixture{
		Open: open,
		Files: map[string][]byte{
			"a/one.json": []byte(bundle(append([]string{patient("P1", "9000000041")}, rest("P1")...)...)),
			"b/two.json": []byte(bundle(append(rest("P2"), patient("P2", "9000000068"))...)),
		},
		Target: "a/one.json",
		Format: sourcetest.Document,
		Packed: []string{".gz", ".zst"},
	})
}

// readText reads one Bundle in one pass and hands the block over.
func readText(t testing.TB, text string, pass source.Pass, look func(b *record.Block)) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var b record.Block
	err := Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}}).Read(context.Background(), pass, source.Shard{File: "x.json"}, &b, func() error { look(&b); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecord(t *testing.T) {
	readText(t, bundle(append(rest("P1"), patient("P1", "9000000041"))...), source.Rows, func(b *record.Block) {
		if b.Read != 8 || len(b.Rejects) > 0 || fmt.Sprint(b.Unused) != "map[list:1 medication:1 organization:1]" {
			t.Fatalf("%d read, rejects %v, unused %v", b.Read, b.Rejects, b.Unused)
		}
		number, err := identity.Parse([]byte("9000000041"))
		if err != nil {
			t.Fatal(err)
		}
		if p := b.Persons[0]; p.Number != number || p.ID != (record.Ref{Kind: record.Patient, ID: "P1"}) || p.Row.Practice != "M82002" {
			t.Errorf("person %+v", p)
		}
		e := b.Encounters[0]
		if e.ID != (record.Ref{Kind: record.Encounter, ID: "P1|e1"}) || e.Subject.ID != "P1" || e.Organisation != "M82002" || e.Row.Kind != "gp" || e.Line != 5 {
			t.Errorf("encounter %+v", e)
		}
		if len(b.Observations) != 3 || b.Observations[2].Encounter != e.ID || b.Observations[2].ID.ID != "P1|b1" || b.Observations[1].Row.Value != 140 {
			t.Errorf("observations %+v", b.Observations)
		}
		if m := b.Medications[0]; m.Row.Code != "322236009" || len(m.Links) != 1 || m.Links[0].ID != "P1|r1" {
			t.Errorf("medication %+v", m)
		}
		bundled, _ := fhir.ParseInstant([]byte("2026-07-02T03:04:05Z"))
		own, _ := fhir.ParseTime([]byte("2025-05-05T00:00:00"))
		if c := b.Problems[0]; c.Version < own-3_600_000_000 || c.Version > own || e.Version != bundled {
			t.Errorf("versions %v and %v", c.Version.Clock(), e.Version.Clock())
		}
	})
}

func TestBundlesWithoutOnePatient(t *testing.T) {
	two := append(rest("P1"), patient("P1", "9000000041"), patient("P2", "9000000068"))
	nameless := strings.Replace(patient("P1", "9000000041"), `"id": "P1", `, "", 1)
	for want, text := range map[string]string{
		"a Bundle without a Patient":     bundle(rest("P1")...),
		"a Bundle with several Patients": bundle(two...),
		"a Bundle without a Patient ":    bundle(append(rest("P1"), nameless)...),
		"a Bundle without a Patient  ":   bundle(),
	} {
		readText(t, text, source.Rows, func(b *record.Block) {
			entries := max(strings.Count(text, `"resource":`), 1)
			if len(b.Rejects) != entries || b.Read != int64(entries) || len(b.Persons)+len(b.Encounters) > 0 {
				t.Errorf("%s: %d rejects of %d entries, %d persons", want, len(b.Rejects), entries, len(b.Persons))
			}
			for i, r := range b.Rejects {
				if r.Reason != strings.TrimSpace(want) || r.Field != "entry" {
					t.Errorf("entry %d: %+v, want %s", i, r, want)
				}
			}
		})
		readText(t, text, source.People, func(b *record.Block) {
			if len(b.Persons) > 0 {
				t.Errorf("%s: %d persons", want, len(b.Persons))
			}
		})
	}
}

func TestNumberThatFailsItsCheckDigit(t *testing.T) {
	for _, pass := range []source.Pass{source.People, source.Rows} {
		readText(t, bundle(append(rest("P1"), patient("P1", "1234567890"))...), pass, func(b *record.Block) {
			if p := b.Persons[0]; p.Fault != record.BadCheckDigit || !p.Number.Zero() {
				t.Errorf("person %+v", p)
			}
			if pass == source.Rows && b.Encounters[0].Subject != b.Persons[0].ID {
				t.Errorf("encounter of %+v", b.Encounters[0].Subject)
			}
		})
	}
}

func TestStrangers(t *testing.T) {
	condition := func(subject string) string {
		return `{"resourceType": "Condition", "id": "c9"` + subject + `, "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]}}`
	}
	both := func(id, n string) string {
		return `, "subject": {"reference": "Patient/` + id + `", "identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "` + n + `"}}`
	}
	byNumber := func(n string) string {
		return `, "subject": {"identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "` + n + `"}}`
	}
	withFormer := strings.Replace(patient("P1", "9000000041"), `"identifier": [`,
		`"identifier": [{"use": "old", "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9000000076"}, `, 1)
	for subject, want := range map[string]string{
		``:                                     "missing",
		`, "subject": {"display": "somebody"}`: "missing",
		`, "subject": {"reference": "Patient/P2"}`: "not the Patient of the Bundle",
		byNumber("9000000068"):                     "not the Patient of the Bundle",
		byNumber("9000000041"):                     "",
		both("P1", "9000000041"):                   "",
		both("P1", "9000000068"):                   "not the Patient of the Bundle",
		both("P2", "9000000041"):                   "not the Patient of the Bundle",
		both("P1", "9000000076"):                   "", // a former number of the Patient
		byNumber("9000000076"):                     "not the Patient of the Bundle",
		`, "subject": {"reference": "Patient/P1"}`: "",
	} {
		readText(t, bundle(withFormer, organisation, condition(subject)), source.Rows, func(b *record.Block) {
			if want == "" {
				if len(b.Problems) != 1 || b.Problems[0].Subject.ID != "P1" || !b.Problems[0].Number.Zero() {
					t.Errorf("%s: %+v, rejects %+v", subject, b.Problems, b.Rejects)
				}
				return
			}
			if len(b.Problems) > 0 || len(b.Rejects) != 1 || b.Read != 3 {
				t.Fatalf("%s: %d problems, rejects %+v", subject, len(b.Problems), b.Rejects)
			}
			if r := b.Rejects[0]; r.Field != "subject" || r.Reason != want || r.Dataset != "problem" || r.Line != 7 {
				t.Errorf("%s: %+v, want %s", subject, r, want)
			}
		})
	}
}

func TestBeforeBirth(t *testing.T) {
	condition := func(onset string) string {
		return `{"resourceType": "Condition", "id": "c9", "subject": {"reference": "Patient/P1"}, "onsetDateTime": "` + onset + `"}`
	}
	for onset, rejected := range map[string]bool{"1950-03-04": false, "1950-03-04T01:00:00Z": false, "1950-03-03": true, "1949": true, "2000": false} {
		readText(t, bundle(patient("P1", "9000000041"), condition(onset)), source.Rows, func(b *record.Block) {
			if rejected != (len(b.Rejects) == 1) || rejected != (len(b.Problems) == 0) || b.Read != 2 {
				t.Fatalf("%s: %d problems, rejects %+v", onset, len(b.Problems), b.Rejects)
			}
			if rejected && (b.Rejects[0].Field != "date" || b.Rejects[0].Reason != "before the birth of the Patient") {
				t.Errorf("%s: %+v", onset, b.Rejects[0])
			}
		})
	}
}

// TestSameIdOfTwoPersons: a resource id that two persons' Bundles share names
// two records.
func TestSameIdOfTwoPersons(t *testing.T) {
	seen := map[string]bool{}
	for id, number := range map[string]string{"P1": "9000000041", "P2": "9000000068"} {
		readText(t, bundle(append(rest(id), patient(id, number))...), source.Rows, func(b *record.Block) {
			for _, ref := range []record.Ref{b.Encounters[0].ID, b.Observations[0].Encounter, b.Problems[0].ID} {
				seen[id+" "+ref.ID] = strings.HasPrefix(ref.ID, id+"|")
			}
		})
	}
	if len(seen) != 4 {
		t.Errorf("%v", seen)
	}
	for name, ok := range seen {
		if !ok {
			t.Errorf("%s is not scoped", name)
		}
	}
}

func TestNotABundle(t *testing.T) {
	for text, want := range map[string]string{
		"[]":                       "1  not a JSON object",
		`{"resourceType": "Flag"}`: "1 resourceType not a Bundle",
		`{"entry": []}`:            "1 resourceType not a Bundle",
		`{"resourceType": "Bundle", "entry": {}}`: "1 entry not an array",
		"\n\n{\"resourceType\": \"Bundle\",\n}":   "4  ",
		"\n{\"resourceType\": \"Bun":              "2  string without an end",
		"":                                        "1  the file is empty",
		"  \n \n":                                 "1  the file is empty",
	} {
		readText(t, text, source.Rows, func(b *record.Block) {
			if len(b.Rejects) != 1 {
				t.Fatalf("%s: %d rejects", text, len(b.Rejects))
			}
			r := b.Rejects[0]
			if got := fmt.Sprint(r.Line, " ", r.Field, " ", r.Reason); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
		})
	}
}

func TestEntriesOfNoUse(t *testing.T) {
	text := bundle(patient("P1", "9000000041"), `7`, `null`, `{"resourceType": "Bundle"}`, `{}`, `{"resourceType": "Condition"}`)
	text = strings.Replace(text, `{"resource": 7}`, `7,{},{"resource": 7}`, 1)
	readText(t, text, source.Rows, func(b *record.Block) {
		if b.Read != 8 || len(b.Rejects) != 7 || len(b.Persons) != 1 {
			t.Errorf("%d read, rejects %+v", b.Read, b.Rejects)
		}
	})
}

// FuzzBundle: whatever a file holds, every entry ends in exactly one tally, and
// no row is of anybody but the Bundle's Patient.
func FuzzBundle(f *testing.F) {
	f.Add([]byte(bundle(append(rest("P1"), patient("P1", "9000000041"))...)))
	f.Add([]byte(bundle(patient("P1", "1"), `7`, `{"resourceType":"Observation","id":"x","subject":{"reference":"Patient/P1"},"status":"entered-in-error"}`)))
	f.Add([]byte(`{"resourceType":"Bundle","entry":[],"entry":[{"resource":{"resourceType":"Patient","id":""}}]}`))
	dir := f.TempDir()
	path := filepath.Join(dir, "x.json")
	s := Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}})
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var b record.Block
		err := s.Read(context.Background(), source.Rows, source.Shard{File: "x.json"}, &b, func() error {
			sum := int64(len(b.Persons) + len(b.Rejects))
			for _, n := range b.Unused {
				sum += n
			}
			for _, l := range listsOf(&b) {
				for _, h := range l.since() {
					if h.Part == 0 {
						sum++
					}
					if h.Subject.Kind != record.Patient || !h.Number.Zero() || !strings.HasPrefix(h.ID.ID, h.Subject.ID+"|") {
						t.Errorf("a row of nobody: %+v", h)
					}
				}
			}
			if sum != b.Read {
				t.Errorf("%d read, %d accounted for", b.Read, sum)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	resources := []string{patient("P1", "9000000041")}
	for i := range 500 {
		for _, r := range rest("P1") {
			resources = append(resources, strings.NewReplacer(`"e1"`, fmt.Sprintf(`"e%d"`, i), `"b1"`, fmt.Sprintf(`"b%d"`, i)).Replace(r))
		}
	}
	dir := b.TempDir()
	text := []byte(bundle(resources...))
	if err := os.WriteFile(filepath.Join(dir, "x.json"), text, 0o600); err != nil {
		b.Fatal(err)
	}
	s := Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}})
	for pass, name := range map[source.Pass]string{source.People: "People", source.Rows: "Rows"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var block record.Block
			for b.Loop() {
				if err := s.Read(context.Background(), pass, source.Shard{File: "x.json"}, &block, func() error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestRejectedEntriesAreHeard shows that an entry with an impossible date can
// still be heard as its Patient's, and a stranger's cannot.
func TestRejectedEntriesAreHeard(t *testing.T) {
	said := func(id, subject string) string {
		return `{"resourceType":"Observation","id":"` + id + `","subject":{"reference":"Patient/` + subject + `"},"effectiveDateTime":"2026-02-30",` +
			`"code":{"coding":[{"system":"http://snomed.info/sct","code":"827241000000103"}]}}`
	}
	readText(t, bundle(patient("1", "9990001006"), said("a", "1"), said("b", "2")), source.Rows, func(b *record.Block) {
		if len(b.Rejects) != 2 || len(b.Heard) != 1 || b.Heard[0].ID.ID != "1|a" || b.Heard[0].Subject.ID != b.Persons[0].ID.ID {
			t.Errorf("rejects %v, heard %+v", b.Rejects, b.Heard)
		}
	})
}
