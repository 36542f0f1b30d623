package fhir

import (
	"fmt"
	"slices"
	"testing"
)

// TestLacks holds that what is asked for and not there is listed once, and that
// no more is kept than can be told apart.
func TestLacks(t *testing.T) {
	l := NewLookup()
	for _, text := range []string{`{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"https://dmd.nhs.uk","code":"1"}]}}`,
		`{"resourceType":"Organization","id":"o","identifier":[{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"M82002"}]}`} {
		if a := l.Add([]byte(text)); a.Name == "" || a.Known || a.Otherwise {
			t.Errorf("%+v", a)
		}
		if a := l.Add([]byte(text)); !a.Known || a.Otherwise {
			t.Errorf("again: %+v", a)
		}
	}
	if a := l.Add([]byte(`{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"https://dmd.nhs.uk","code":"2"}]}}`)); !a.Otherwise || a.Name != "Medication/m" {
		t.Errorf("another code: %+v", a)
	}
	if a := l.Add([]byte(`{"resourceType":"Patient","id":"m"}`)); a != (Added{}) {
		t.Errorf("a patient: %+v", a)
	}
	for range 2 {
		l.medicine([]byte("m"))
		l.medicine([]byte("o"))
		l.organisation([]byte("o"))
		l.organisation([]byte("m"))
		l.organisation(nil)
	}
	if got := l.Lacks(); !slices.Equal(got, []string{"Medication/o", "Organization/m"}) {
		t.Errorf("%q", got)
	}
	for i := range 2 * ManyLacks {
		l.medicine(fmt.Append(nil, i))
	}
	if n := len(l.Lacks()); n != ManyLacks+1 {
		t.Errorf("%d are lacking", n)
	}
}
