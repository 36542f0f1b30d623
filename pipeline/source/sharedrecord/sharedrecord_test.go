package sharedrecord

import (
	"bytes"
	"os"
	"testing"

	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/sourcetest"
)

// resources returns the lines of a file of hand-written resources that begin
// with the given types.
func resources(t *testing.T, file string, types ...string) []byte {
	t.Helper()
	data, err := os.ReadFile("../fhir/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for line := range bytes.Lines(data) {
		for _, typ := range types {
			if bytes.HasPrefix(line, []byte(`{"resourceType":"`+typ+`"`)) {
				out = append(out, line...)
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has no %v", file, types)
	}
	return out
}

func TestSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Fixture{
		Open: func(dir string) (source.Source, error) { return New(Config{Dir: dir}), nil },
		Files: map[string][]byte{
			"Patient.000.ndjson":              resources(t, "r4.ndjson", "Patient"),
			"1.Condition.ndjson":              resources(t, "r4.ndjson", "Condition", "Procedure"),
			"Observation.ndjson":              resources(t, "r4.ndjson", "Observation", "Encounter", "MedicationRequest", "CarePlan", "Bundle"),
			"Immunization.ndjson":             resources(t, "r4.ndjson", "Immunization", "AllergyIntolerance"),
			"ServiceRequest.ndjson":           resources(t, "r4.ndjson", "ServiceRequest", "Appointment"),
			"Medication.ndjson":               resources(t, "lookup.ndjson", "Medication"),
			"Organization.ndjson":             resources(t, "lookup.ndjson", "Organization"),
			"deleted/Observation.ndjson":      resources(t, "r4.ndjson", "Bundle"),
			"deleted/Patient.ndjson":          []byte(gone("Patient/p1")),
			"log.ndjson":                      []byte("{}\n"),
			"manifest.json":                   []byte("{}"),
			"Observation.ndjson.sha256":       []byte("x"),
			"more/MedicationStatement.ndjson": resources(t, "stu3.ndjson", "MedicationStatement", "ReferralRequest"),
		},
		Target: "Observation.ndjson",
		Format: sourcetest.Lines,
		Packed: []string{".gz", ".zst"},
		Split:  true,
	})
}
