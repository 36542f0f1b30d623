package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/register"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
)

// digester opens what digests are made with.
func (d *deltas) digester(c config.Config) digester {
	d.t.Helper()
	if err := domain.Make(filepath.Join(c.Keys, "register.key")); err != nil {
		d.t.Fatal(err)
	}
	p, err := newProof(c, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return digester{proof: p, conf: c, now: nowIn(d.now()).UTC()}
}

// TestDigests holds that people are looked for by what the register knows them by:
// asked for by a number that they have or had, and once they have withdrawn; and
// not any more once they are back.
func TestDigests(t *testing.T) {
	t.Parallel()
	w := &withdrawn{odd: newOdd(t)}
	w.number = w.numberText(1)
	w.next(map[string][]resource{"Patient.ndjson": {w.formerly(2, former)}})
	c := w.config("kept")
	d := w.digester(c)
	_, m, err := snapshot.Current(c.Marts)
	if err != nil {
		t.Fatal(err)
	}
	key, err := d.registerKey()
	if err != nil {
		t.Fatal(err)
	}
	planning, err := domain.Open(filepath.Join(c.Keys, "planning.key"))
	if err != nil {
		t.Fatal(err)
	}
	of := func(number string) [16]byte {
		return register.Digest(key, m.Domain, planning.ID(d.key.Person(nhs(t, number))))
	}
	sought := func(find func() ([]int64, error)) [][16]byte {
		t.Helper()
		out := filepath.Join(t.TempDir(), "digests")
		if err := d.write(out, find); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s, err := register.ReadSought("digests", f)
		if err != nil || s.Register != key.Fingerprint() || len(s.By) > 1 {
			t.Fatal(err, len(s.By))
		}
		return s.By[m.Domain]
	}
	for _, number := range []string{former, w.numberText(2)} {
		file := filepath.Join(t.TempDir(), "asked")
		if err := os.WriteFile(file, []byte(number+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		d = w.digester(c)
		got := sought(func() ([]int64, error) { return d.asked(file) })
		if len(got) != 2 || !slices.Contains(got, of(former)) || !slices.Contains(got, of(w.numberText(2))) {
			t.Errorf("%d digests of who had a former number", len(got))
		}
	}
	gone := func() ([]int64, error) { return d.withdrawn(w.now(), time.Time{}, false) }
	if got := sought(gone); len(got) != 0 {
		t.Errorf("%d have withdrawn before anybody has", len(got))
	}
	list, err := os.ReadFile(w.list("optout.dat"))
	if err != nil {
		t.Fatal(err)
	}
	departures["an opt-out"].make(w)
	w.step(c, "publish")
	if got := sought(gone); !slices.Equal(got, [][16]byte{of(w.number)}) {
		t.Errorf("%d have withdrawn, want the one", len(got))
	}
	if err := os.WriteFile(w.list("optout.dat"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	w.step(c, "publish")
	if got := sought(gone); len(got) != 0 {
		t.Errorf("%d have withdrawn, and they are back", len(got))
	}
	for _, wrong := range []asked{{}, {absent: "a", withdrawn: true}, {absent: "a", inPart: true}, {withdrawn: true, since: "yesterday"}} {
		if _, err := wrong.check("out"); err == nil || strings.Contains(err.Error(), "yesterday") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}
