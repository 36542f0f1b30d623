package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/bridge"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/keyringtest"
	"secondaryuse/pipeline/audit"
	"secondaryuse/testdata/population"
)

// vault is a site whose keys are wrapped, and a copy of them.
type vault struct {
	*night
	identity, other string // age identity files; the keys are wrapped for the first
	public          string // of the second
	copied          map[string]string
	was             keyring.Entry // planning
}

func newVault(t *testing.T, seed uint64) *vault {
	t.Helper()
	v := &vault{night: &night{site: newSite(t, population.Plan{Persons: 120, Seed: seed, Months: 2})}}
	v.identity, _ = keyringtest.Identity(t)
	v.other, v.public = keyringtest.Identity(t)
	v.edit("config.yaml", "\nfeeds:", "\nkey_encryption: {identity: "+v.identity+"}\nfeeds:")
	v.strace()
	v.run(0, "run")
	v.was = v.entry()
	v.copy()
	return v
}

// copy keeps the keys as they are.
func (v *vault) copy() {
	v.t.Helper()
	v.copied = make(map[string]string)
	for _, name := range strings.Fields(v.names("keys")) {
		text, err := os.ReadFile(v.key(name))
		v.must(err)
		v.copied[name] = string(text)
	}
}

func (v *vault) key(name string) string { return filepath.Join(v.left, "keys", name) }

// entry is the key of the marts, as whoever the keys are wrapped for finds it.
func (v *vault) entry() keyring.Entry {
	v.t.Helper()
	e, err := keyringtest.Open(v.t, filepath.Join(v.left, "keys"), v.identity).Entry("planning")
	v.must(err)
	return e
}

// back puts the keys as they were.
func (v *vault) back() {
	v.t.Helper()
	for _, name := range strings.Fields(v.names("keys")) {
		v.must(os.Remove(v.key(name)))
	}
	for name, text := range v.copied {
		v.must(os.WriteFile(v.key(name), []byte(text), 0o600))
	}
}

// struck runs a command of keys, which is killed before the first of some calls on
// a file of the keys.
func (v *vault) struck(path, calls string, args ...string) {
	v.t.Helper()
	v.back()
	cmd := v.command(append(append([]string{"keys"}, args...), "--config", v.config)...)
	cmd.Path, cmd.Args = v.night.strace(), slices.Concat([]string{"strace", "-f", "-qq", "-o", "/dev/null", "-P", filepath.Join(v.left, "keys", path),
		"-e", "trace=" + calls, "-e", "inject=" + calls + ":signal=KILL:when=1", v.bin}, cmd.Args[1:])
	if code, said := v.said(cmd, cmd.Run()); code != -1 {
		v.t.Errorf("%s of %s: exit code %d, want it killed%s", calls, path, code, v.shown(said))
	}
}

const writes = "write,pwrite64"

// TestKillWhileAKeyIsRewrapped kills the command before each call by which it
// replaces a file. Whoever could use the key before still can, and the next call
// does what was asked.
func TestKillWhileAKeyIsRewrapped(t *testing.T) {
	t.Parallel()
	v := newVault(t, 11)
	for _, step := range []struct {
		path, calls string
		new         bool
	}{
		{"planning.key.tmp", opens, false}, {"planning.key.tmp", writes, false}, {"planning.key.tmp", syncs, false}, {"planning.key", renames, false}, {"", syncs, true},
	} {
		v.struck(step.path, step.calls, "rewrap", "planning", "--for", v.public)
		e := v.entry()
		if e.ID != v.was.ID || e.Fingerprint != v.was.Fingerprint || slices.Contains(e.For, v.public) != step.new {
			t.Errorf("%s of %s: %+v", step.calls, step.path, e)
		}
		v.run(0, "check")
		v.run(0, "keys", "rewrap", "planning", "--for", v.public)
		if e := v.entry(); e.ID != v.was.ID || len(e.For) != 2 || v.names("keys") != "base.key planning.key signing.ed25519" {
			t.Errorf("%s of %s: then %+v, left %s", step.calls, step.path, e, v.names("keys"))
		}
	}
}

// TestKillWhileAReplacedKeyIsRewrapped kills the command, by which the keys go over to
// another identity, before each call by which it replaces the file of a key that was
// replaced, and that of the key in its place. The next call ends with both wrapped for the
// new identity alone, and people are found by both.
func TestKillWhileAReplacedKeyIsRewrapped(t *testing.T) {
	t.Parallel()
	v := newVault(t, 16)
	v.run(0, "keys", "rekey", "planning", "--to", v.public, "--reason", "a drill")
	v.run(0, "keys", "bridge", "destroy", "planning")
	v.run(0, "keys", "rewrap", "base", "--for", v.public)
	v.copy()
	v.edit("config.yaml", v.identity, v.other)
	nobody := filepath.Join(v.dir, "asked")
	v.must(os.WriteFile(nobody, []byte("9434765919\n"), 0o600))
	old := "planning." + v.was.ID + ".key"
	for _, path := range []string{old, "planning.key"} {
		for _, step := range []struct{ path, calls string }{{path + ".tmp", opens}, {path + ".tmp", writes}, {path + ".tmp", syncs}, {path, renames}} {
			v.struck(step.path, step.calls, "rewrap", "planning", "--old-identity", v.identity)
			v.run(0, "keys", "rewrap", "planning", "--old-identity", v.identity)
			all, err := keyringtest.Open(t, filepath.Join(v.left, "keys"), v.other).List()
			v.must(err)
			for _, e := range all {
				if e.Name == "planning" && !slices.Equal(e.For, []string{v.public}) {
					t.Errorf("%s of %s: %s is for %v", step.calls, step.path, e.File, e.For)
				}
			}
			v.run(0, "prove", "--absent", nobody)
		}
	}
}

// TestKillWhileAPlainKeyIsTaken kills the command before each call by which it puts
// a plain key into the ring. The key is the same throughout, plain or wrapped.
func TestKillWhileAPlainKeyIsTaken(t *testing.T) {
	t.Parallel()
	v := newVault(t, 15)
	path := v.key("project-heart.key")
	v.must(domain.Make(path))
	text, err := os.ReadFile(path)
	v.must(err)
	v.copied[filepath.Base(path)] = string(text)
	want := v.run(0, "keys", "fingerprint", "project-heart")
	for _, step := range []struct{ path, calls string }{
		{"project-heart.key.tmp", opens}, {"project-heart.key.tmp", writes}, {"project-heart.key.tmp", syncs}, {"project-heart.key", renames}, {"", syncs},
	} {
		v.struck(step.path, step.calls, "rewrap", "project-heart")
		for range 2 {
			if got := v.run(0, "keys", "fingerprint", "project-heart"); got != want {
				t.Errorf("%s of %s: the key is %s, and was %s", step.calls, step.path, got, want)
			}
			v.run(0, "keys", "rewrap", "project-heart")
		}
		if now, err := os.ReadFile(path); err != nil || strings.Contains(string(now), strings.TrimSpace(string(text))) {
			t.Errorf("%s of %s: it is still plain: %v", step.calls, step.path, err)
		}
	}
}

// TestKillWhileAKeyIsReplaced kills a re-key before each call by which it writes
// the new key, the bridge and the old key, and puts the new one in use. There is
// always one key in use, the old one until the last of them, and the next call
// ends with the new one, a bridge that leads to it, and the old one retired.
func TestKillWhileAKeyIsReplaced(t *testing.T) {
	t.Parallel()
	v := newVault(t, 12)
	old := "planning." + v.was.ID + ".key"
	for _, step := range []struct {
		path, calls string
		new         bool
	}{
		{"planning.next.key.tmp", opens, false}, {"planning.next.key.tmp", writes, false}, {"planning.next.key.tmp", syncs, false}, {"planning.next.key.tmp", renames, false}, {"", syncs, false},
		{"planning.bridge.age.tmp", opens, false}, {"planning.bridge.age.tmp", writes, false}, {"planning.bridge.age.tmp", syncs, false}, {"planning.bridge.age", renames, false},
		{old + ".tmp", opens, false}, {old + ".tmp", writes, false}, {old + ".tmp", syncs, false}, {old, renames, false}, {"planning.key", renames, false},
	} {
		v.struck(step.path, step.calls, "rekey", "planning", "--to", v.public, "--reason", "a drill")
		at := fmt.Sprintf("%s of %s", step.calls, step.path)
		if e := v.entry(); (e.ID != v.was.ID) != step.new || e.State != keyring.Active {
			t.Errorf("%s: %+v", at, e)
		}
		v.run(0, "check")
		v.run(0, "keys", "list")
		v.run(0, "keys", "rekey", "planning", "--to", v.public, "--reason", "a drill")
		v.replaced(at)
	}
	v.run(0, "publish")
	v.run(0, "audit", "verify")
}

// replaced holds that the key of the marts is another, and all that belongs to that.
func (v *vault) replaced(at string) {
	v.t.Helper()
	if e := v.entry(); e.ID == v.was.ID || e.Replaces != v.was.Fingerprint {
		v.t.Errorf("%s: then %+v", at, e)
	}
	if left := strings.Fields(v.names("keys")); len(left) != 5 || !slices.Contains(left, "planning."+v.was.ID+".key") {
		v.t.Errorf("%s: left are %v", at, left)
	}
	past, err := keyringtest.Open(v.t, filepath.Join(v.left, "keys"), v.identity).Past()
	v.must(err)
	text, err := os.ReadFile(v.other)
	v.must(err)
	own, err := age.ParseIdentities(strings.NewReader(string(text)))
	v.must(err)
	f, err := os.Open(bridge.Path(filepath.Join(v.left, "keys"), "planning"))
	v.must(err)
	defer f.Close()
	clear, err := age.Decrypt(f, own...)
	v.must(err)
	var head string
	fmt.Fscan(clear, &head)
	lines := 0
	for n := 2; n == 2; lines++ {
		var from, to int64
		n, _ = fmt.Fscanf(clear, "%d,%d\n", &from, &to)
	}
	if head != "old_id,new_id" || lines < 50 || len(past) != 2 {
		v.t.Errorf("%s: the bridge has %d lines, there are %d keys", at, lines, len(past))
	}
}

// TestAKeyIsOnTheDiskBeforeItIsInUse follows the system calls of a re-key: when the
// new key is put in use nothing of it, of the bridge or of the old key could be
// lost with the power, nor at the end.
func TestAKeyIsOnTheDiskBeforeItIsInUse(t *testing.T) {
	t.Parallel()
	v := newVault(t, 13)
	log := filepath.Join(v.dir, "strace")
	cmd := v.command("keys", "rekey", "planning", "--to", v.public, "--reason", "a drill", "--config", v.config)
	cmd.Path, cmd.Args = v.night.strace(), slices.Concat([]string{"strace", "-f", "-y", "-qq", "-s", "0", "-o", log, "-e",
		"trace=write,pwrite64,writev,ftruncate,fallocate,fsync,fdatasync,openat,mkdir,mkdirat,unlink,unlinkat,symlink,symlinkat,link,linkat,rename,renameat,renameat2",
		v.bin}, cmd.Args[1:])
	if code, said := v.said(cmd, cmd.Run()); code != 0 {
		t.Fatalf("exit code %d%s", code, v.shown(said))
	}
	d := &disk{v.left, make(map[string]bool), make(map[string]map[string]bool)}
	moved := 0
	hold := func(names ...string) {
		for _, name := range names {
			if lost := d.lost(v.key(name)); len(lost) > 0 {
				t.Errorf("the power could take away %s", strings.Join(lost, ", "))
			}
		}
	}
	calls(t, log, func(c call) {
		if len(c.paths) == 2 && strings.HasPrefix(c.name, "rename") && c.paths[1] == v.key("planning.key") {
			moved++
			hold("planning.next.key", "planning.bridge.age", "planning."+v.was.ID+".key", "planning.key")
		}
		d.see(c)
	})
	hold("planning.key", "planning.bridge.age", "planning."+v.was.ID+".key", "base.key")
	if moved != 1 {
		t.Errorf("a key was put in use %d times", moved)
	}
}

// TestKillWhileAKeyIsDestroyed kills the command when two people have signed, and
// the key is about to go. It is there still, and what they signed is in the log;
// the next call destroys it.
func TestKillWhileAKeyIsDestroyed(t *testing.T) {
	t.Parallel()
	v := newVault(t, 14)
	people := "people:\n"
	var keys []string
	for _, name := range []string{"ada", "rob"} {
		keys = append(keys, filepath.Join(v.dir, name))
		line, err := personOf(keys[len(keys)-1], "custodian")
		v.must(err)
		people += line
	}
	v.write("people.yaml", people)
	v.run(0, "keys", "create", "project-heart")
	v.run(0, "keys", "retire", "project-heart")
	ring := keyringtest.Open(t, filepath.Join(v.left, "keys"), v.identity)
	e, err := ring.Entry("project-heart")
	v.must(err)
	text, err := os.ReadFile(v.key(e.File))
	v.must(err)
	v.copied[e.File] = string(text)
	args := []string{"destroy", "project-heart", "--id", e.ID, "--key", keys[0], "--second", keys[1]}
	for _, step := range []struct {
		path, calls string
		gone        bool
	}{{e.File, unlinks, false}, {"", syncs, true}} {
		v.struck(step.path, step.calls, args...)
		if _, err := ring.Entry("project-heart"); errors.Is(err, keyring.ErrNone) != step.gone {
			t.Errorf("%s of %s: %v", step.calls, step.path, err)
		}
		log, err := os.ReadFile(audit.Path(filepath.Join(v.left, "work", "audit")))
		v.must(err)
		lines := strings.Split(strings.TrimSpace(string(log)), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, `"what":"signed"`) || !strings.Contains(last, `"with":"ada `) {
			t.Errorf("the last event is %s", last)
		}
		if !step.gone {
			v.run(0, append([]string{"keys"}, args...)...)
		}
	}
	v.run(0, "keys", "list")
	v.run(0, "audit", "verify")
}
