package project

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

// desk is the example, with a register.
func desk(t *testing.T) (Board, Project) {
	t.Helper()
	dir, _ := example(t)
	at := filepath.Join(t.TempDir(), "register")
	if err := os.Mkdir(at, 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := register.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Load(dir, "falls")
	if err != nil {
		t.Fatal(err)
	}
	return Board{Folder: dir, Register: r, People: staff(t)}, p
}

// agree has people approve the project as it stands.
func (b Board) agree(t *testing.T, p Project, who ...string) (last Signed) {
	t.Helper()
	for _, name := range who {
		var err error
		if last, err = b.Sign(context.Background(), p, name, signtest.Key(t, name), "", now); err == nil {
			err = b.Enter(context.Background(), p, last)
		}
		if err != nil {
			t.Fatal(name, err)
		}
	}
	return last
}

// edited is the project after its file was changed.
func (b Board) edited(t *testing.T, edits ...string) Project {
	t.Helper()
	path := filepath.Join(b.Folder, "falls.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	said := string(text)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(said, edits[i]) {
			t.Fatalf("the example has no %q", edits[i])
		}
		said = strings.Replace(said, edits[i], edits[i+1], 1)
	}
	if err := os.WriteFile(path, []byte(said), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Load(b.Folder, "falls")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// enter has the register keep that an extract of the project was issued.
func (b Board) enter(t *testing.T, p Project, name string) {
	t.Helper()
	have, err := b.Approved(p, now)
	if err != nil {
		t.Fatal(err)
	}
	held, err := b.Register.Persons(func(yield func([16]byte, error) bool) { yield([16]byte{1}, nil) })
	if err != nil {
		t.Fatal(err)
	}
	i := register.Issue{Kind: "extract", Name: name, Project: "falls", Purpose: "planning", Recipients: []string{"Falls study team"}, Snapshot: "r1", Domain: "00112233", RegisterKey: "0badcafe", By: "ohc",
		At: now, Ends: "2027-11-09", Retain: "2028-01-09", Files: []register.File{{Name: "a", SHA256: strings.Repeat("0f", 32)}}, Persons: held}
	for _, a := range have {
		i.Approvals = append(i.Approvals, register.Approval{By: a.Statement.By, At: a.Statement.At, Subject: a.Statement.Digest, Statement: a.Text(), Signature: a.Signature})
	}
	if err := b.Register.Issue(t.Context(), i); err != nil {
		t.Fatal(err)
	}
}

// TestBefore holds that whoever approves a project that was approved before signs what was
// approved then, what is otherwise now, what of it is wider, and what can be joined to
// which extract that was issued; and that nothing is said where there was nothing.
func TestBefore(t *testing.T) {
	b, first := desk(t)
	if s := b.agree(t, first, "gwen", "carl"); !reflect.DeepEqual(s.Statement.Before, Before{}) || s.Statement.Register == "" {
		t.Errorf("at first: %+v", s.Statement)
	}
	b.enter(t, first, "falls-1")
	p := b.edited(t, "  k: 10", "  k: 12", "      - {name: lsoa, why: rates are compared between areas}\n", "", "    - {column: population.lsoa, levels: [as-is, \"lookup:msoa.csv\", all]}\n", "",
		"      - {name: kind, why", "      - {name: activity, why: the outcome}\n      - {name: kind, why", "      - {name: activity, why: the outcome}\nperiod: {from: 2024-01-01", "period: {from: 2020-01-01")
	gwen := b.agree(t, p, "gwen")
	carl := b.agree(t, p, "carl")
	if !reflect.DeepEqual(gwen.Statement.Before, carl.Statement.Before) {
		t.Errorf("two who approve one thing have seen another: %+v and %+v", gwen.Statement.Before, carl.Statement.Before)
	}
	want := Before{Digest: first.Digest(), By: []string{"gwen, 2026-11-22", "carl, 2026-11-22"},
		Changes: []string{
			"WIDER: rows of: was 2024-01-01 to before 2026-11-01; each person's days moved by up to 0; is 2020-01-01 to before 2026-11-01; each person's days moved by up to 0",
			"WIDER: quasi-identifier, no more: population.lsoa: as-is, then lookup:msoa.csv, then all",
			"anonymity: was k 10; values emptied of at most 0.01 of persons; of many rows about a person an attacker knows: one-row; is k 12; values emptied of at most 0.01 of persons; of many rows about a person an attacker knows: one-row",
			"column population.lsoa, no more: as-is: rates are compared between areas", "look-up msoa.csv, no more: SHA-256 " + first.hashes["msoa.csv"],
		},
		Joins: []string{"falls-1, issued on 2026-11-22 to Falls study team: persons have the same numbers there: whoever holds both can join them, and knows of each person besides, or finer: population.lsoa"}}
	if !reflect.DeepEqual(carl.Statement.Before, want) {
		t.Errorf("signed\n%+v\nwant\n%+v", carl.Statement.Before, want)
	}
	if n := len(want.Lines()); n != 1+5+1 {
		t.Errorf("%d lines: %q", n, want.Lines())
	}
}

// TestGeneration holds that another generation is another key, which no other project can
// have, and that it is said what that means for extracts that were issued.
func TestGeneration(t *testing.T) {
	b, p := desk(t)
	b.agree(t, p, "gwen", "carl")
	b.enter(t, p, "falls-1")
	next := b.edited(t, "formats:", "generation: 2\nformats:")
	before, err := b.Before(next)
	if err != nil || p.Domain() != "project-falls" || next.Domain() != "project-falls--2" {
		t.Fatal(p.Domain(), next.Domain(), err)
	}
	if len(before.Changes) != 1 || before.Changes[0] != "numbers of persons: was by the key project-falls; is by the key project-falls--2" || len(before.Joins) != 1 || !strings.HasSuffix(before.Joins[0], "only by what rows say") {
		t.Errorf("%+v", before)
	}
	for _, name := range []string{"falls--2", "falls-", "-falls", "a--b", strings.Repeat("a", 32), "FALLS", "fälls", "falls/../x", "falls.yaml", ""} {
		if _, err := Load(b.Folder, name); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := load(t, "formats:", "generation: 1\nformats:"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

// TestEveryChangeIsSaid holds that no value of a project can be another without that being
// said to whoever approves it, whatever it is.
func TestEveryChangeIsSaid(t *testing.T) {
	before, err := load(t, "formats:", linked+"formats:")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	everyChange(t, func(p Project, path string) {
		n++
		if c := p.changes(before); len(c) == 0 {
			t.Errorf("%s: nothing is said", path)
		}
	}, linked)
	if n < 120 {
		t.Errorf("%d values were changed", n)
	}
	if back, err := read(before.said()); err != nil || back.said() != before.said() || len(back.changes(before)) > 0 || len(before.changes(back)) > 0 {
		t.Errorf("what was kept is something else when it is read: %v", err)
	}
}

// TestWithdraw holds that whoever may approve takes the approval back alone, and nobody
// else does: not who asked, though the file says by now that another did; not with
// another's key, nor without the role; not twice; and that then nothing is approved, and two
// people can approve it anew.
func TestWithdraw(t *testing.T) {
	b, p := desk(t)
	take := func(name, key, why string) error {
		return b.Withdraw(t.Context(), "falls", name, signtest.Key(t, key), why, now)
	}
	const why = "the recipients were burgled"
	if err := take("gwen", "gwen", why); !errors.Is(err, register.ErrRefused) {
		t.Error("where nothing was approved:", err)
	}
	b.agree(t, p, "gwen", "carl")
	b.edited(t, "applicant: ruth.hall", "applicant: rhys")
	for _, tc := range []struct{ name, key, why, want string }{
		{"ruth.hall", "ruth.hall", why, "has asked for it"}, // who is a guardian besides
		{"rhys", "rhys", why, "neither guardian nor custodian"}, {"carl", "gwen", why, "the key is not that of carl"}, {"nobody", "gwen", why, "nobody in people.yaml"},
		{"carl", "carl", " - ", "no reason"}, {"carl", "carl", strings.Repeat("reasons ", 60), "at most 300"},
	} {
		if err := take(tc.name, tc.key, tc.why); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
	b.edited(t, "applicant: rhys", "applicant: ruth.hall")
	if _, err := b.Approved(p, now); err != nil {
		t.Fatal("who may not has taken it back:", err)
	}
	if err := take("carl", "carl", why); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Approved(p, now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "0 of the 2 approvals hold that project falls needs; its approval was withdrawn by carl on 2026-11-22: "+why) {
		t.Error(err)
	}
	if err := take("gwen", "gwen", why); !errors.Is(err, register.ErrRefused) {
		t.Error("twice:", err)
	}
	one := b.agree(t, p, "gwen")
	if s := one; s.Statement.Before.Withdrawn != "carl, 2026-11-22: "+why || s.Statement.Before.Digest != p.Digest() || len(s.Statement.Before.Changes) > 0 {
		t.Errorf("signed: %+v", s.Statement.Before)
	}
	if _, err := b.Approved(p, now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "1 of the 2") {
		t.Error("one has approved it anew:", err)
	}
	if two := b.agree(t, p, "carl"); !reflect.DeepEqual(two.Statement.Before, one.Statement.Before) {
		t.Errorf("the second is told of something else: %+v", two.Statement.Before)
	}
	if have, err := b.Approved(p, now.Add(time.Hour)); err != nil || len(have) != 2 {
		t.Error(have, err)
	}
	other := b.edited(t, "k: 10", "k: 12")
	if before, err := b.Before(other); err != nil || before.Withdrawn != "" {
		t.Error("what was approved anew since was not withdrawn:", before, err)
	}
}

// TestOneWithdrawn holds that who approves is told that the one approval that there was
// was withdrawn, and why.
func TestOneWithdrawn(t *testing.T) {
	b, p := desk(t)
	b.agree(t, p, "gwen")
	if err := b.Withdraw(t.Context(), "falls", "carl", signtest.Key(t, "carl"), "the recipients were burgled", now); err != nil {
		t.Fatal(err)
	}
	before, err := b.Before(p)
	if lines := before.Lines(); err != nil || len(lines) != 1 || lines[0] != "its approval was withdrawn by carl, 2026-11-22: the recipients were burgled" {
		t.Error(lines, err)
	}
}

// TestBeforeByOthers holds that what somebody has written into the register in the names of
// two who approve is not told to them as what they have approved.
func TestBeforeByOthers(t *testing.T) {
	b, narrow := desk(t)
	b.agree(t, narrow, "gwen", "carl")
	p := b.edited(t, "k: 10", "k: 5")
	for _, name := range []string{"gwen", "carl"} {
		s := Statement{Project: p.Name, Reference: p.Reference, Digest: p.Digest(), By: name, At: now}
		if err := b.Enter(t.Context(), p, Signed{s, sign.Sign(signtest.New(t), label, s.bytes())}); err != nil {
			t.Fatal(err)
		}
	}
	if before, err := b.Before(p); err != nil || len(before.Changes) != 1 || !strings.HasPrefix(before.Changes[0], "WIDER: anonymity: was k 10") {
		t.Errorf("%q: %v", before.Changes, err)
	}
	next := b.edited(t, "title: Falls", "title: More falls")
	if _, err := b.Before(next); err == nil || !strings.Contains(err.Error(), "approves it for gwen by a key that is not theirs") {
		t.Error(err)
	}
}

// TestJoinTellsDays holds that who approves is told of an extract that was issued of other
// days, or of days that were moved by fewer, also where its columns are the same.
func TestJoinTellsDays(t *testing.T) {
	first := func(from string) []string {
		return []string{"  - mart: activity_daily", "  - {mart: long_term_condition, why: who has which, date: latest_on, columns: [{name: first_on, why: since when, from: " + from + "}]}\n  - mart: activity_daily"}
	}
	for _, tc := range []struct {
		had, now []string
		besides  string
	}{
		{nil, nil, ""},
		{nil, []string{"period: {from: 2024-01-01", "period: {from: 2023-01-01"}, ""},
		{nil, []string{"period: {from: 2024-01-01", "period: {from: 2025-01-01"}, "rows of 2024-01-01 to before 2026-11-01"},
		{nil, []string{"shift_days: 0", "shift_days: 30"}, "days that were moved by up to 0"},
		{[]string{"shift_days: 0", "shift_days: 30"}, nil, ""},
		{first("1990-01-01"), first("2010-01-01"), "long_term_condition.first_on"},
		{first("2010-01-01"), first("1990-01-01"), ""},
	} {
		had, err := load(t, tc.had...)
		p, err2 := load(t, tc.now...)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		_, besides, _ := strings.Cut(p.join(had), "besides, or finer: ")
		if besides != tc.besides {
			t.Errorf("%q: %q, want %q", tc.now, besides, tc.besides)
		}
	}
}
