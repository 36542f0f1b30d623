package durable

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestFolder holds that what is missing is made with the mode, and that what is
// there stays as it is.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "c")
	if err := Folder(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeDir|0o700 {
			t.Errorf("%v %v", info, err)
		}
	}
	if err := Folder(dir, 0o755); err != nil {
		t.Error(err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Error("the mode of a folder that was there has changed")
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Folder(filepath.Join(file, "below"), 0o700); err == nil {
		t.Error("a folder was made in a file")
	}
	if err := Sync(filepath.Join(dir, "missing")); err == nil {
		t.Error("what is missing was synced")
	}
}

// TestReplace holds that a file has the new bytes, that only its owner can read
// them, and that nothing else is left, though a crash had left a half.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "CURRENT")
	if err := os.WriteFile(path+Half, []byte("what a crash has left"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first", "2nd", ""} {
		if err := Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != text || err != nil {
			t.Errorf("%q, want %q: %v", got, text, err)
		}
	}
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Error("others can read it")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d names are left", len(entries))
	}
	if err := Replace(filepath.Join(dir, "missing", "file"), nil); err == nil {
		t.Error("a file was made in no folder")
	}
}

// TestReplaceHalf holds that what somebody else has put under the name of the half is
// neither written to nor becomes the file: a link to another, one that others can read.
func TestReplaceHalf(t *testing.T) {
	for what, put := range map[string]func(half, other string) error{
		"a link":                   func(half, other string) error { return os.Symlink(other, half) },
		"another name of one":      func(half, other string) error { return os.Link(other, half) },
		"one that others can read": func(half, _ string) error { return errors.Join(os.WriteFile(half, nil, 0o666), os.Chmod(half, 0o666)) },
	} {
		dir := t.TempDir()
		path, other := filepath.Join(dir, "list"), filepath.Join(dir, "other")
		if err := errors.Join(os.WriteFile(other, []byte("other"), 0o644), put(path+Half, other), Replace(path, []byte("new"))); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		text, err1 := os.ReadFile(path)
		kept, err2 := os.ReadFile(other)
		info, err3 := os.Lstat(path)
		if err := errors.Join(err1, err2, err3); err != nil || string(text) != "new" || string(kept) != "other" || info.Mode() != 0o600 {
			t.Errorf("%s: %q, %q, %v: %v", what, text, kept, info.Mode(), err)
		}
	}
}

// TestSecret holds that many makers at once make one whole secret that nobody
// else can read, that it is never replaced, and that halves of it go while what
// is not ours stays.
func TestSecret(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	path := filepath.Join(dir, "base.key")
	if err := Folder(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	foreign := []string{".base.key-12a", ".base.key-", "base.key-12", ".other.key-12"}
	for _, name := range append(foreign, ".base.key-12") {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := Secret(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first, err := os.ReadFile(path)
	if err != nil || !regexp.MustCompile(`^[0-9a-f]{64}\n$`).Match(first) {
		t.Fatalf("no secret of 64 digits: %d bytes, %v", len(first), err)
	}
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Error("others can read it")
	}
	if err := Secret(path); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(path); string(again) != string(first) {
		t.Error("it was replaced")
	}
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".base.key- .base.key-12a .other.key-12 base.key base.key-12" {
		t.Errorf("left: %s", got)
	}
}
