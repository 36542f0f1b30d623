package phr

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/sourcetest"
)

const (
	person = `{"resourceType":"Patient","id":"p1","gender":"female","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9000000041"}]}`

	weight = `{"resourceType":"Observation","id":"o1","meta":{"lastUpdated":"2026-05-01T08:00:00Z"},"status":"final",` +
		`"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],` +
		`"code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"subject":{"reference":"Patient/p1"},` +
		`"effectiveDateTime":"2026-05-01T07:30:00+01:00","valueQuantity":{"value":71.5,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}`

	pressure = `{"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},` +
		`"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-05-01","derivedFrom":[{"reference":"Observation/o1"}],` +
		`"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":121,"code":"mm[Hg]"}},` +
		`{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":79,"code":"mm[Hg]"}}]}`

	tablet = `{"resourceType":"MedicationStatement","id":"m1","status":"active","subject":{"reference":"Patient/p1"},"dateAsserted":"2026-04-30",` +
		`"medicationCodeableConcept":{"coding":[{"system":"https://dmd.nhs.uk","code":"322236009"}]}}`

	questionnaire = `{"resourceType":"QuestionnaireResponse","id":"q1","meta":{"lastUpdated":"2026-05-02T09:00:00Z"},"status":"completed",` +
		`"subject":{"reference":"Patient/p1"},"authored":"2026-05-02T10:00:00+01:00","item":[` +
		`{"linkId":"phq2-1","text":"Little interest","answer":[{"valueCoding":{"system":"http://loinc.org","code":"LA6569-3","display":"Several days"}}]},` +
		`{"answer":[{"valueInteger":3,"item":[{"linkId":"why","answer":[{"valueString":"because"},{"valueDecimal":1.5}]}]}],"linkId":"q-2"},` +
		`{"linkId":"g","item":[{"linkId":"g-1","answer":[{"valueBoolean":true},{"valueQuantity":{"value":4,"unit":"d"}}]},{"linkId":"g-2","answer":[{"valueString":"text"}]}]}]}`

	gone = `{"resourceType":"Bundle","type":"transaction","timestamp":"2026-05-03T09:00:00Z","entry":[` +
		`{"request":{"method":"DELETE","url":"Observation/o9"}},{"request":{"method":"DELETE","url":"QuestionnaireResponse/q9"}},` +
		`{"request":{"method":"DELETE","url":"MedicationStatement/m9"}},{"request":{"method":"DELETE","url":"Patient/p9"}},{"request":{"method":"DELETE","url":"Flag/f9"}}]}`
)

func open(dir string) (source.Source, error) {
	return Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}}), nil
}

func file(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Fixture{
		Open: open,
		Files: map[string][]byte{
			"all.ndjson":         file(person, weight, pressure, tablet, questionnaire, gone),
			"Observation.ndjson": file(weight, pressure),
			"deleted/000.ndjson": file(gone),
			"manifest.json":      []byte("{}"),
		},
		Target: "all.ndjson",
		Format: sourcetest.Lines,
		Packed: []string{".gz", ".zst"},
		Split:  true,
	})
}

// readLines reads lines in one pass and hands the block over.
func readLines(t testing.TB, pass source.Pass, look func(b *record.Block), lines ...string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.ndjson"), file(lines...), 0o600); err != nil {
		t.Fatal(err)
	}
	var b record.Block
	err := Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}}).Read(context.Background(), pass, source.Shard{File: "x.ndjson"}, &b, func() error { look(&b); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func at(s string) term.Time {
	t, _ := fhir.ParseTime([]byte(s))
	return t
}

func TestRows(t *testing.T) {
	readLines(t, source.Rows, func(b *record.Block) {
		if b.Read != 5 || len(b.Rejects) > 0 || len(b.Persons) != 1 || len(b.Unused) > 0 {
			t.Fatalf("%d read, rejects %+v, unused %v", b.Read, b.Rejects, b.Unused)
		}
		var got []string
		for _, o := range b.SelfRecords {
			r := o.Row
			got = append(got, fmt.Sprint(o.ID.ID, " ", o.Part, " ", r.Kind, " ", r.System, " ", r.Code, " ", r.Value, " ", r.Unit, " ", r.ValueSystem, " ", r.ValueCode, " ",
				r.At.Clock().Format("01-02 15:04"), " ", o.Line))
			if o.Subject != (record.Ref{Kind: record.Patient, ID: "p1"}) || o.ID.Kind != record.Self {
				t.Errorf("%+v", o.Head)
			}
		}
		want := `Observation/o1 0 measurement loinc 29463-7 71.5 kg   05-01 07:30 2
Observation/o2 0 measurement loinc 85354-9 NaN    05-01 00:00 3
Observation/o2 1 measurement loinc 8480-6 121 mm[Hg]   05-01 00:00 3
Observation/o2 2 measurement loinc 8462-4 79 mm[Hg]   05-01 00:00 3
MedicationStatement/m1 0 medicine dmd 322236009 NaN    04-30 00:00 4
QuestionnaireResponse/q1 0 answer   NaN    05-02 10:00 5
QuestionnaireResponse/q1 1 answer other phq2-1 NaN  loinc LA6569-3 05-02 10:00 5
QuestionnaireResponse/q1 2 answer other q-2 3    05-02 10:00 5
QuestionnaireResponse/q1 3 answer   1.5    05-02 10:00 5
QuestionnaireResponse/q1 4 answer other g-1 1    05-02 10:00 5
QuestionnaireResponse/q1 5 answer other g-1 4 d   05-02 10:00 5`
		if strings.Join(got, "\n") != want {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
		}
		if l := b.SelfRecords[1].Links; len(l) != 1 || l[0].Ref != (record.Ref{Kind: record.Self, ID: "Observation/o1"}) {
			t.Errorf("links %+v", l)
		}
		if v := b.SelfRecords[0].Version; v == term.Unknown || b.SelfRecords[5].Version <= v {
			t.Errorf("versions %v, %v", v.Clock(), b.SelfRecords[5].Version.Clock())
		}
	}, person, weight, pressure, tablet, questionnaire)
}

func TestPeople(t *testing.T) {
	readLines(t, source.People, func(b *record.Block) {
		if len(b.Persons) != 1 || b.Persons[0].Number.Zero() || len(b.SelfRecords)+len(b.Rejects) > 0 {
			t.Errorf("%d persons, %d rows", len(b.Persons), len(b.SelfRecords))
		}
		if len(b.Deletions) != 1 || b.Deletions[0].ID != (record.Ref{Kind: record.Patient, ID: "p9"}) || b.Deletions[0].Version == term.Unknown {
			t.Errorf("deletions %+v", b.Deletions)
		}
	}, weight, person, questionnaire, gone, "{")
}

func TestDeletions(t *testing.T) {
	inError := strings.Replace(weight, `"final"`, `"entered-in-error"`, 1)
	stopped := strings.Replace(questionnaire, `"completed"`, `"stopped"`, 1)
	unfinished := strings.Replace(questionnaire, `"completed"`, `"in-progress"`, 1)
	notTaken := strings.Replace(tablet, `"active"`, `"not-taken"`, 1)
	readLines(t, source.Rows, func(b *record.Block) {
		var got []string
		for _, d := range b.Deletions {
			got = append(got, fmt.Sprint(d.ID.Kind == record.Self, " ", d.ID.ID, " ", d.Line, " ", d.Version.Clock().Format("01-02 15:04")))
		}
		want := `true Observation/o9 1 05-03 09:00
true QuestionnaireResponse/q9 1 05-03 09:00
true MedicationStatement/m9 1 05-03 09:00
false p9 1 05-03 09:00
true Observation/o1 2 05-01 08:00
true QuestionnaireResponse/q1 3 05-02 09:00
true QuestionnaireResponse/q1 4 05-02 09:00
true MedicationStatement/m1 5 01-01 00:00`
		if strings.Join(got, "\n") != want {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
		}
		if b.Read != 9 || fmt.Sprint(b.Unused) != "map[other:1]" || len(b.SelfRecords)+len(b.Rejects) > 0 {
			t.Errorf("%d read, unused %v, %d rows, rejects %+v", b.Read, b.Unused, len(b.SelfRecords), b.Rejects)
		}
	}, gone, inError, stopped, unfinished, notTaken)
}

func TestKinds(t *testing.T) {
	for want, text := range map[string]string{
		"mood":        `"category":[{"coding":[{"system":"https://phr.example/category","code":"mood"}]}],"code":{"coding":[{"code":"feeling"}]},"valueInteger":3`,
		"sleep":       `"code":{"coding":[{"system":"http://loinc.org","code":"93832-4"}]},"valueQuantity":{"value":7,"unit":"h"}`,
		"tobacco":     `"code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"266919005"}]}`,
		"alcohol":     `"code":{"coding":[{"system":"http://snomed.info/sct","code":"160573003"}]},"valueQuantity":{"value":7,"unit":"U/wk"}`,
		"symptom":     `"code":{"coding":[{"system":"http://snomed.info/sct","code":"25064002"}]}`,
		"measurement": `"code":{"coding":[{"system":"http://snomed.info/sct","code":"27113001"}]},"valueQuantity":{"value":71}`,
		"answer":      `"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"survey"}]}],"code":{"coding":[{"code":"x1"}]},"valueInteger":3`,
		"diet":        `"code":{"coding":[{"code":"meal"}]},"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"9052-2"}]},"valueQuantity":{"value":2000}}]`,
	} {
		line := `{"resourceType":"Observation","id":"k","status":"final","subject":{"reference":"Patient/p1"},` + text + `}`
		readLines(t, source.Rows, func(b *record.Block) {
			if len(b.SelfRecords) == 0 || string(b.SelfRecords[0].Row.Kind) != want {
				t.Errorf("want %s: %+v, rejects %+v", want, b.SelfRecords, b.Rejects)
			}
		}, line)
	}
}

func TestABoundIsNoValue(t *testing.T) {
	bound := strings.Replace(weight, `"value":71.5,`, `"value":71.5,"comparator":"<",`, 1)
	readLines(t, source.Rows, func(b *record.Block) {
		if r := b.SelfRecords[0].Row; r.Value == r.Value || r.Unit != "" {
			t.Errorf("%+v", r)
		}
	}, bound)
}

func TestRejects(t *testing.T) {
	nested := `{"linkId":"a"}`
	for range deepest + 2 {
		nested = `{"linkId":"a","item":[` + nested + `]}`
	}
	q := func(old, new string) string { return strings.Replace(questionnaire, old, new, 1) }
	for want, line := range map[string]string{
		"self_record item.answer.valueDecimal: not a number": q(`"valueInteger":3`, `"valueInteger":"3"`),
		"self_record item.answer.valueCoding: not an object": q(`"valueCoding":{"system"`, `"valueCoding":7,"x":{"system"`),
		"self_record item: not an object":                    q(`"item":[`, `"item":[7,`),
		"self_record authored: not a date":                   q(`2026-05-02T10`, `2026-02-30T10`),
		"self_record item.linkId: not a string":              q(`"linkId":"phq2-1"`, `"linkId":1`),
		"self_record id: missing":                            q(`"id":"q1",`, ``),
		" item: nested too deep":                             q(`"item":[`, `"item":[`+nested+`,`),
		"self_record effective: not a date":                  strings.Replace(weight, "2026-05-01T07", "2026-13-01T07", 1),
		" entry.request.url: names no record":                `{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Observation?x=1"}}]}`,
		" entry.request.url: names no record ":               `{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Observation/a b"}}]}`,
		" entry.resource: missing":                           `{"resourceType":"Bundle","entry":[{}]}`,
		" entry: not an object":                              `{"resourceType":"Bundle","entry":[7]}`,
		" entry: not an array":                               `{"resourceType":"Bundle","entry":7}`,
		" resourceType: a Bundle within a Bundle":            `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Bundle"}}]}`,
	} {
		readLines(t, source.Rows, func(b *record.Block) {
			if len(b.Rejects) != 1 || b.Read != 1 || len(b.SelfRecords) > 0 {
				t.Fatalf("%s: %d read, rejects %+v, %d rows", want, b.Read, b.Rejects, len(b.SelfRecords))
			}
			r := b.Rejects[0]
			if got := fmt.Sprintf("%s %s: %s", r.Dataset, r.Field, r.Reason); got != strings.TrimRight(want, " ") {
				t.Errorf("%s, want %s", got, want)
			}
		}, line)
	}
}

// TestOtherTypes: what is used elsewhere is counted, not stored, for a person's
// own record holds nothing a professional wrote.
func TestOtherTypes(t *testing.T) {
	condition := `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p1"}}`
	order := `{"resourceType":"MedicationRequest","id":"r","subject":{"reference":"Patient/p1"}}`
	readLines(t, source.Rows, func(b *record.Block) {
		if b.Read != 3 || fmt.Sprint(b.Unused) != "map[condition:1 flag:1 medication-request:1]" || len(b.Problems)+len(b.Medications)+len(b.SelfRecords) > 0 {
			t.Errorf("%d read, unused %v", b.Read, b.Unused)
		}
	}, condition, order, `{"resourceType":"Flag"}`)
}

// FuzzLine: whatever a line holds, it ends in exactly one tally, and a Bundle's
// line in one for each entry.
func FuzzLine(f *testing.F) {
	for _, s := range []string{person, weight, pressure, tablet, questionnaire, gone, `{"resourceType":"QuestionnaireResponse","item":{"answer":{"item":[[]]}}}`} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	path := filepath.Join(dir, "x.ndjson")
	s := Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}})
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var b record.Block
		err := s.Read(context.Background(), source.Rows, source.Shard{File: "x.ndjson"}, &b, func() error {
			sum := int64(len(b.Persons) + len(b.Rejects) + len(b.Deletions))
			for _, n := range b.Unused {
				sum += n
			}
			id := ""
			for _, o := range b.SelfRecords {
				if o.Part == 0 {
					sum++
					id = o.ID.ID
				}
				if o.ID.ID != id || o.ID.Kind != record.Self {
					t.Errorf("a part of nothing: %+v", o.Head)
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

// TestNoAllocationPerRow: ten times the lines need no more allocations.
func TestNoAllocationPerRow(t *testing.T) {
	count := func(n int) uint64 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.ndjson"), []byte(strings.Repeat(weight+"\n"+questionnaire+"\n"+tablet+"\n", n)), 0o600); err != nil {
			t.Fatal(err)
		}
		s := Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}})
		var b record.Block
		read := func() {
			if err := s.Read(context.Background(), source.Rows, source.Shard{File: "x.ndjson"}, &b, func() error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		read()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read()
		runtime.ReadMemStats(&after)
		return after.Mallocs - before.Mallocs
	}
	if few, many := count(5_000), count(50_000); many > few+500 {
		t.Errorf("%d allocations for 15,000 lines, %d for 150,000", few, many)
	}
}

func BenchmarkRead(b *testing.B) {
	for name, line := range map[string]string{"Observation": weight, "QuestionnaireResponse": questionnaire} {
		dir := b.TempDir()
		text := strings.Repeat(line+"\n", 20_000)
		if err := os.WriteFile(filepath.Join(dir, "x.ndjson"), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		s := Open(dir, fhir.Person{Verification: []string{"01", fhir.NoStatus}})
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var block record.Block
			for b.Loop() {
				if err := s.Read(context.Background(), source.Rows, source.Shard{File: "x.ndjson"}, &block, func() error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A rejected record is heard by the name that records of the PHR have.
func TestRejectedRecordsAreHeard(t *testing.T) {
	n := 0
	readLines(t, source.Rows, func(b *record.Block) {
		n += len(b.Heard)
		for _, h := range b.Heard {
			if h.ID.Kind != record.Self || len(h.Codings) != 1 || len(b.Rejects) != 1 {
				t.Errorf("heard %+v", h.Head)
			}
		}
	}, `{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-02-30","code":{"coding":[{"system":"http://snomed.info/sct","code":"86406008"}]}}`)
	if n != 1 {
		t.Errorf("%d heard", n)
	}
}

// TestCodesOfExtensions is that what an extension of an answer says is judged,
// wherever it stands, and makes no row of its own.
func TestCodesOfExtensions(t *testing.T) {
	const said = `"extension":[{"url":"x","valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"86406008"}]}}]`
	const head = `{"resourceType":"QuestionnaireResponse","id":"q","status":"completed","authored":"2026-05-02","subject":{"reference":"Patient/p"},`
	for _, line := range []string{
		head + said + `,"item":[{"linkId":"1","answer":[{"valueInteger":3}]}]}`,
		head + `"item":[{"linkId":"1",` + said + `,"answer":[{"valueInteger":3}]}]}`,
		head + `"item":[{"linkId":"1","answer":[{` + said + `,"valueInteger":3}]}]}`,
	} {
		rows, judged := 0, false
		readLines(t, source.Rows, func(b *record.Block) {
			for _, r := range b.SelfRecords {
				rows++
				judged = judged || slices.Contains(r.Codings, record.Coding{System: term.SNOMED, Code: "86406008"})
			}
		}, line)
		if rows != 2 || !judged { // the answer, and the record as such
			t.Errorf("%d rows, judged %t: %s", rows, judged, line)
		}
	}
}
