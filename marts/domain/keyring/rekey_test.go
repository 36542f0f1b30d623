package keyring_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/keyringtest"
)

var at = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

// names is the names of the keys, each with its state.
func names(t *testing.T, r *keyring.Ring) string {
	t.Helper()
	all, err := r.List()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.Name+" "+e.State)
	}
	return strings.Join(out, ", ")
}

// TestRekey holds that another key takes the place of one, that the old one stays,
// retired, until it is destroyed, and that the new one says whose place it took.
func TestRekey(t *testing.T) {
	dir, identity := keyringtest.New(t, "base", "planning")
	r := keyringtest.Open(t, dir, identity)
	old, err := r.Domain("planning")
	if err != nil {
		t.Fatal(err)
	}
	var bridged [2]int64
	was, is, err := r.Rekey("planning", at, func(a, b domain.Key, was, is keyring.Entry) error {
		bridged = [2]int64{a.ID(5), b.ID(5)}
		if now, err := r.Domain("planning"); err != nil || now.ID(5) != a.ID(5) {
			t.Errorf("the new key is in use before the bridge is made: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	now, err := r.Domain("planning")
	if err != nil || bridged != [2]int64{old.ID(5), now.ID(5)} || bridged[0] == bridged[1] {
		t.Errorf("bridged %v: %v", bridged, err)
	}
	if is.Replaces != old.Fingerprint() || is.Fingerprint != now.Fingerprint() || was.Fingerprint != old.Fingerprint() || is.ID == was.ID {
		t.Errorf("%+v %+v", was, is)
	}
	if got := names(t, r); got != "base active, planning retired, planning active" {
		t.Error(got)
	}
	if past, err := r.Past(); err != nil || len(past) != 2 || past[0].ID(5) != old.ID(5) || past[1].ID(5) != now.ID(5) {
		t.Errorf("%d past keys: %v", len(past), err)
	}
	if _, err := r.Destroy(is.ID); err == nil {
		t.Error("a key that is in use was destroyed")
	}
	left := filepath.Join(dir, was.File)
	if err := os.Link(left, left+".kept"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Destroy(was.ID); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf("destroyed, and there under another name: %v", err)
	}
	if err := os.Remove(left + ".kept"); err != nil {
		t.Fatal(err)
	}
	if e, err := r.Destroy(was.ID); err != nil || e.ID != was.ID {
		t.Errorf("%+v %v", e, err)
	}
	if got := names(t, r); got != "base active, planning active" {
		t.Error(got)
	}
	for _, name := range []string{"base", "register"} {
		if _, _, err := r.Rekey(name, at, nil); err == nil {
			t.Errorf("the %s key was replaced", name)
		}
	}
}

// TestRekeyCutOff holds that where the bridge fails the old key stays in use, and
// that the next go has the same new key.
func TestRekeyCutOff(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning")
	r := keyringtest.Open(t, dir, identity)
	old, err := r.Domain("planning")
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	var first int64
	_, _, err = r.Rekey("planning", at, func(_, b domain.Key, _, _ keyring.Entry) error { first = b.ID(5); return full })
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	if now, err := r.Domain("planning"); err != nil || now.ID(5) != old.ID(5) || !r.Rekeying("planning") {
		t.Errorf("the old key is not in use: %v", err)
	}
	if got := names(t, r); got != "planning active, planning pending" {
		t.Error(got)
	}
	if _, _, err := r.Rekey("planning", at, func(_, _ domain.Key, _, _ keyring.Entry) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if now, err := r.Domain("planning"); err != nil || now.ID(5) != first || r.Rekeying("planning") {
		t.Errorf("the next go has made another key: %v", err)
	}
}

// TestRewrapAll holds that the keys whose place one has taken, and that which is to take
// its place, are wrapped with it, whatever a call that was cut off has done already.
func TestRewrapAll(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning", "planning-2")
	r, next := keyringtest.Open(t, dir, identity), keyringtest.KEK(t)
	full := errors.New("the disk is full")
	was, _, err := r.Rekey("planning", at, func(_, _ domain.Key, _, _ keyring.Entry) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Rekey("planning", at, func(_, _ domain.Key, _, _ keyring.Entry) error { return full }); !errors.Is(err, full) {
		t.Fatal(err)
	}
	old := read(t, filepath.Join(dir, was.File))
	for _, cut := range []bool{false, true} {
		if cut {
			write(t, filepath.Join(dir, was.File), old)
		}
		if _, err := r.Rewrap("planning", next); err != nil {
			t.Fatal(err)
		}
		all, err := r.List()
		if err != nil || len(all) != 4 {
			t.Fatal(len(all), err)
		}
		for _, e := range all {
			if ours := e.For[0] == next.ID(); ours != (e.Name == "planning") || len(e.For) != 1 {
				t.Errorf("%s, %s: wrapped for %v", e.Name, e.State, e.For)
			}
		}
	}
	theirs, err := keyring.Open(dir, next)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := theirs.Rekey("planning", at, func(_, _ domain.Key, _, _ keyring.Entry) error { return nil }); err != nil {
		t.Errorf("the re-key that was cut off: %v", err)
	}
}

// broken wraps, and cannot unwrap: a token's key that may not decrypt, say.
type broken struct{ keyring.KEK }

func (broken) Unwrap([]byte) ([]byte, error) { return nil, errors.New("not permitted") }

// TestWrapsAndUnwraps holds that no file is written that its own key-encryption key
// could not open.
func TestWrapsAndUnwraps(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning")
	r := keyringtest.Open(t, dir, identity)
	was := read(t, filepath.Join(dir, "planning.key"))
	if _, err := r.Rewrap("planning", broken{keyringtest.KEK(t)}); err == nil || !strings.Contains(err.Error(), "does not unwrap what it has wrapped") {
		t.Error(err)
	}
	if read(t, filepath.Join(dir, "planning.key")) != was {
		t.Error("the file was replaced")
	}
	if r, err := keyring.Open(dir, broken{keyringtest.KEK(t)}); err != nil {
		t.Fatal(err)
	} else if _, err := r.Create("research", at, false); err == nil {
		t.Error("a key was made that nobody can use")
	}
}

// TestPastIsNoOther holds that a file of the ring is taken in its own place alone.
func TestPastIsNoOther(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning", "research")
	r := keyringtest.Open(t, dir, identity)
	was, _, err := r.Rekey("planning", at, func(_, _ domain.Key, _, _ keyring.Entry) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, filepath.Join(dir, was.File))
	for _, name := range []string{"planning.0123456789abcdef.key", "planning.next.key", "research." + was.ID + ".key"} {
		write(t, filepath.Join(dir, name), text)
		if _, err := r.List(); !errors.Is(err, keyring.ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
		os.Remove(filepath.Join(dir, name))
	}
	write(t, filepath.Join(dir, "planning.key"), text)
	if _, err := r.Domain("planning"); err == nil || !strings.Contains(err.Error(), "retired") {
		t.Errorf("the key that was replaced is in use again: %v", err)
	}
}

// TestTake holds that a plain key goes into the ring as it is.
func TestTake(t *testing.T) {
	dir, identity := keyringtest.New(t)
	r := keyringtest.Open(t, dir, identity)
	path := filepath.Join(dir, "planning.key")
	if err := domain.Make(path); err != nil {
		t.Fatal(err)
	}
	plain, err := domain.Open(path)
	if err != nil || !r.Plain("planning") || names(t, r) != "" {
		t.Fatalf("plain: %v", err)
	}
	if _, err := r.Domain("planning"); err == nil {
		t.Error("a plain key was taken for one of the ring")
	}
	digits := strings.TrimSpace(read(t, path))
	if e, err := r.Take("planning", at); err != nil || e.Fingerprint != plain.Fingerprint() || e.Reversible {
		t.Fatalf("%+v %v", e, err)
	}
	now, err := r.Domain("planning")
	if err != nil || now.ID(5) != plain.ID(5) || r.Plain("planning") || strings.Contains(read(t, path), digits) {
		t.Errorf("taken: %v", err)
	}
	if _, err := r.Take("planning", at); err == nil {
		t.Error("taken twice")
	}
	for _, copied := range []string{"base", "research"} {
		write(t, filepath.Join(dir, copied+".key"), digits)
		if _, err := r.Take(copied, at); err == nil || !strings.Contains(err.Error(), "it is a copy of the key planning") {
			t.Errorf("a copy of another domain's key as %s: %v", copied, err)
		}
		os.Remove(filepath.Join(dir, copied+".key"))
	}
	write(t, filepath.Join(dir, "research.key"), digits[:62])
	if _, err := r.Take("research", at); err == nil || strings.Contains(err.Error(), digits[:8]) {
		t.Errorf("a short key: %v", err)
	}
}
