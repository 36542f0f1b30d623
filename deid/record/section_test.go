package record

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSections holds that each section has one name, and is in a provider.
func TestSections(t *testing.T) {
	all := OfWearable | OfPHR
	if all != everySection || OfWearable&OfPHR != Sleep {
		t.Errorf("wearables have %q, the PHR %q", OfWearable.Names(), OfPHR.Names())
	}
	names := all.Names()
	if len(names) != len(sectionNames) {
		t.Errorf("%d sections, %d names", len(names), len(sectionNames))
	}
	for i, name := range names {
		if got := SectionOf(name); got != 1<<i {
			t.Errorf("%s is %b", name, got)
		}
	}
	for _, name := range []string{"", "Sleep", "sleep ", "steps", "*"} {
		if SectionOf(name) != 0 {
			t.Errorf("%q is the name of a section", name)
		}
	}
}

// TestWithin holds that every section of what is to be used must be shared, and
// all there are where none is known.
func TestWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Sections(rapid.Uint32Range(0, everySection).Draw(t, "of"))
		shared := Sections(rapid.Uint32Range(0, everySection).Draw(t, "shared"))
		want := s != 0
		for _, name := range s.Names() {
			want = want && shared&SectionOf(name) != 0
		}
		if s.Within(shared) != want || !s.Within(EverySection) {
			t.Errorf("%q within %q: %v", s.Names(), shared.Names(), !want)
		}
	})
}
