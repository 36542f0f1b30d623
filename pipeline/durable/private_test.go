package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPrivate holds that a secret is read from a plain file that only its owner can
// read, and from nothing else; and that no error says what is in it.
func TestPrivate(t *testing.T) {
	const secret = "mackerel"
	for what, tc := range map[string]struct {
		put  func(path, other string) error
		want string
	}{
		"a plain file": {func(path, _ string) error { return os.WriteFile(path, []byte(secret), 0o600) }, ""},
		"none":         {func(string, string) error { return nil }, "no such file"},
		"one that the group reads": {func(path, _ string) error {
			return errors.Join(os.WriteFile(path, []byte(secret), 0o600), os.Chmod(path, 0o640))
		}, "chmod 600"},
		"one that others write": {func(path, _ string) error {
			return errors.Join(os.WriteFile(path, []byte(secret), 0o600), os.Chmod(path, 0o602))
		}, "chmod 600"},
		"a link":               {func(path, other string) error { return os.Symlink(other, path) }, "symbolic link"},
		"a folder":             {func(path, _ string) error { return os.Mkdir(path, 0o700) }, "plain file"},
		"a pipe":               {func(path, _ string) error { return syscall.Mkfifo(path, 0o600) }, "plain file"},
		"one that is too long": {func(path, _ string) error { return os.WriteFile(path, []byte(strings.Repeat(secret, 1<<14)), 0o600) }, "too long"},
	} {
		dir := t.TempDir()
		path, other := filepath.Join(dir, "key"), filepath.Join(dir, "other")
		if err := errors.Join(os.WriteFile(other, []byte(secret), 0o600), tc.put(path, other)); err != nil {
			t.Fatal(what, err)
		}
		text, err := Private(path)
		if tc.want == "" {
			if err != nil || string(text) != secret {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %s", what, err, tc.want)
		}
	}
}

// TestOwner holds whose file is taken for a secret: of a key of the ring, of any other
// key, and of what a configuration names.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a file that belongs to somebody else")
	}
	for owner, want := range map[int]string{0: "own private given", 65534: "private"} {
		path := filepath.Join(t.TempDir(), "key")
		if err := errors.Join(os.WriteFile(path, []byte("mackerel"), 0o600), os.Chown(path, owner, 0)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, of := range []struct {
			name string
			read func(string) ([]byte, error)
		}{{"own", Own}, {"private", Private}, {"given", Given}} {
			if _, err := of.read(path); err == nil {
				got = append(got, of.name)
			} else if !strings.Contains(err.Error(), "belongs to somebody else") {
				t.Error(err)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("root is given a file of %d by %v, want %s", owner, got, want)
		}
	}
}
