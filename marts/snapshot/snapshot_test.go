package snapshot

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/marts/sign/signtest"
)

// publish publishes a snapshot with one file of the given text.
func publish(t *testing.T, dir, id, text string, keep int) *Draft {
	t.Helper()
	d, err := Begin(dir, id, signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Dir(), "a.parquet"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Publish(Manifest{Run: id, Files: []File{{Name: "a.parquet", Mart: "a", Rows: 7}}}, keep); err != nil {
		t.Fatal(err)
	}
	return d
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestPublish(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := Current(dir); !errors.Is(err, ErrNone) {
		t.Fatalf("of an empty folder: %v, want ErrNone", err)
	}
	d := publish(t, dir, "r1", "one", 3)
	folder, m, err := Current(dir)
	if err != nil || folder != d.Final() || m.ID != "r1" || m.Files[0].Rows != 7 || m.Files[0].Bytes != 3 {
		t.Fatalf("%s %+v %v", folder, m, err)
	}
	if err := Verify(folder); err != nil {
		t.Error(err)
	}
	publish(t, dir, "r2", "two", 3)
	if again, _, _ := Current(dir); filepath.Base(again) != "r2" {
		t.Errorf("CURRENT is %s", again)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "a.parquet")); err != nil || string(text) != "one" {
		t.Errorf("what was published changed: %s %v", text, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"CURRENT", publicName, "snapshots"}) {
		t.Errorf("the folder holds %v", got)
	}
}

// TestModes holds that a published file can be written by its owner alone, whatever mode
// the engine has given it: an umask of 002 lets it give the group's analysts that right.
func TestModes(t *testing.T) {
	dir := t.TempDir()
	d, err := Begin(dir, "r1", signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"a.parquet": 0o666, "b.parquet": 0o600} {
		path := filepath.Join(d.Dir(), name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Publish(Manifest{Run: "r1"}, 3); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"a.parquet": 0o640, "b.parquet": 0o600} {
		if info, err := os.Stat(filepath.Join(d.Final(), name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

// TestNamesAreNotTakenTwice holds that a run that is repeated, after its
// snapshot was published, does not touch it.
func TestNamesAreNotTakenTwice(t *testing.T) {
	dir := t.TempDir()
	one := publish(t, dir, "r1", "one", 3)
	two := publish(t, dir, "r1", "two", 3)
	if one.ID() != "r1" || two.ID() != "r1-2" {
		t.Errorf("named %s and %s", one.ID(), two.ID())
	}
	if err := Verify(one.Final()); err != nil {
		t.Error(err)
	}
	if folder, _, _ := Current(dir); folder != two.Final() {
		t.Errorf("CURRENT is %s", folder)
	}
}

func TestKeep(t *testing.T) {
	dir := t.TempDir()
	for _, id := range []string{"r5", "r4", "r3", "r2", "r1"} { // newest by time, not by name
		publish(t, dir, id, id, 2)
	}
	if got := names(t, filepath.Join(dir, "snapshots")); !slices.Equal(got, []string{"r1", "r2"}) {
		t.Errorf("kept %v, want the two newest", got)
	}
	publish(t, dir, "r0", "x", 0)
	if got := names(t, filepath.Join(dir, "snapshots")); !slices.Equal(got, []string{"r0"}) {
		t.Errorf("kept %v, want the current one", got)
	}
}

// TestCrash plays the states that a writer can die in: the published snapshot
// stays, and the next writer clears up.
func TestCrash(t *testing.T) {
	for name, die := range map[string]func(t *testing.T, dir string, d *Draft){
		"while writing": func(t *testing.T, dir string, d *Draft) {},
		"after the link to the draft went": func(t *testing.T, dir string, d *Draft) {
			if err := os.Remove(d.Final()); err != nil {
				t.Fatal(err)
			}
		},
		"before CURRENT moved": func(t *testing.T, dir string, d *Draft) {
			if err := errors.Join(os.Remove(d.Final()), os.Rename(d.Dir(), d.Final()), os.Symlink("snapshots/r2", filepath.Join(dir, ".CURRENT"))); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			publish(t, dir, "r1", "one", 3)
			d, err := Begin(dir, "r2", signtest.Key(t, "ohc"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(d.Dir(), "a.parquet"), []byte("tw"), 0o600); err != nil {
				t.Fatal(err)
			}
			die(t, dir, d)
			if folder, _, err := Current(dir); err != nil || filepath.Base(folder) != "r1" || Verify(folder) != nil {
				t.Errorf("after the crash CURRENT is %s, %v", folder, err)
			}
			next := publish(t, dir, "r2", "two", 3)
			if folder, _, err := Current(dir); err != nil || folder != next.Final() || Verify(folder) != nil {
				t.Errorf("after the next run CURRENT is %s, %v", folder, err)
			}
			for _, n := range names(t, filepath.Join(dir, "snapshots")) {
				if strings.HasPrefix(n, ".") {
					t.Errorf("left behind: %s", n)
				}
			}
		})
	}
}

// TestSweep shows that what writers that died have left goes, and what is not
// theirs stays: among the snapshots, and when old ones are removed.
func TestSweep(t *testing.T) {
	if err := Sweep(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("where nothing was ever published: %v", err)
	}
	dir := t.TempDir()
	publish(t, dir, "r1", "one", 3)
	foreign := []string{"notes", ".current", "snapshots/backup/a.parquet", "snapshots/README", "snapshots/.tmp", "snapshots/.tmp-a"}
	for _, name := range append(foreign, "snapshots/.tmp-r2/a.parquet", "snapshots/.tmp-r0/manifest.json") {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	foreign = append(foreign, "snapshots/latest", "snapshots/old")
	for _, link := range [][2]string{{"snapshots/r2", ".tmp-r2"}, {".CURRENT", "snapshots/r2"}, {"snapshots/latest", "r1"}, {"snapshots/old", "/nowhere"}} {
		if err := os.Symlink(link[1], filepath.Join(dir, link[0])); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{".current", "CURRENT", "notes", publicName, "snapshots"}) {
		t.Errorf("left: %v", got)
	}
	for _, id := range []string{"r3", "r4", "r5"} {
		publish(t, dir, id, id, 2)
	}
	for _, name := range foreign {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			t.Errorf("what is not ours was removed: %v", err)
		}
	}
	if got := names(t, filepath.Join(dir, "snapshots")); len(got) != 8 || !slices.Contains(got, "r5") || !slices.Contains(got, "r4") {
		t.Errorf("left of the snapshots: %v", got)
	}
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	d, err := Begin(dir, "r1", signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Discard(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, filepath.Join(dir, "snapshots")); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	d = publish(t, dir, "r1", "one", 3)
	if err := d.Discard(); err != nil || Verify(d.Final()) != nil {
		t.Errorf("a published snapshot was discarded: %v", err)
	}
}

func TestVerifyFinds(t *testing.T) {
	for name, damage := range map[string]func(folder string) error{
		"other bytes":     func(f string) error { return os.WriteFile(filepath.Join(f, "a.parquet"), []byte("eno"), 0o600) },
		"fewer bytes":     func(f string) error { return os.Truncate(filepath.Join(f, "a.parquet"), 1) },
		"a file less":     func(f string) error { return os.Remove(filepath.Join(f, "a.parquet")) },
		"a file more":     func(f string) error { return os.WriteFile(filepath.Join(f, "b.parquet"), nil, 0o600) },
		"half a manifest": func(f string) error { return os.Truncate(filepath.Join(f, manifestName), 20) },
	} {
		d := publish(t, t.TempDir(), "r1", "one", 3)
		if err := damage(d.Final()); err != nil {
			t.Fatal(err)
		}
		if err := Verify(d.Final()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
	if err := Verify(t.TempDir()); err == nil {
		t.Error("verified a folder that is no snapshot")
	}
}

// TestRetire holds that what must go goes, with its files, but never the current
// snapshot nor what is no snapshot; and that nothing goes where it cannot be told
// which is the current one.
func TestRetire(t *testing.T) {
	all := func(Old) bool { return true }
	if n, err := Retire(filepath.Join(t.TempDir(), "none"), all); n != 0 || err != nil {
		t.Errorf("where nothing was ever published: %d, %v", n, err)
	}
	dir := t.TempDir()
	for _, id := range []string{"r1", "r2", "r3", "r4"} {
		publish(t, dir, id, id, 9)
	}
	if err := os.MkdirAll(filepath.Join(dir, "snapshots", "backup"), 0o700); err != nil {
		t.Fatal(err)
	}
	open, err := os.Open(filepath.Join(dir, "snapshots", "r2", "a.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if n, err := Retire(dir, func(s Old) bool { return s.Run == "r2" && !s.At.IsZero() }); n != 1 || err != nil {
		t.Errorf("%d went, %v", n, err)
	}
	if got := names(t, filepath.Join(dir, "snapshots")); !slices.Equal(got, []string{"backup", "r1", "r3", "r4"}) {
		t.Errorf("left are %v", got)
	}
	text := make([]byte, 2)
	if _, err := open.Read(text); err != nil || string(text) != "r2" {
		t.Errorf("a reader was cut: %q, %v", text, err)
	}
	current := filepath.Join(dir, "snapshots", "r4", "manifest.json")
	whole, err := os.ReadFile(current)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(current, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := Retire(dir, all); n != 0 || err == nil {
		t.Errorf("%d went though nobody knows which is current, %v", n, err)
	}
	if err := os.WriteFile(current, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := Retire(dir, all); n != 2 || err != nil {
		t.Errorf("%d went, %v", n, err)
	}
	if got := names(t, filepath.Join(dir, "snapshots")); !slices.Equal(got, []string{"backup", "r4"}) {
		t.Errorf("left are %v", got)
	}
}

// TestCheck holds that what looks through a draft sees its manifest, and that nothing is
// published where it says no.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, "r1", "one", 3)
	d, err := Begin(dir, "r2", signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	no := errors.New("it names somebody")
	var seen string
	d.Check = func(folder string) error {
		b, err := os.ReadFile(filepath.Join(folder, manifestName))
		seen = string(b)
		return errors.Join(no, err)
	}
	if err := d.Publish(Manifest{Run: "r2", Rules: []string{"change: NOT APPLIED: why"}}, 3); !errors.Is(err, no) {
		t.Errorf("it was published: %v", err)
	}
	if !strings.Contains(seen, "NOT APPLIED: why") {
		t.Errorf("the manifest was not looked through: %q", seen)
	}
	if err := d.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, m, err := Current(dir); err != nil || m.ID != "r1" {
		t.Errorf("current is %s: %v", m.ID, err)
	}
	if err := Verify(filepath.Join(dir, snapshots, "r1")); err != nil {
		t.Error(err)
	}
}
