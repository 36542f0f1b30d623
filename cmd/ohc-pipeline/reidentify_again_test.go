package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/reversal"
	"secondaryuse/pipeline/audit"
)

// TestReidentifyToWhom holds that what two people have signed for one practice is opened
// by the key that they saw, and by none that was put in its place since.
func TestReidentifyToWhom(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	a, err := s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[:2], "gus", "cora")
	if err != nil {
		t.Fatal(err)
	}
	own, other := s.identity[s.codes[0]].Recipient().String(), s.identity["kek"].Recipient().String()
	for i, text := range s.edits {
		s.edits[i] = strings.Replace(text, s.codes[0]+": "+own, s.codes[0]+": "+other, 1)
	}
	if _, err := a.hand(s.now(), s.codes[0]); !errors.Is(err, reversal.ErrRefused) || !strings.Contains(err.Error(), "another key of that practice") {
		t.Errorf("the configuration has another key now: %v", err)
	}
	a.edit(own, other)
	if _, err := a.hand(s.now(), s.codes[0]); !errors.Is(err, reversal.ErrRefused) || !strings.Contains(err.Error(), "who asks has not signed it as it stands") {
		t.Errorf("and the request, too: %v", err)
	}
}

// TestReidentifyAgain holds that a request is spent though somebody has taken out of the
// audit log that it was done, cut that off, or moved the log away.
func TestReidentifyAgain(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	a, err := s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[:2], "gus", "cora")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.hand(s.now(), s.codes[0]); err != nil {
		t.Fatal(err)
	}
	log := audit.Path(auditOf(s.config("kept")))
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	var without [][]byte
	first := -1
	for i, line := range lines {
		if !bytes.Contains(line, []byte(returnedEvent)) {
			without = append(without, line)
		} else if first < 0 {
			first = i
		}
	}
	for what, text := range map[string][]byte{"taken out": bytes.Join(without, nil), "cut off": bytes.Join(lines[:first], nil), "moved away": nil} {
		if err := errors.Join(os.WriteFile(log, text, 0o600), os.RemoveAll(a.path("out"))); err != nil {
			t.Fatal(err)
		}
		if _, err := a.hand(s.now(), s.codes[0]); code(err) != exitCheck || !strings.Contains(err.Error(), "find out who did that") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestReidentifyClock holds that a request which has expired is not good again by a clock
// that was turned back.
func TestReidentifyClock(t *testing.T) {
	t.Parallel()
	s := newSurgery(t, true)
	a, err := s.ask(reversal.Request{Practice: s.codes[0]}, s.mine[:2], "gus", "cora")
	if err != nil {
		t.Fatal(err)
	}
	later := timed(s.now(), still(nowIn(s.now()).Add(72*time.Hour)))
	if _, err := a.hand(later, s.codes[0]); !errors.Is(err, reversal.ErrRefused) || !strings.Contains(err.Error(), "it has expired") {
		t.Errorf("when it has expired: %v", err)
	}
	if _, err := a.hand(s.now(), s.codes[0]); !errors.Is(err, reversal.ErrRefused) || !strings.Contains(err.Error(), "set the clock right") {
		t.Errorf("when the clock was turned back: %v", err)
	}
}
