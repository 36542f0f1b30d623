package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	office "secondaryuse/marts/people"
	"secondaryuse/marts/project"
)

// study is a project of an installation that links to an older study.
func (s *surgery) study(approvers ...string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../../marts/project/testdata/falls.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	day := func(months int) string { return s.plan.AsOf.AddDate(0, months, 0).Format("2006-01-02") }
	said := strings.NewReplacer("applicant: ruth.hall", "applicant: Ada Asker", "AND p.long_term_conditions >= 2", "AND p.practice = '"+s.codes[0]+"'",
		"from: 2026-10-01, until: 2029-10-01", "from: "+day(-1)+", until: "+day(30), "from: 2026-10-01, until: 2028-10-01", "from: "+day(-1)+", until: "+day(30),
		"issued: 2026-11-02", "issued: "+day(-1), "start: 2026-11-10", "start: "+day(0), "end: 2027-11-10", "end: "+day(6), "until: 2028-01-10", "until: "+day(9),
		"until: 2026-11-01, shift", "until: "+day(-2)+", shift").Replace(string(text))
	lookup, err := os.ReadFile(filepath.FromSlash("../../marts/project/testdata/msoa.csv"))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, text := range map[string][]byte{"falls.yaml": []byte(said), "msoa.csv": lookup, "salt": []byte("mackerel\n")} {
		if err := os.WriteFile(filepath.Join(s.root, name), text, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	s.approve(approvers...)
}

// approve has people approve the project as it stands.
func (s *surgery) approve(approvers ...string) {
	s.t.Helper()
	p, err := project.Load(s.root, "falls")
	if err != nil {
		s.t.Fatal(err)
	}
	all, err := office.Load(filepath.Join(s.root, "people.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, who := range approvers {
		by, _ := all.Holder(s.key(who).Public())
		board := project.Board{Folder: s.root, People: all}
		signed, err := board.Sign(s.t.Context(), p, by.Name, s.key(who), "", nowIn(s.now()))
		if err == nil {
			err = board.Enter(s.t.Context(), p, signed)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// link makes the file, and returns what the custodian reads.
func (s *surgery) link() (string, error) {
	s.t.Helper()
	c, out := s.config("kept"), filepath.Join(s.t.TempDir(), "link")
	of, err := linked(c, "falls")
	if err != nil {
		return "", err
	}
	err = attested(called(s.now(), "link"), c, func(ctx context.Context, d *deed) error { return link(ctx, c, of, out, d) })
	data, missing := os.ReadFile(out)
	if err != nil {
		if missing == nil {
			s.t.Error("it was refused, and something was written")
		}
		return "", err
	}
	r, err := age.Decrypt(bytes.NewReader(data), s.identity["a"])
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text), nil
}

// TestLink holds that the custodian of a project reads the pseudonyms of those of
// its cohort who may be used now, as OpenPseudonymiser makes them, and of nobody
// else; and that nothing is linked without the approvals of the project, as it
// stands, and that to link.
func TestLink(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, false)
	s.study("gus")
	if _, err := s.link(); code(err) != exitRefused || !strings.Contains(err.Error(), "not approved") {
		t.Errorf("one has approved: %v", err)
	}
	s.study("cora")
	got, err := s.link()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if lines[0] != "person_id,pseudonym" || len(lines) < 1+len(s.mine) {
		t.Fatalf("%d lines for %d", len(lines), len(s.mine))
	}
	line := func(id int64) string {
		return fmt.Sprintf("%d,%X", id, sha256.Sum256([]byte(s.number[id]+"mackerel")))
	}
	for _, id := range s.mine {
		if !slices.Contains(lines, line(id)) {
			t.Error("somebody of the cohort is missing, or has another pseudonym")
		}
	}
	for _, id := range s.theirs {
		if slices.Contains(lines, line(id)) {
			t.Error("somebody who is not in the cohort is there")
		}
	}
	w := &withdrawn{odd: s.odd, number: s.number[s.mine[0]]}
	departures["an objection"].make(w)
	if got, err := s.link(); err != nil || strings.Contains(got, line(s.mine[0])) || !strings.Contains(got, line(s.mine[1])) {
		t.Errorf("who has objected is there: %v", err)
	}
	if err := os.Chmod(filepath.Join(s.root, "salt"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.link(); code(err) != exitConfig || strings.Contains(err.Error(), "mackerel") {
		t.Errorf("a salt that others can read: %v", err)
	}
	s.edits[1] = strings.Replace(s.edits[1], "until: 2999-01-01", "until: "+s.plan.AsOf.Format("2006-01-02"), 1)
	if _, err := s.link(); code(err) != exitRefused || !strings.Contains(err.Error(), "the approval to link") {
		t.Errorf("after its last day: %v", err)
	}
	s.edits[1] = strings.Replace(s.edits[1], "project: falls", "project: fractures", 1)
	if _, err := s.link(); code(err) != exitConfig || !strings.Contains(err.Error(), "nothing is linked") {
		t.Errorf("another project: %v", err)
	}
	if !strings.Contains(linkCommand().Long, "turn every pseudonym that was ever made") {
		t.Error("the help does not say what a leaked salt means")
	}
}
