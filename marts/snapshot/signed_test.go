package snapshot

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/sign/signtest"
)

// TestSigned holds that what is published is signed, with the key that lies beside
// CURRENT, and that any byte of manifest or signature that is changed is found.
func TestSigned(t *testing.T) {
	dir := t.TempDir()
	folder := publish(t, dir, "r1", "one", 3).Final()
	key, err := PublicKey(dir)
	if err != nil || key != signtest.Key(t, "ohc").Public() {
		t.Fatal(key, err)
	}
	if info, _ := os.Stat(filepath.Join(dir, publicName)); info.Mode().Perm() != 0o640 {
		t.Errorf("the public key has the mode %v", info.Mode())
	}
	if m, err := Signed(folder, key); err != nil || m.ID != "r1" || m.Before != nil {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := Signed(folder, signtest.Key(t, "somebody else").Public()); !errors.Is(err, ErrDamaged) {
		t.Errorf("by another key: %v, want ErrDamaged", err)
	}
	for _, name := range []string{manifestName, "manifest.sig"} {
		path := filepath.Join(folder, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			changed := bytes.Clone(whole)
			changed[at] ^= 1
			write := os.WriteFile(path, changed, 0o600)
			if _, err := Signed(folder, key); write != nil || !errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d of %s: %v, want ErrDamaged", at, name, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnotherKey holds that nothing is published under another key than before,
// unless the one beside CURRENT is taken away.
func TestAnotherKey(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, "r1", "one", 3)
	if _, err := Begin(dir, "r2", signtest.Key(t, "another")); err == nil || !strings.Contains(err.Error(), "next: ") {
		t.Error(err)
	}
	path := filepath.Join(dir, publicName)
	if err := os.WriteFile(path, []byte("ed25519:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(dir, "r2", signtest.Key(t, "ohc")); err == nil {
		t.Error("published beside a public key that is none")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(dir, "r2", signtest.Key(t, "another")); err != nil {
		t.Error(err)
	}
}

// TestChain holds that each snapshot names the one before it, and that one which was
// put in the place of another, or in front of a newer one, is found.
func TestChain(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"nothing":             {func(string) error { return nil }, ""},
		"one that is retired": {func(dir string) error { return os.RemoveAll(filepath.Join(dir, snapshots, "r1")) }, ""},
		"another manifest": {func(dir string) error {
			path := filepath.Join(dir, snapshots, "r2", manifestName)
			text, err := os.ReadFile(path)
			return errors.Join(err, os.WriteFile(path, append(text, '\n'), 0o600))
		}, "r2 has another manifest than r3 was published after"},
		"no manifest": {func(dir string) error {
			path := filepath.Join(dir, snapshots, "r2", manifestName)
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, "r2 has another manifest"},
		"an older one is current": {func(dir string) error {
			link := filepath.Join(dir, current)
			return errors.Join(os.Remove(link), os.Symlink("snapshots/r2", link))
		}, "CURRENT is r2, and r3 was published after it"},
	} {
		dir := t.TempDir()
		for _, id := range []string{"r1", "r2", "r3"} {
			publish(t, dir, id, id, 3)
		}
		if err := tc.change(dir); err != nil {
			t.Fatal(err)
		}
		err := Chain(dir)
		if tc.want == "" && err != nil || tc.want != "" && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
