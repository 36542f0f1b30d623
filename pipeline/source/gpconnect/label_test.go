package gpconnect

import (
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// TestLabelsOfTheBundle is that a label on the Bundle is one on all that is in it,
// its Patient included, as the persons are read and as all is.
func TestLabelsOfTheBundle(t *testing.T) {
	for label, restricts := range map[string]bool{
		`{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}`: true,
		`{"lastUpdated":"2026-07-02T03:04:05Z","security":[{"code":"v"}]}`:                                true,
		`{"security":{"code":"N"}}`:   true, // it cannot be read
		`{"security":[{"code":"N"}]}`: false,
		`{}`:                          false,
	} {
		text := strings.Replace(bundle(append(rest("P1"), patient("P1", "9000000041"))...), `{"lastUpdated": "2026-07-02T03:04:05Z"}`, label, 1)
		for _, pass := range []source.Pass{source.People, source.Rows} {
			readText(t, text, pass, func(b *record.Block) {
				if len(b.Persons) != 1 || b.Persons[0].Confidential != restricts {
					t.Errorf("%s: person %+v", label, b.Persons)
				}
				b.Heads(func(h *record.Head, _ record.Ref) {
					if h.ID.Kind != record.Patient && h.Restricted != restricts {
						t.Errorf("%s: %+v", label, h)
					}
				})
			})
		}
	}
}
