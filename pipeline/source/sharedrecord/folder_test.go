package sharedrecord

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
)

// total is what became of a feed.
type total struct {
	read, rows, deletions, unused int64
	rejects                       []string
	medicines                     []string
	persons                       int
	gone                          []string // patients
}

func readAll(t testing.TB, s *Source, p source.Pass) (sum total) {
	t.Helper()
	shards, err := s.Shards(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	var b record.Block
	for _, shard := range shards {
		err := s.Read(context.Background(), p, shard, &b, func() error {
			sum.add(shard.File, &b)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(sum.rejects)
	slices.Sort(sum.gone)
	return sum
}

func (sum *total) add(file string, b *record.Block) {
	sum.read += b.Read
	sum.rows += int64(len(b.Persons) + len(b.Problems) + len(b.Medications) + len(b.Allergies) + len(b.Immunisations) +
		len(b.Encounters) + len(b.Procedures) + len(b.Referrals) + len(b.Appointments) + len(b.CarePlans))
	for i := range b.Observations {
		if b.Observations[i].Part == 0 {
			sum.rows++
		}
	}
	for i := range b.Medications {
		sum.medicines = append(sum.medicines, string(b.Medications[i].ID.ID)+" "+strings.Clone(string(b.Medications[i].Row.Code)))
	}
	sum.persons += len(b.Persons)
	sum.deletions += int64(len(b.Deletions))
	for i := range b.Deletions {
		if id := b.Deletions[i].ID; id.Kind == record.Patient {
			sum.gone = append(sum.gone, strings.Clone(id.ID))
		}
	}
	for _, n := range b.Unused {
		sum.unused += n
	}
	for _, r := range b.Rejects {
		sum.rejects = append(sum.rejects, fmt.Sprintf("%s:%d %s: %s", file, r.Line, r.Field, r.Reason))
	}
}

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRealFolders reads what real servers exported and accounts for all of it.
func TestRealFolders(t *testing.T) {
	synthea := fhir.Person{System: "https://github.com/synthetichealth/synthea", Local: true}
	for name, persons := range map[string]int{"sample-bulk-fhir-datasets/10-patients": 13, "bulk-data-server-capture/full": 100} {
		dir := filepath.Join("../../../../shared/data/bulk-fhir", name)
		if _, err := os.Stat(dir); err != nil {
			t.Skip("the real files are not here: ", err)
		}
		for _, block := range []int64{16 << 20, 300_000} {
			s := New(Config{Dir: dir, Person: synthea})
			s.block = block
			sum := readAll(t, s, source.Rows)
			if sum.read == 0 || sum.read != sum.rows+sum.deletions+sum.unused+int64(len(sum.rejects)) {
				t.Errorf("%s: %+v", name, sum)
			}
			if len(sum.rejects) > 0 || sum.persons != persons {
				t.Errorf("%s: %d persons, rejects %v", name, sum.persons, sum.rejects)
			}
			if who := readAll(t, s, source.People); who.persons != persons {
				t.Errorf("%s: %d persons in the first pass", name, who.persons)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"Patient.ndjson": "Patient", "Observation.000.ndjson": "Observation", "30.Observation.ndjson.gz": "Observation",
		"Observation.NDJSON.zst": "Observation", "deleted/Patient.ndjson": "Patient deleted", "a/deleted/Bundle_1.ndjson": "Bundle deleted",
		"export.ndjson": "", "Condition-2.json": "Condition foreign", "Patient.parquet": "Patient foreign", "Patient.ndjson.bz2": "Patient foreign",
	} {
		f, ok := named(name)
		got := f.typ
		if f.deleted {
			got += " deleted"
		}
		if f.foreign {
			got += " foreign"
		}
		if !ok || got != want {
			t.Errorf("%s: %q %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"log.ndjson", "manifest.json", "http-log.json", "README", "Patient.ndjson.sha256", ".Patient.ndjson", "...", "x.csv"} {
		if f, ok := named(name); ok {
			t.Errorf("%s is a file of the feed: %+v", name, f)
		}
	}
}

// gone is a line that says that a record was deleted.
func gone(url string) string {
	return `{"resourceType":"Bundle","meta":{"lastUpdated":"2026-01-02T03:04:05Z"},"type":"transaction","entry":[{"request":{"method":"DELETE","url":"` + url + `"}}]}` + "\n"
}

// Deletions of patients are read with the patients, wherever these are looked
// for and in the whole of the folder deleted; a Patient in there is none, in
// either pass.
func TestDeletedPatients(t *testing.T) {
	other := strings.Replace(patient, `"p"`, `"q"`, 1) + "\n"
	dir := folder(t, map[string]string{
		"Patient.ndjson":             patient + "\n" + gone("Patient/a") + gone("Observation/o"),
		"export.ndjson":              gone("https://fhir.example.org/r4/Patient/b"),
		"Bundle.1.ndjson":            gone("Patient/c/_history/3"),
		"deleted/Patient.ndjson":     gone("Patient/d") + other,
		"more/deleted/Bundle.ndjson": gone("Patient/e") + gone("Condition/c"),
		"deleted/Observation.ndjson": gone("Patient/f") + "{}\n",
		"deleted/Patient.csv":        "id\n",
		"Observation.ndjson":         observation + "\n" + gone("Patient/g"), // met with the records
	})
	s := New(Config{Dir: dir})
	who := readAll(t, s, source.People)
	if want := []string{"a", "b", "c", "d", "e", "f"}; who.persons != 1 || !slices.Equal(who.gone, want) || who.read != 0 || len(who.rejects) != 0 {
		t.Errorf("first pass: %+v, want %v", who, want)
	}
	sum := readAll(t, s, source.Rows)
	if want := []string{"a", "b", "c", "d", "e", "f", "g"}; sum.persons != 1 || !slices.Equal(sum.gone, want) || len(sum.rejects) != 3 ||
		sum.read != sum.rows+sum.deletions+sum.unused+int64(len(sum.rejects)) {
		t.Errorf("second pass: %+v, want %v", sum, want)
	}
}

const (
	patient     = `{"resourceType":"Patient","id":"p","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990001006"}]}`
	observation = `{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/p"}}`
)

// A file that opens with a patient is read for persons; a stray one elsewhere
// is rejected, because nobody has looked for it.
func TestStrayPatients(t *testing.T) {
	dir := folder(t, map[string]string{
		"Observation.1.ndjson": patient + "\n" + observation + "\n",
		"Observation.2.ndjson": observation + "\n" + patient + "\n",
		"Observation.csv":      "id\n",
		"export.ndjson":        observation + "\n" + strings.Replace(patient, `"p"`, `"q"`, 1) + "\n",
	})
	s := New(Config{Dir: dir})
	sum := readAll(t, s, source.Rows)
	want := []string{"Observation.2.ndjson:2 resourceType: a Patient in a file of other resources", "Observation.csv:0 : not an NDJSON file"}
	if !slices.Equal(sum.rejects, want) || sum.persons != 2 || sum.read != 7 {
		t.Errorf("%+v", sum)
	}
	if who := readAll(t, s, source.People); who.persons != 2 || who.read != 0 || len(who.rejects) != 0 {
		t.Errorf("persons: %+v", who)
	}
}

// However a file is cut into shards, every bad line is told by its number in
// the file.
func TestLineNumbers(t *testing.T) {
	var text strings.Builder
	var want []string
	for i := 1; i <= 500; i++ {
		switch {
		case i%97 == 0:
			text.WriteString("{\"resourceType\":\n")
			want = append(want, fmt.Sprintf("Observation.ndjson:%d : not a JSON value", i))
		case i%90 == 0:
			text.WriteString(strings.Repeat(" ", 600) + "{}\n")
			want = append(want, fmt.Sprintf("Observation.ndjson:%d : line too long", i))
		case i%41 == 0:
			text.WriteString("\n")
		default:
			text.WriteString(observation + "\n")
		}
	}
	slices.Sort(want)
	dir := folder(t, map[string]string{"Observation.ndjson": text.String()})
	for _, block := range []int64{7, 100, 1000, 10_000, 1 << 20} {
		s := New(Config{Dir: dir, Limit: 500})
		s.block = block
		sum := readAll(t, s, source.Rows)
		if !slices.Equal(sum.rejects, want) || sum.rows != 500-12-int64(len(want)) {
			t.Errorf("blocks of %d: %d rows, rejects %q, want %q", block, sum.rows, sum.rejects, want)
		}
	}
}

// Medicines are found in Medication files, packed or not, whatever else stands
// in them.
func TestMedicines(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(append([]byte("junk\n"), resources(t, "lookup.ndjson", "Medication")...))
	w.Close()
	dir := folder(t, map[string]string{
		"MedicationRequest.ndjson":  `{"resourceType":"MedicationRequest","id":"m","medicationReference":{"reference":"Medication/med1"},"subject":{"reference":"Patient/p"}}`,
		"9.Medication.ndjson.gz":    packed.String(),
		"deleted/Medication.ndjson": "{}",
	})
	if sum := readAll(t, New(Config{Dir: dir}), source.Rows); !slices.Equal(sum.medicines, []string{"m 322236009"}) {
		t.Errorf("%+v", sum)
	}
}

func TestNoFolder(t *testing.T) {
	for name, dir := range map[string]string{"missing": "/nowhere/secret", "empty": t.TempDir(), "only a log": folder(t, map[string]string{"log.ndjson": "{}"})} {
		s := New(Config{Dir: dir})
		_, err := s.Shards(context.Background(), source.Rows)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Read(context.Background(), source.Rows, source.Shard{File: "Patient.ndjson"}, &record.Block{}, func() error { return nil }); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}
