package fhir

import (
	"fmt"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// TestExpires holds that a record says when the first period in it ends that is
// still running and that something of it hangs on, and that nothing but the
// given wall clock says which are over.
func TestExpires(t *testing.T) {
	const patient = `{"resourceType":"Patient","id":"a","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018","period":{"end":"%s"}},` +
		`{"system":"other","value":"1","period":{"end":"2001-01-02"}}],"address":[{"postalCode":"ZZ1 1ZZ","period":{"end":"%s"}}]}`
	const observation = `{"resourceType":"Observation","id":"o","subject":{"identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018","period":{"end":"%s"}}}}`
	day := func(d int) string { return fmt.Sprintf("2001-01-%02d", d) }
	now := func(d int) term.Time { t, _ := term.Wall(2001, 1, d, 0, 0, 0, 0); return t }
	for _, tc := range []struct {
		text string
		want int // day, 0 none
		zero bool
	}{
		{fmt.Sprintf(patient, day(4), day(5)), 4, false},
		{fmt.Sprintf(patient, day(5), day(4)), 4, false},
		{fmt.Sprintf(patient, day(3), day(4)), 4, true}, // over at its end
		{fmt.Sprintf(patient, day(3), day(2)), 0, true},
		{fmt.Sprintf(observation, day(4)), 4, false},
		{fmt.Sprintf(observation, day(3)), 0, true},
	} {
		var b record.Block
		New(Options{Person: Person{Verification: []string{NoStatus}, Now: now(3)}}).Decode([]byte(tc.text), &b, 1)
		var h record.Head
		b.Heads(func(head *record.Head, _ record.Ref) { h = *head })
		want := term.Unknown
		if tc.want > 0 {
			want = now(tc.want)
		}
		if h.ID.ID == "" || h.Expires != want || h.Number.Zero() != tc.zero {
			t.Errorf("%s: expires %v, want %v; without a number: %v", tc.text, h.Expires.Clock(), want.Clock(), h.Number.Zero())
		}
	}
}
