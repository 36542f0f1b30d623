package fhir

import (
	"testing"

	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// TestHomeVisitOfAFeed holds a home visit by nobody named to what the feed
// says: only in a GP system's record was it the practice.
func TestHomeVisitOfAFeed(t *testing.T) {
	for otherwise, want := range map[term.Word]term.Word{"gp": "gp", "other": "community"} {
		if got := kindOfEncounter(&row.Encounter{Kind: homeVisit}, otherwise); got != want {
			t.Errorf("in a feed of %s: %s", otherwise, got)
		}
	}
	if got := kindOfEncounter(&row.Encounter{Kind: homeVisit, Provider: "R1D"}, "gp"); got != "community" {
		t.Errorf("by a hospital, in a feed of gp: %s", got)
	}
}
