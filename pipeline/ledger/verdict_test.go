package ledger

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestBefore holds that a run is compared with the newest before it that has
// published, and has judged the same kind of records for the same purpose.
func TestBefore(t *testing.T) {
	ctx := t.Context()
	l, _ := open(t)
	for _, r := range []Run{
		{ID: "r1", Kind: Whole, Status: Published, Purpose: "planning"}, {ID: "r2", Kind: Delta, Status: Published, Purpose: "planning"},
		{ID: "r3", Kind: Whole, Status: Refused, Purpose: "planning"}, {ID: "r4", Kind: Whole, Status: Published, Purpose: "research"},
		{ID: "r5", Status: Done, Purpose: "planning"}, {ID: "r6", Kind: Whole, Status: Published, Purpose: "planning"},
	} {
		r.Started, r.Finished = day, day.Add(time.Hour)
		if err := errors.Join(l.Begin(ctx, r), l.Account(ctx, r.ID, r.Kind, nil, nil), l.Finish(ctx, r)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ id, kind, purpose, want string }{
		{"r6", Whole, "planning", "r1"}, {"r7", Whole, "planning", "r6"}, {"r6", Delta, "planning", "r2"},
		{"r6", Staged, "planning", ""}, {"r6", "", "planning", ""}, {"r1", Whole, "planning", ""}, {"r6", Whole, "research", "r4"},
	} {
		if got, err := l.Before(ctx, tc.id, tc.kind, tc.purpose); err != nil || got.ID != tc.want {
			t.Errorf("%v: %q %v", tc, got.ID, err)
		}
	}
	if r, err := l.Find(ctx, "r3"); err != nil || r.Status != Refused {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := l.Find(ctx, "r9"); err != nil || r.ID != "" {
		t.Errorf("%+v %v", r, err)
	}
	want := []Verdict{{Persons: 90}, {Gate: "optout", Reason: "not on the allow list", Persons: 7}}
	if err := errors.Join(l.Judge(ctx, "r6", []Verdict{{Persons: 1}}), l.Judge(ctx, "r6", want)); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Verdicts(ctx, "r6"); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
}
