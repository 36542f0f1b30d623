package main

import (
	"testing"

	"secondaryuse/pipeline/stage/seal"
)

// TestDeltaOfResearch holds that what is left out for the purpose is left out of
// deltas as it is of everything, and that it is what people record themselves.
func TestDeltaOfResearch(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 120, 11, 0)
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	d.edits = []string{"purpose: planning", "purpose: research"}
	d.live(2, true)
	c := d.config("kept")
	live, err := seal.Current(stageOf(c))
	if err != nil {
		t.Fatal(err)
	}
	sets := make(map[string]bool)
	for _, p := range live.Parts {
		sets[p.Dataset] = true
	}
	if sets["self_record"] || sets["reading"] || !sets["observation"] {
		t.Errorf("staged: %v", sets)
	}
}
