package main

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/linkage"
	"secondaryuse/marts/project"
	"secondaryuse/marts/snapshot"
)

// TestLinkFile holds that a project which says itself that it links to an older study
// gets a link file for its next extract: of those of its cohort who may be used now, of
// this snapshot and of the project as it stands, that only the project's key opens; and
// none under another approval than the configuration's.
func TestLinkFile(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, false)
	s.study()
	path, out := filepath.Join(s.root, "falls.yaml"), filepath.Join(s.root, "falls.link")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	say := func(approval string) {
		block := "linkage: {study: FALLS-2014, why: the cohort of 2014 is followed on, approval: " + approval + ", mart: population}\n"
		said := strings.NewReplacer("reference: 26/WM/0123", "reference: 26/CAG/0042", "reference: DPIA 118", "reference: DPIA-118", "formats:", block+"formats:").Replace(string(text))
		if err := os.WriteFile(path, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
		s.approve("gus", "cora")
	}
	make := func() error {
		c := s.config("kept")
		of, err := linked(c, "falls")
		if err != nil {
			t.Fatal(err)
		}
		return attested(called(s.now(), "link"), c, func(ctx context.Context, d *deed) error { return link(ctx, c, of, out, d) })
	}
	say("DPIA-118")
	if err := make(); code(err) != exitRefused || !strings.Contains(err.Error(), "another approval") {
		t.Errorf("the configuration has another approval: %v", err)
	}
	say("26/CAG/0042")
	if err := make(); err == nil || !strings.Contains(err.Error(), "project-falls") {
		t.Errorf("without the project's key: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("it was refused, and something was written")
	}
	c := s.config("kept")
	h, err := openKeys(c, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ring.Create("project-falls", s.plan.AsOf, false); err != nil {
		t.Fatal(err)
	}
	if err := make(); err != nil {
		t.Fatal(err)
	}
	s.holds(out)
}

// holds holds a link file to whom it is of.
func (s *surgery) holds(path string) {
	s.t.Helper()
	c := s.config("kept")
	h, err := openKeys(c, false)
	if err != nil {
		s.t.Fatal(err)
	}
	key, entry, err := h.domain("project-falls")
	if err != nil {
		s.t.Fatal(err)
	}
	public, err := snapshot.PublicKey(c.Marts)
	if err != nil {
		s.t.Fatal(err)
	}
	head, sealed, err := linkage.Read(path, public)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := project.Load(s.root, "falls")
	if err != nil {
		s.t.Fatal(err)
	}
	_, m, err := snapshot.Current(c.Marts)
	if err != nil {
		s.t.Fatal(err)
	}
	want := linkage.Header{Project: "falls", Digest: p.Digest(), Snapshot: m.ID, Domain: m.Domain, Purpose: "planning", Key: entry.Fingerprint, Approval: "26/CAG/0042"}
	if err := head.Fits(want, nowIn(s.now()), time.Minute); err != nil {
		s.t.Error(err)
	}
	all, _, err := sealed.Open(head, key)
	if err != nil {
		s.t.Fatal(err)
	}
	of := make(map[int64]linkage.Pseudonym)
	for _, l := range all {
		of[l.Person] = l.Pseudonym
	}
	for _, id := range s.mine {
		if of[id] != sha256.Sum256([]byte(s.number[id]+"mackerel")) {
			s.t.Error("somebody of the cohort is missing, or has another pseudonym")
		}
	}
	for _, id := range s.theirs {
		if _, ok := of[id]; ok {
			s.t.Error("somebody who is not in the cohort is there")
		}
	}
}
