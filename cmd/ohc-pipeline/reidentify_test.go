package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/reversal"
	"secondaryuse/pipeline/audit"
)

// TestReidentify holds that a practice reads the numbers of those on the list who
// are its own patients and may be used now, and of nobody else; that the audit log
// has every one of them first, by a digest alone; and that a request is good once.
func TestReidentify(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	ids := []int64{s.mine[0], s.mine[1], s.mine[2], s.theirs[0], 12345}
	a, err := s.ask(reversal.Request{Practice: s.codes[0]}, ids, "gus", "cora")
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.hand(s.now(), s.codes[0])
	if want := s.lines(s.mine[:3]...); err != nil || got != want {
		t.Fatalf("%d bytes, want %d: %v", len(got), len(want), err)
	}
	c := s.config("kept")
	events, err := audit.List(auditOf(c))
	if err != nil {
		t.Fatal(err)
	}
	p, err := newProof(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	request, err := digestOf(a.path("request"))
	if err != nil {
		t.Fatal(err)
	}
	staff, err := digestOf(filepath.Join(s.root, "people.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]bool)
	for _, id := range s.mine[:3] {
		d := p.key.Returned(p.key.Person(nhs(t, s.number[id])))
		want[hex.EncodeToString(d[:])] = true
	}
	for _, e := range events {
		if e.What != returnedEvent {
			continue
		}
		var r returnedRecord
		if err := json.Unmarshal(e.Record, &r); err != nil || !want[r.Person] || r.Practice != s.codes[0] || r.Approval != "CG/2026/17" || e.Who == "" ||
			r.Persons != "fewer than 8" || r.File != request || r.People != staff || !slices.Equal(r.Approved, []string{"Gus Guardian", "Cora Custodian"}) {
			t.Errorf("%s: %v", e.Record, err)
		}
		delete(want, r.Person)
	}
	if len(want) > 0 {
		t.Errorf("%d are not in the audit log", len(want))
	}
	if err := os.Remove(a.path("out")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.hand(s.now(), s.codes[0]); !errors.Is(err, reversal.ErrRefused) || !strings.Contains(err.Error(), "it was done before") {
		t.Errorf("a second time: %v", err)
	}
}

// TestReidentifyOfAnExtract holds that the ids of an extract are turned back as
// those of the marts are.
func TestReidentifyOfAnExtract(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	h, err := openKeys(s.config("kept"), false)
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := h.domain("project-heart")
	if err != nil {
		t.Fatal(err)
	}
	id := key.ID(s.mine[0])
	a, err := s.ask(reversal.Request{Practice: s.codes[0], Domain: "project-heart"}, []int64{id, s.mine[1]}, "gus", "cora")
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.hand(s.now(), s.codes[0])
	if want := fmt.Sprintf("person_id,nhs_number\n%d,%s\n", id, s.number[s.mine[0]]); err != nil || got != want {
		t.Errorf("%d bytes, want %d: %v", len(got), len(want), err)
	}
}

// TestReidentifyLeavesOut holds that who has objected since is handed back to
// nobody, and that a gate that refuses hands back nobody at all.
func TestReidentifyLeavesOut(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	w := &withdrawn{odd: s.odd, number: s.number[s.mine[0]]}
	departures["an objection"].make(w)
	a, err := s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[:2], "gus", "cora")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.hand(s.now(), s.codes[0]); err != nil || got != s.lines(s.mine[1]) {
		t.Errorf("%d bytes: %v", len(got), err)
	}
	if a, err = s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[:1], "gus", "cora"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.hand(s.now(), s.codes[0]); !errors.Is(err, reversal.ErrRefused) || !strings.Contains(err.Error(), "nobody may be used now") {
		t.Errorf("of nobody: %v", err)
	}
	s.relist("objections.csv", func(lines []string) []string { return append(lines, "no line of a list") })
	if a, err = s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[1:], "gus", "cora"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.hand(s.now(), s.codes[0]); code(err) != exitRefused {
		t.Errorf("where a gate refuses: %v", err)
	}
}

// TestReidentifyAttacks holds that no other way leads to a number.
func TestReidentifyAttacks(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	good := reversal.Request{Practice: s.codes[0]}
	evening, many := nowIn(s.now()), []int64{}
	for i := range int64(51) {
		many = append(many, i)
	}
	for name, tc := range map[string]struct {
		request reversal.Request
		by      []string
		after   func(a asking)
		want    string
	}{
		"nobody has signed":            {request: good, want: "two people must have approved"},
		"one person":                   {request: good, by: []string{"gus"}, want: "two people must have approved"},
		"one person's signature twice": {request: good, by: []string{"gus", "gus"}, want: "somebody who has signed before"},
		"who asks":                     {request: good, by: []string{"gus"}, after: func(a asking) { a.add("ada", "reversal") }, want: "nobody approves what they ask for"},
		"who asks did not sign": {request: good, after: func(a asking) {
			a.unsigned()
			a.add("gus", "reversal")
			a.add("cora", "reversal")
		}, want: "who asks has not signed it"},
		"somebody asks in their name": {request: good, after: func(a asking) {
			a.unsigned()
			a.edit(a.key("ada").Public().String(), a.key("rob").Public().String())
			a.add("rob", "reversal-request")
			a.add("gus", "reversal")
			a.add("cora", "reversal")
		}, want: "who asks has another key"},
		"who asks has left": {request: good, by: []string{"gus", "cora"}, after: func(a asking) { a.people("roles: [author]", "roles: [former]") }, want: "or has left"},
		"a reviewer":        {request: good, by: []string{"gus", "rob"}, want: "neither guardian nor custodian"},
		"one key, two names": {request: good, by: []string{"gus", "gus"}, after: func(a asking) {
			a.people("people:\n", "people:\n  - {name: Gina Guardian, roles: [guardian], key: '"+a.key("gus").Public().String()+"'}\n")
		}, want: "another has this key"},
		"expired":                   {request: reversal.Request{Practice: s.codes[0], Made: evening.Add(-2 * time.Hour), Expires: evening.Add(-time.Hour)}, by: []string{"gus", "cora"}, want: "it has expired"},
		"somebody more on the list": {request: good, by: []string{"gus", "cora"}, after: func(a asking) { a.list(append(slices.Clone(s.mine[:2]), s.mine[2])) }, want: "not the one that was asked about"},
		"another practice after signing": {request: good, by: []string{"gus", "cora"}, after: func(a asking) {
			a.edit(s.codes[0], s.codes[1])
		}, want: "who asks has not signed it as it stands"},
		"another purpose after signing":  {request: good, by: []string{"gus", "cora"}, after: func(a asking) { a.edit("rising risk", "marketing") }, want: "who asks has not signed it as it stands"},
		"another approval after signing": {request: good, by: []string{"gus", "cora"}, after: func(a asking) { a.edit("CG/2026/17", "CG/2026/18") }, want: "who asks has not signed it as it stands"},
		"patients of another practice":   {request: reversal.Request{Practice: s.codes[1]}, by: []string{"gus", "cora"}, want: "nobody may be used now"},
	} {
		a, err := s.ask(tc.request, s.mine[:2], tc.by...)
		if err != nil {
			t.Fatal(name, err)
		}
		if tc.after != nil {
			tc.after(a)
		}
		if got, err := a.hand(s.now(), tc.request.Practice); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %d bytes, %v, want %q", name, len(got), err, tc.want)
		}
		s.staff()
	}
	for name, tc := range map[string]struct {
		request reversal.Request
		ids     []int64
		want    string
	}{
		"a practice without a key": {reversal.Request{Practice: "A12345"}, s.mine[:1], "no key of that practice"},
		"too many":                 {good, many, "more than 50 persons"},
		"too long":                 {reversal.Request{Practice: s.codes[0], Expires: evening.Add(30 * 24 * time.Hour)}, s.mine[:1], "longer than"},
		"the base key":             {reversal.Request{Practice: s.codes[0], Domain: "base"}, s.mine[:1], "base"},
		"no such key":              {reversal.Request{Practice: s.codes[0], Domain: "research"}, s.mine[:1], "no such key"},
	} {
		if _, err := s.ask(tc.request, tc.ids); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// TestReidentifyOnlyWhatIsReversible holds that ids of a domain that was not made
// to be reversible stay what they are, and that nothing is handed back where the
// configuration does not say so.
func TestReidentifyOnlyWhatIsReversible(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, false)
	for _, domain := range []string{"planning", "project-heart"} {
		if _, err := s.ask(reversal.Request{Practice: s.codes[0], Domain: domain}, s.mine[:1]); code(err) != exitRefused || !strings.Contains(err.Error(), "not made to be reversible") {
			t.Errorf("%s: %v", domain, err)
		}
		f := reversal.File{Request: reversal.New(reversal.Request{By: "Ada Asker", Key: s.key("ada").Public(), Practice: s.codes[0], To: s.identity[s.codes[0]].Recipient().String(), Domain: domain, Fingerprint: "00000000", Reason: "r", Approval: "a",
			Made: nowIn(s.now()).Add(-time.Hour), Expires: nowIn(s.now()).Add(time.Hour)}, s.mine[:1])}
		for _, who := range []string{"ada", "gus", "cora"} {
			if err := f.Sign(s.key(who)); err != nil {
				t.Fatal(err)
			}
		}
		a := asking{s, t.TempDir()}
		a.list(s.mine[:1])
		if err := f.Write(a.path("request")); err != nil {
			t.Fatal(err)
		}
		if _, err := a.hand(s.now(), s.codes[0]); code(err) != exitRefused || !strings.Contains(err.Error(), "not made to be reversible") {
			t.Errorf("%s, though it was approved: %v", domain, err)
		}
	}
	if _, err := loadHanding(filepath.Join(s.root, "day0", "config.yaml")); code(err) != exitConfig || !strings.Contains(err.Error(), "no block reidentification") {
		t.Errorf("without the block: %v", err)
	}
}
