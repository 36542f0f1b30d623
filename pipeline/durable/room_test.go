package durable

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestRoom holds that a room is its owner's alone and goes when it is left; that what
// a process that was killed left is removed by the next; and that a room in use is
// not, nor anything else in the folder.
func TestRoom(t *testing.T) {
	if os.Getenv("ROOM") != "" {
		path, _, err := Room("ohc-test-")
		if err == nil {
			err = os.WriteFile(filepath.Join(path, "spilled"), []byte("x"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(path + "\n")
		select {}
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	others := []string{"ohc-test-notes", "ohc-testing-1", "ohc-test-open"}
	for _, name := range others {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	living, leave := room(t)
	left := killed(t)
	next, leaveNext := room(t)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("what a process that was killed left is there still: %v", err)
	}
	for _, path := range append([]string{living, next}, filepath.Join(dir, others[0]), filepath.Join(dir, others[1]), filepath.Join(dir, others[2])) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s is gone, or open: %v", filepath.Base(path), err)
		}
	}
	if err := leave(); err != nil {
		t.Error(err)
	}
	if err := leaveNext(); err != nil {
		t.Error(err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != len(others) {
		t.Errorf("%d are left, %v", len(all), err)
	}
}

// TestRooms holds that many who make and leave rooms at once do not take another's.
func TestRooms(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				path, leave, err := Room("ohc-test-")
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(path, "x"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := leave(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func room(t *testing.T) (string, func() error) {
	t.Helper()
	path, leave, err := Room("ohc-test-")
	if err != nil {
		t.Fatal(err)
	}
	return path, leave
}

// killed is the room of another process that was killed.
func killed(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestRoom$")
	cmd.Env = append(os.Environ(), "ROOM=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil {
		t.Fatal("it was not killed")
	}
	path := strings.TrimSpace(line)
	if _, err := os.Stat(filepath.Join(path, "spilled")); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNoRoom holds that who has no folder to work in is told that, and not to remove
// something.
func TestNoRoom(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	if _, _, err := Room("ohc-test-"); err == nil || !strings.Contains(err.Error(), "next: have TMPDIR name") || strings.Contains(err.Error(), "remove") {
		t.Errorf("%v", err)
	}
}
