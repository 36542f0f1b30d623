package leak

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestNames holds that a line is decoded where it has a member by which somebody is named,
// wherever that stands, and no other line is.
func TestNames(t *testing.T) {
	whole := []string{`"family"`, `"telecom"`, `"postalCode"`, `nhs-number`, `"given"`, `"Patient"`, `"userId"`, `ParticipantIdentifier`, `"encodedId"`}
	bits := append([]string{`"`, `""`, `:`, `fam`, `ily"`, `"Patien`, `t"`, `nhs-`, `number`, `"Person"`, `{`, ` `, `\"`, `userId`, `given`}, whole...)
	rapid.Check(t, func(t *rapid.T) {
		var line []byte
		for _, b := range rapid.SliceOfN(rapid.SampledFrom(bits), 0, 8).Draw(t, "line") {
			line = append(line, b...)
		}
		want := false
		for _, n := range whole {
			want = want || bytes.Contains(line, []byte(n))
		}
		if got := new(gatherer).names(line); got != want {
			t.Fatalf("%q: %v, want %v", line, got, want)
		}
	})
}
