package leak

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestUnreadable holds that a folder which cannot be read is a fault that names nobody,
// and that what lies beside it is searched all the same.
func TestUnreadable(t *testing.T) {
	dir := laid(t, map[string]string{"9434765919/a.txt": "nobody", "z/b.txt": "9434765919"})
	closed := filepath.Join(dir, "9434765919")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(closed, 0o755)
	s := searcher(t, "9434765919", "Featherstone")
	t.Chdir(dir)
	defer nobody()()
	r, err := s.Run(context.Background(), ".")
	if err != nil || len(r.Faults) != 1 || strings.Contains(r.Faults[0], "9434765919") || !strings.Contains(r.Faults[0], "permission denied") {
		t.Errorf("faults %q, %v", r.Faults, err)
	}
	if len(r.Found) != 2 {
		t.Errorf("found %v", r.Found)
	}
}

// nobody has this goroutine read what anybody may, and returns what ends that. Whoever
// runs the tests as root could read everything.
func nobody() func() {
	if os.Geteuid() != 0 {
		return func() {}
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(65534); err != nil {
		panic(err)
	}
	return func() {
		if err := syscall.Setfsuid(0); err != nil {
			panic(err)
		}
		runtime.UnlockOSThread()
	}
}
