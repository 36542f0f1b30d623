package main

import (
	"testing"

	"secondaryuse/testdata/population"
)

func TestRunLeavesNoIdentifier(t *testing.T) {
	s := newSite(t, population.Plan{Persons: 400, Seed: 7})
	s.run(0, "run")
	s.run(0, "show")
	s.run(0, "quarantine", "--number", "100000")
	s.run(0, "runs")
	s.run(0, "check")
	s.run(0, "publish")
	var f found
	if err := s.identifiers().tree(s.left, &f); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %v", f.bytes, f.files)
	for _, w := range f.where {
		t.Error(w)
	}
}
