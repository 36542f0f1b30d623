package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/keyringtest"
	"secondaryuse/marts/register"
	"secondaryuse/marts/reversal"
	"secondaryuse/marts/snapshot"
)

// TestBetweenARekeyAndTheNextPublication holds that from when a key was replaced
// until what is published was made with the new one, nobody is listed, linked or
// handed back by ids that are not those of the snapshot, nor asked for by them; that
// people are found in what was issued under either key; and that the next
// publication mends it.
func TestBetweenARekeyAndTheNextPublication(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	s.study("gus", "cora")
	c := s.config("kept")
	before, err := s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[:1], "gus", "cora")
	if err != nil {
		t.Fatal(err)
	}
	ring := keyringtest.Open(t, c.Keys, filepath.Join(s.root, "kek.txt"))
	if _, err := ring.Create("register", s.plan.AsOf, false); err != nil {
		t.Fatal(err)
	}
	old, err := ring.Domain("planning")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ring.Rekey("planning", s.plan.AsOf, func(_, _ domain.Key, _, _ keyring.Entry) error { return nil }); err != nil {
		t.Fatal(err)
	}
	refused := func(what string, err error) {
		t.Helper()
		if code(err) != exitRefused || !strings.Contains(err.Error(), "publish first") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = s.eligible(c)
	refused("a list of who may be used", err)
	_, err = s.link()
	refused("a link", err)
	_, err = s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[:1])
	refused("a request", err)
	_, err = before.hand(s.now(), s.codes[0])
	refused("a request of before", err)
	s.digested(ring, old)

	s.step(c, "publish")
	_, m, err := snapshot.Current(c.Marts)
	if err != nil || m.Domain == old.Fingerprint() {
		t.Fatalf("published under the old key still: %v", err)
	}
	if now, err := s.eligible(c); err != nil || !maps.Equal(now, s.published(c, "population")) {
		t.Errorf("%d may be used once it is published: %v", len(now), err)
	}
	if got, err := s.link(); err != nil || strings.Count(got, "\n") < 2 {
		t.Errorf("a link once it is published: %v", err)
	}
	s.digested(ring, old)
}

// digested holds that somebody is looked for under a key that was replaced, and
// under the new one.
func (s *surgery) digested(ring *keyring.Ring, old domain.Key) {
	s.t.Helper()
	d, out, file := s.digester(s.config("kept")), filepath.Join(s.t.TempDir(), "digests"), filepath.Join(s.t.TempDir(), "asked")
	number := s.number[s.mine[0]]
	key, err := ring.Domain("register")
	if err == nil {
		err = os.WriteFile(file, []byte(number+"\n"), 0o600)
	}
	if err == nil {
		err = d.write(out, func() ([]int64, error) { return d.asked(file) })
	}
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	sought, err := register.ReadSought("digests", f)
	if err != nil {
		s.t.Fatal(err)
	}
	now, err := ring.Domain("planning")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, of := range []domain.Key{old, now} {
		print := of.Fingerprint()
		if !slices.Contains(sought.By[print], register.Digest(key, print, of.ID(d.key.Person(nhs(s.t, number))))) {
			s.t.Errorf("nobody is looked for under the key %s", print)
		}
	}
}
