package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnopened holds that nobody is told to move a ledger away that is whole: who may
// not write it, or has no room, is told that.
func TestUnopened(t *testing.T) {
	for name, tc := range map[string]struct {
		make func(path string) error
		want string
	}{
		"damaged":  {func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("no ledger ", 1000)), 0o600) }, "from the backup"},
		"a folder": {func(path string) error { return os.Mkdir(path, 0o700) }, "call it as the user"},
	} {
		path := filepath.Join(t.TempDir(), Name)
		if err := tc.make(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), Name)
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		t.Skip("root may write every ledger")
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o700) })
	if err := errors.Join(os.Chmod(path, 0o400), os.Chmod(filepath.Dir(path), 0o500)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "call it as the user") || strings.Contains(err.Error(), "move it") {
		t.Errorf("of another user: %v", err)
	}
}
