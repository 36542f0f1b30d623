package keyring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/domain/keyring/keyringtest"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRing holds that a key is the same each time, that two differ, and that the
// base key is never a domain's.
func TestRing(t *testing.T) {
	dir, identity := keyringtest.New(t, "base", "planning", "project-heart", "register")
	r, again := keyringtest.Open(t, dir, identity), keyringtest.Open(t, dir, identity)
	seen := make(map[int64]bool)
	for _, name := range []string{"planning", "project-heart", "register"} {
		a, err1 := r.Domain(name)
		b, err2 := again.Domain(name)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		e, err := r.Entry(name)
		if a.ID(42) != b.ID(42) || seen[a.ID(42)] || err != nil || e.Fingerprint != a.Fingerprint() {
			t.Errorf("%s: %+v %v", name, e, err)
		}
		seen[a.ID(42)] = true
	}
	if _, err := r.Domain("base"); err == nil {
		t.Error("the base key is a domain's")
	}
	secret, err := r.Base()
	if err != nil || secret == [32]byte{} {
		t.Error("no base key", err)
	}
	if e, err := r.Entry("base"); err != nil || len(e.Fingerprint) != 16 || e.Kind != keyring.Base {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := r.Domain("research"); !errors.Is(err, keyring.ErrNone) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that was never made: %v", err)
	}
	if _, err := r.Create("planning", time.Now(), false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a key was made twice: %v", err)
	}
	if _, err := r.Create("register", time.Now(), true); err == nil {
		t.Error("a register key was made reversible")
	}
	all, err := r.List()
	if err != nil || len(all) != 4 || all[0].Name != "base" || all[3].Name != "register" {
		t.Errorf("%+v %v", all, err)
	}
}

// TestDenied holds that who a key is not wrapped for is told so, and that rewrap
// lets somebody in, and out again, while the key stays.
func TestDenied(t *testing.T) {
	dir, identity := keyringtest.New(t, "research")
	other, public := keyringtest.Identity(t)
	r, theirs := keyringtest.Open(t, dir, identity), keyringtest.Open(t, dir, other)
	if _, err := theirs.Domain("research"); !errors.Is(err, keyring.ErrDenied) || err.Error() != "key research: this identity may not use it" {
		t.Errorf("another identity: %v", err)
	}
	if _, err := theirs.Rewrap("research", keyringtest.KEK(t)); !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("another identity has rewrapped it: %v", err)
	}
	if all, err := theirs.List(); err != nil || len(all) != 1 {
		t.Errorf("another identity cannot list: %v", err)
	}
	was, _ := r.Domain("research")
	own, err1 := kek.Open(kek.Config{Identity: identity})
	to, err2 := kek.Recipient(public)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if gone, err := r.Rewrap("research", own, to); err != nil || len(gone) > 0 {
		t.Fatalf("%v %v", gone, err)
	}
	if e, err := r.Entry("research"); err != nil || len(e.For) != 2 || e.For[1] != public {
		t.Fatalf("%+v %v", e, err)
	}
	if now, err := theirs.Domain("research"); err != nil || now.ID(1) != was.ID(1) {
		t.Errorf("let in: %v", err)
	}
	if _, err := r.Rewrap("research", own, own); err == nil {
		t.Error("wrapped for somebody twice")
	}
	if _, err := r.Rewrap("research"); err == nil {
		t.Error("wrapped for nobody")
	}
	if gone, err := r.Rewrap("research", own); err != nil || !slices.Equal(gone, []string{public}) {
		t.Fatal(gone, err)
	}
	if _, err := theirs.Domain("research"); !errors.Is(err, keyring.ErrDenied) {
		t.Errorf("let out: %v", err)
	}
}

// TestAltered holds that a file that is not as it was written is refused.
func TestAltered(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning", "research", "project-heart")
	r := keyringtest.Open(t, dir, identity)
	path := filepath.Join(dir, "planning.key")
	whole, other := read(t, path), read(t, filepath.Join(dir, "research.key"))
	cut := func(text, from string) string { _, after, _ := strings.Cut(text, from); return after }
	for name, text := range map[string]string{
		"renamed":        other,
		"swapped":        strings.Replace(whole, cut(whole, `"secret"`), cut(other, `"secret"`), 1),
		"reversible":     strings.Replace(whole, `"reversible": false`, `"reversible": true`, 1),
		"kind":           strings.Replace(strings.Replace(whole, `"release"`, `"project"`, 1), `"planning"`, `"project-heart"`, 1),
		"name":           strings.Replace(other, `"research"`, `"planning"`, 1),
		"id":             strings.Replace(whole, `"id": "`, `"id": "0`, 1),
		"date":           strings.Replace(whole, `"created": "20`, `"created": "19`, 1),
		"state":          strings.Replace(whole, `"active"`, `"retired"`, 1),
		"unknown key":    strings.Replace(whole, `"name"`, `"nane"`, 1),
		"there twice":    strings.Replace(whole, `{`, "{\n  \"reversible\": true,", 1),
		"in other case":  strings.Replace(whole, `"reversible"`, `"Reversible"`, 1),
		"and more":       whole + "{}",
		"another order":  strings.Replace(whole, "\n", " ", 1),
		"empty":          "",
		"null":           "null\n",
		"cut":            whole[:len(whole)/2],
		"another format": strings.Replace(whole, `"keyring": 1`, `"keyring": 2`, 1),
	} {
		if text == whole {
			t.Fatalf("%s: nothing was altered", name)
		}
		write(t, path, text)
		if _, err := r.Domain("planning"); !errors.Is(err, keyring.ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, path, whole)
	if _, err := r.Domain("planning"); err != nil {
		t.Error(err)
	}
}

// TestOwnerAlone holds that what others can read, or a link stands for, is refused.
func TestOwnerAlone(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning")
	r := keyringtest.Open(t, dir, identity)
	path := filepath.Join(dir, "planning.key")
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		os.Chmod(path, mode)
		if _, err := r.Domain("planning"); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%v: %v", mode, err)
		}
	}
	os.Chmod(path, 0o600)
	if err := os.Symlink(path, filepath.Join(dir, "research.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Domain("research"); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link: %v", err)
	}
	os.Chmod(dir, 0o750)
	if _, err := keyring.Open(dir, keyringtest.KEK(t)); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a folder that others can enter: %v", err)
	}
}

// TestRetire holds that a retired key is not used, and still listed.
func TestRetire(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning")
	r := keyringtest.Open(t, dir, identity)
	if _, err := r.Retire("planning"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Domain("planning"); err == nil || !strings.Contains(err.Error(), "retired") {
		t.Errorf("used: %v", err)
	}
	if all, err := r.List(); err != nil || len(all) != 1 || all[0].State != keyring.Retired {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := r.Retire("planning"); err == nil {
		t.Error("retired twice")
	}
}

// TestCrashIsSwept holds that what a process that died has left goes, and what is
// not ours stays.
func TestCrashIsSwept(t *testing.T) {
	dir, identity := keyringtest.New(t, "planning")
	write(t, filepath.Join(dir, "planning.key.tmp"), "half")
	write(t, filepath.Join(dir, "mesh.key"), "-----BEGIN PRIVATE KEY-----")
	r := keyringtest.Open(t, dir, identity)
	if _, err := r.Retire("planning"); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "mesh.key planning.key" {
		t.Errorf("left: %s", got)
	}
	if all, err := r.List(); err != nil || len(all) != 1 {
		t.Errorf("%+v %v", all, err)
	}
}
