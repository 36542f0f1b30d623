package project

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const linked = `linkage:
  study: FALLS-2014
  why: the cohort of 2014 is followed on
  approval: 26/WM/0123
  mart: population
`

// TestLinkage holds that a project says to which study it links, why and under which
// approval, or is none; and that what is approved has the warning with it.
func TestLinkage(t *testing.T) {
	base, err := load(t)
	if err != nil || base.Linkage != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(base); err != nil || strings.Contains(string(text), "inkage") {
		t.Errorf("approvals from before the block was there hold no longer: %v", err)
	}
	p, err := load(t, "formats:", linked+"formats:")
	if err != nil {
		t.Fatal(err)
	}
	if found := Check(p, against(t)); len(found) > 0 {
		t.Errorf("found %+v", found)
	}
	if p.Digest() == base.Digest() {
		t.Error("who adds the block keeps the approvals")
	}
	said := ""
	for _, f := range p.Facts() {
		said += strings.Join(f[:], ": ") + "\n"
	}
	for _, want := range []string{"linked to: FALLS-2014, by population.openpseudonymiser, under 26/WM/0123: the cohort of 2014 is followed on\n", "back into an NHS number, in minutes"} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %s", want)
		}
	}
	for _, tc := range []struct{ from, to, want string }{
		{"  study: FALLS-2014\n", "", "linkage.study: missing"},
		{"study: FALLS-2014", "study: FALLS-2014\n  salt: mackerel", "an unknown key"},
		{"the cohort of 2014 is followed on", "because", "linkage.why: missing"},
		{"the cohort of 2014 is followed on", "to sell it to insurers", `linkage.why: it speaks of a use that is refused`},
		{"approval: 26/WM/0123", "approval: 26/WM/0124", "linkage.approval: no reference that stands under approvals"},
		{"  approval: 26/WM/0123\n", "", "linkage.approval: no reference"},
		{"mart: population", "mart: wearable_daily", "linkage.mart: none of the tables"},
	} {
		_, err := load(t, "formats:", strings.Replace(linked, tc.from, tc.to, 1)+"formats:")
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "mackerel") {
			t.Errorf("%s instead of %s: %v", tc.to, tc.from, err)
		}
	}
	if _, err := load(t, "formats:", linked+"formats:", "{name: activity, why", "{name: openpseudonymiser, why"); err == nil || !strings.Contains(err.Error(), "the block linkage asks for it") {
		t.Errorf("a column of that name: %v", err)
	}
	many, err := load(t, "formats:", strings.Replace(linked, "mart: population", "mart: activity_daily", 1)+"formats:")
	if err != nil {
		t.Fatal(err)
	}
	if found := Check(many, against(t)); len(found) != 1 || found[0].Field != "linkage.mart" || !strings.Contains(found[0].What, "many rows") {
		t.Errorf("a table of many rows: %+v", found)
	}
}
