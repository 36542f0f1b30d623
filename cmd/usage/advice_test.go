package usage_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"secondaryuse/cmd/usage"
)

// What goes wrong with a file is told with what to do next, once.
func TestAdvice(t *testing.T) {
	_, absent := os.Open(filepath.Join(t.TempDir(), "absent"))
	for _, c := range []struct {
		err  error
		next string
	}{
		{absent, "; next: name what is there; --help says how"},
		{fmt.Errorf("register: %w", &os.PathError{Op: "open", Path: "lock", Err: syscall.EACCES}), "; next: call it as the user who may, or have its owner give you the right"},
		{&os.PathError{Op: "open", Path: "x", Err: syscall.EROFS}, "; next: have it where this user can write"},
		{&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "; next: make room on that disk, and call it again"},
		{fmt.Errorf("%w; next: make room for the outbox", syscall.ENOSPC), ""},
		{fmt.Errorf("%w: ohc-marts people key makes one", absent), ""},
		{errors.New("something else"), ""},
	} {
		if got, want := usage.Advice(c.err), c.err.Error()+c.next; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
