package apple

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/sourcetest"
	"secondaryuse/pipeline/source/wearable/wearabletest"
)

// read reads every file of a folder.
func read(t testing.TB, dir string) (wearabletest.Rows, record.Block) {
	return wearabletest.Read(t, Open(dir))
}

func sample(t testing.TB) string { return wearabletest.File(t, "export.xml") }

// TestExport reads an export with every kind of element and of type in it.
func TestExport(t *testing.T) {
	rows, all := read(t, wearabletest.Folder(t, map[string]string{"acct-7/export.xml": sample(t)}))
	wearabletest.Same(t, rows, wearabletest.File(t, "export.want"))
	if s := fmt.Sprint(all.Read, all.Rejects, all.Unused); s != "25 [] map[clinical-record:1 correlation:1 dietary:1 in-bed:1 other-category:1 other-quantity:1]" {
		t.Error(s)
	}
	for _, r := range rows {
		if r.Subject != (record.Ref{Kind: record.Account, ID: "apple|acct-7"}) || r.Row.Vendor != "apple" || r.Version == 0 {
			t.Errorf("%+v", r)
		}
		if strings.Contains(r.ID.ID, "Ann") {
			t.Errorf("a name in the key %s", r.ID.ID)
		}
	}
	wearabletest.Silent(t, rows, all, "acct", "Ann", "Scales", "Cuff", "1961", "HKDevice")
}

// TestSuite holds the adapter to the contract, on the file as it is and packed.
func TestSuite(t *testing.T) {
	open := func(dir string) (source.Source, error) { return Open(dir), nil }
	t.Run("xml", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Fixture{
			Open: open, Format: sourcetest.XML, Packed: []string{".gz"}, Target: "one/export.xml",
			Files: map[string][]byte{"one/export.xml": []byte(sample(t)), "two/export.xml": []byte(sample(t))},
		})
	})
	t.Run("zip", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Fixture{
			Open: open, Format: sourcetest.Opaque, Target: "one.zip",
			Files: map[string][]byte{"one.zip": packed(t, "apple_health_export/export.xml", sample(t)), "two/export.xml": []byte(sample(t))},
		})
	})
}

func packed(t testing.TB, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for n, s := range map[string]string{name: text, "apple_health_export/export_cda.xml": "<ClinicalDocument/>"} {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAccount(t *testing.T) {
	for file, want := range map[string]string{
		"a1/export.xml":                     "a1",
		"a1/apple_health_export/export.xml": "a1",
		"a1/export.zip":                     "a1",
		"a1.zip":                            "a1",
		"a.b.zip":                           "a.b",
		"export.zip":                        "feed",
		"export.xml":                        "feed",
		"apple_health_export/export.xml":    "feed",
	} {
		if got := Open("/x/feed").account(file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

// TestSameAsZip: the archive, also with a translated name in it, gives what
// the file gives.
func TestSameAsZip(t *testing.T) {
	want, _ := read(t, wearabletest.Folder(t, map[string]string{"a/export.xml": sample(t)}))
	for _, name := range []string{"apple_health_export/export.xml", "apple_health_export/Exportación.xml"} {
		got, _ := read(t, wearabletest.Folder(t, map[string]string{"a.zip": string(packed(t, name, sample(t)))}))
		if len(got) != len(want) {
			t.Fatalf("%s: %d rows, want %d", name, len(got), len(want))
		}
		for i := range got {
			if wearabletest.Line(got[i]) != wearabletest.Line(want[i]) || got[i].ID != want[i].ID {
				t.Errorf("%s: row %d differs", name, i)
			}
		}
	}
}

// TestKeys: the same record, exported again elsewhere, in another unit or with
// another value, has the same key; another record has another.
func TestKeys(t *testing.T) {
	const one = `<Record type="HKQuantityTypeIdentifierBodyMass" sourceName="S" device="0x1" unit="kg" startDate="2026-03-28 08:00:00 +0000" endDate="2026-03-28 08:00:00 +0000" value="75"/>`
	id := func(text string) record.Ref {
		rows, all := read(t, wearabletest.Folder(t, map[string]string{"a/export.xml": "<HealthData>" + text + "</HealthData>"}))
		if len(rows) != 1 {
			t.Fatalf("%d rows, rejects %v", len(rows), all.Rejects)
		}
		return rows[0].ID
	}
	want := id(one)
	elsewhere := strings.ReplaceAll(one, "08:00:00 +0000", "03:00:00 -0500")
	for _, same := range []string{elsewhere, strings.Replace(one, `"0x1"`, `"0x2"`, 1), strings.Replace(one, `"75"`, `"75.1"`, 1), strings.Replace(one, `unit="kg"`, `creationDate="2026-03-28 08:00:01 +0000" unit="kg"`, 1),
		strings.NewReplacer(`"kg"`, `"lb"`, `"75"`, `"165.3466966386636"`).Replace(one)} {
		if id(same) != want {
			t.Errorf("another key for %s", same)
		}
	}
	for _, other := range []string{strings.Replace(one, `"S"`, `"T"`, 1), strings.Replace(one, "08:00:00", "07:59:59", 1), strings.Replace(one, "BodyMass", "VO2Max", 1)} {
		if strings.Contains(other, "VO2Max") {
			other = strings.Replace(other, `"kg"`, `"mL/min·kg"`, 1)
		}
		if id(other) == want {
			t.Errorf("the same key for %s", other)
		}
	}
}

// TestRejects: what cannot be read is rejected with its line and field, once,
// and the records around it are read.
func TestRejects(t *testing.T) {
	const good = `<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="S" unit="count/min" startDate="2026-03-28 08:00:00 +0000" endDate="2026-03-28 08:00:00 +0000" value="75"/>`
	for name, c := range map[string]struct{ text, field, reason string }{
		"no value":       {strings.Replace(good, ` value="75"`, "", 1), "value", "missing or not a number"},
		"word":           {strings.Replace(good, `"75"`, `"high"`, 1), "value", "missing or not a number"},
		"impossible":     {strings.Replace(good, `"75"`, `"7500"`, 1), "value", "beyond what can be"},
		"infinite":       {strings.Replace(good, `"75"`, `"1e999"`, 1), "value", "missing or not a number"},
		"unit":           {strings.Replace(good, `count/min`, `furlong`, 1), "unit", "missing or not a unit that is known"},
		"another unit":   {strings.Replace(good, `count/min`, `kg`, 1), "unit", "not a unit of this type"},
		"no start":       {strings.Replace(good, `startDate`, `StartDate`, 1), "startDate", "missing or not a time"},
		"31 February":    {strings.Replace(good, `endDate="2026-03-28`, `endDate="2026-02-31`, 1), "endDate", "missing or not a time"},
		"backwards":      {strings.Replace(good, `endDate="2026-03-28`, `endDate="2026-03-27`, 1), "endDate", "before startDate"},
		"no type":        {strings.Replace(good, `type=`, `kind=`, 1), "type", "missing"},
		"entity":         {strings.Replace(good, `"S"`, `"&me;"`, 1), "", "an entity that XML does not know"},
		"no quote":       {strings.Replace(good, `"S"`, `"S`, 1), "", "an element is not well formed"},
		"not closed":     {strings.Replace(good, `value="75"/>`, `value="75"`, 1), "", "an element is not well formed"},
		"children":       {strings.Replace(good, `value="75"/>`, "value=75>\n<MetadataEntry key=\"a\"/></Record>", 1), "", "an element is not well formed"},
		"too long a tag": {strings.Replace(good, `"S"`, `"`+strings.Repeat("s", maxTag+100)+`"`, 1), "", "an element is not well formed"},
		"sleep": {`<Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="S" startDate="2026-03-28 08:00:00 +0000" endDate="2026-03-28 08:00:00 +0000" value="Dozing"/>`,
			"value", "not a stage of sleep that is known"},
		"workout":  {`<Workout startDate="2026-03-28 08:00:00 +0000" endDate="2026-03-28 08:00:00 +0000" duration="x"><WorkoutEvent/></Workout>`, "duration", "not a number"},
		"in it":    {`<Workout startDate="2026-03-28 08:00:00 +0000" endDate="2026-03-28 08:00:00 +0000"><Event a=1/></Workout>`, "", "an element is not well formed"},
		"day":      {`<ActivitySummary dateComponents="28 March" appleExerciseTime="3"/>`, "dateComponents", "missing or not a date"},
		"exercise": {`<ActivitySummary dateComponents="2026-03-28" appleExerciseTime="-3"/>`, "appleExerciseTime", "beyond what can be"},
	} {
		text := "<HealthData>\n" + good + "\n" + c.text + "\n" + good + "\n</HealthData>"
		rows, all := read(t, wearabletest.Folder(t, map[string]string{"a/export.xml": text}))
		want := record.Reject{Dataset: "reading", Line: 3, Field: c.field, Reason: c.reason}
		if len(all.Rejects) != 1 || all.Rejects[0] != want || all.Read != 3 || len(rows) != 2 {
			t.Errorf("%s: %d rows, rejects %v, want 2 and %v", name, len(rows), all.Rejects, want)
		}
	}
}

// TestCut: wherever a file is cut off, the records before are there, one
// reject says so, and the sums are right.
func TestCut(t *testing.T) {
	whole := sample(t)
	want, _ := read(t, wearabletest.Folder(t, map[string]string{"a/export.xml": whole}))
	for n := strings.Index(whole, "<HealthData") + 20; n < strings.LastIndex(whole, "</HealthData>")+12; n += 41 {
		rows, all := read(t, wearabletest.Folder(t, map[string]string{"a/export.xml": whole[:n]}))
		if len(all.Rejects) != 1 || all.Rejects[0].Line != int64(strings.Count(whole[:n], "\n"))+1 {
			t.Fatalf("cut at %d: rejects %v", n, all.Rejects)
		}
		for i := range rows {
			if wearabletest.Line(rows[i]) != wearabletest.Line(want[i]) {
				t.Fatalf("cut at %d: row %d differs", n, i)
			}
		}
	}
}

func TestRealExports(t *testing.T) {
	rows, all := read(t, wearabletest.Shared(t, "wearables/dogsheep__healthkit-to-sqlite/tests"))
	wearabletest.Tally(t, rows, all)
	if all.Read != 10 || len(rows) != 16 {
		t.Errorf("%d records read and %d readings, want 10 and 16", all.Read, len(rows))
	}
}
