package phr

import (
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// TestLabelsOfABundle is that a label on a Bundle is one on all that is in it, and
// on nothing behind it.
func TestLabelsOfABundle(t *testing.T) {
	const label = `{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}`
	inside := `{"resourceType":"Bundle","meta":` + label + `,"entry":[{"resource":` + person + `},{"resource":` + weight + `},{"resource":` + questionnaire + `},{"resource":` + tablet + `}]}`
	readLines(t, source.Rows, func(b *record.Block) {
		if len(b.Persons) != 2 || !b.Persons[0].Confidential || b.Persons[1].Confidential {
			t.Errorf("%+v", b.Persons)
		}
		n := 0
		for _, r := range b.SelfRecords {
			if r.Restricted != (r.Line == 1) {
				t.Errorf("%+v", r.Head)
			}
			n++
		}
		if n < 5 {
			t.Errorf("%d rows", n)
		}
	}, inside, strings.Replace(person, "p1", "p2", 1), strings.Replace(pressure, "p1", "p2", 1))
}
