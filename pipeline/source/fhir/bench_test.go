package fhir

import (
	"bytes"
	"strings"
	"testing"

	"secondaryuse/deid/record"
)

// BenchmarkDecode decodes the hand-written resources of one type at a time.
func BenchmarkDecode(b *testing.B) {
	l, _ := lookups(b)
	types := []string{"Patient", "Condition", "Observation", "MedicationRequest", "MedicationStatement", "MedicationDispense",
		"AllergyIntolerance", "Immunization", "Encounter", "Procedure", "ServiceRequest", "Appointment", "CarePlan"}
	for _, typ := range types {
		b.Run(typ, func(b *testing.B) {
			var lines [][]byte
			size := 0
			for _, line := range linesOf(b, "r4.ndjson") {
				if TypeOf(line) == typ {
					lines = append(lines, line)
					size += len(line)
				}
			}
			d := New(options(l))
			var block record.Block
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				block.Reset()
				d.Reset()
				for _, line := range lines {
					d.Decode(line, &block, 1)
				}
			}
		})
	}
}

// Once its memory has grown to what a block needs, the decoder allocates
// nothing.
func TestNoAllocation(t *testing.T) {
	l, _ := lookups(t)
	for _, line := range linesOf(t, "r4.ndjson", "stu3.ndjson") {
		typ := TypeOf(line)
		if strings.Contains(string(line), NHSNumber) || strings.Contains(string(line), `"id":"o6"`) {
			continue // identity.Parse allocates, and so does an error, of which o6 has one
		}
		d := New(options(l))
		line = bytes.ReplaceAll(line, []byte(`"id":"`), []byte(`"id":"a\tb\u00e9`))
		var b record.Block
		read := func() {
			b.Reset()
			d.Reset()
			for i := range int64(10) {
				d.Decode(line, &b, i)
			}
		}
		read()
		if n := testing.AllocsPerRun(20, read); n != 0 {
			t.Errorf("%s: %v allocations for 10 resources, rejects %v", typ, n, b.Rejects)
		}
	}
}
