package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/landing"
	"secondaryuse/pipeline/stage/seal"
)

// eve is an installation on the eve of a night: what was fetched is published,
// and what the night brings lies in the drop folder. The night is disturbed over
// and over, each time from the same eve.
type eve struct {
	*night
	o    *odd
	want map[string]string // the marts of a night that is not disturbed
	live string            // the run that is published on the eve
	args []string          // of the night's run
}

// newEve makes the eve. Its night has two rounds of reading again: the record of
// one person makes an encounter sensitive, on which records of two others hang.
func newEve(t *testing.T, args ...string) *eve {
	o := newDeltas(t, 60, 5, 0).odd()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	o.config("kept")
	s := &site{t: t, bin: bin, dir: o.root, in: filepath.Join(o.root, "day0"), left: filepath.Join(o.root, "kept")}
	s.config = filepath.Join(s.in, "kept.yaml")
	v := &eve{night: &night{site: s}, o: o, args: args}
	v.strace()
	for _, dir := range []string{"home", "tmp", "log"} {
		v.fine(os.MkdirAll(filepath.Join(v.left, dir), 0o700))
	}
	for _, folder := range []string{"shared-record", "hospital", "phr"} {
		v.drop("day0", folder)
	}
	v.run(0, "run")
	in := resource{"encounter": resource{"reference": "Encounter/e1"}}
	v.brings(map[string][]resource{"Encounter.1.ndjson": {o.made("Encounter", "e1", 2, nil)},
		"Observation.1.ndjson": {o.made("Observation", "o1", 1, in), o.made("Observation", "o2", 2, nil), o.made("Observation", "o3", 3, in)}})
	v.run(0, "run")
	v.brings(map[string][]resource{"Condition.2.ndjson": {o.made("Condition", "c1", 2,
		resource{"encounter": in["encounter"], "code": coding("http://hl7.org/fhir/sid/icd-10", "B24")})}})
	live, err := seal.Current(v.stage())
	v.fine(err)
	v.live = live.Run
	for _, name := range v.folders() {
		v.copy(name, name+"-eve")
	}
	v.run(0, append([]string{"run"}, args...)...)
	v.want = v.published()
	return v
}

// fine ends the test on an error. The names of files name nobody here.
func (v *eve) fine(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// brings has the files of another night lie in the drop folder.
func (v *eve) brings(files map[string][]resource) {
	v.t.Helper()
	v.o.files(files)
	v.drop(fmt.Sprintf("night%d", v.o.night), "shared-record")
}

// drop has the files of a day lie in a drop folder, complete.
func (v *eve) drop(day, folder string) {
	v.t.Helper()
	from, to := filepath.Join(v.dir, day, folder), filepath.Join(v.in, "drop", folder)
	v.fine(os.MkdirAll(filepath.Join(to, "taken"), 0o700))
	v.fine(filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		name, _ := strings.CutPrefix(path, from)
		if err != nil || e.IsDir() {
			return errors.Join(err, os.MkdirAll(to+name, 0o700))
		}
		return errors.Join(os.Link(path, to+name), os.WriteFile(to+name+".done", nil, 0o600))
	}))
}

// folders is what a night changes.
func (v *eve) folders() []string {
	return []string{"kept/work", "kept/marts", "day0/drop"}
}

func (v *eve) copy(from, to string) {
	v.t.Helper()
	if out, err := exec.Command("cp", "-a", filepath.Join(v.dir, from), filepath.Join(v.dir, to)).CombinedOutput(); err != nil {
		v.t.Fatalf("%v: %s", err, out)
	}
}

// back makes it the eve again.
func (v *eve) back() {
	v.t.Helper()
	for _, name := range v.folders() {
		v.fine(os.RemoveAll(filepath.Join(v.dir, name)))
		v.copy(name+"-eve", name)
	}
}

// blow is what happens to the night's run in one system call.
type blow struct {
	path, calls, nth string
	published        bool // it has published by then
	well             bool // of a call that fails: the run ends well all the same
}

// strikes does it, and holds that nothing has moved unless it was published, and
// that the next run ends as a night does that is not disturbed.
func (v *eve) strikes(b blow, how string) {
	v.t.Helper()
	v.back()
	want, when := -1, ":when="+b.nth
	if strings.HasPrefix(how, "error") {
		want, when = 1, when+"+" // and those that follow
	}
	if want == 1 && b.well {
		want = 0
	}
	code, said := v.inject(b.path, b.calls, how+when, v.args...)
	if code != want {
		v.t.Errorf("%s in %s of %s: exit code %d, want %d, and said: %s", how, b.calls, b.path, code, want, said)
	}
	_, m, err := snapshot.Current(v.marts())
	v.fine(err)
	if published := m.Run != v.live; published != b.published {
		v.t.Errorf("%s in %s of %s: published %v, want %v", how, b.calls, b.path, published, b.published)
	}
	mark, err := landing.Open(filepath.Join(v.left, "work", "landing", "ohc")).Published()
	if v.fine(err); mark > 2 && m.Run == v.live {
		v.t.Errorf("%s in %s of %s: delivery %d is taken down as published, and is not", how, b.calls, b.path, mark)
	}
	v.run(0, "run")
	v.ends(b)
}

// ends holds that the installation is as after a night that was not disturbed.
func (v *eve) ends(b blow) {
	v.t.Helper()
	if got := v.published(); !maps.Equal(got, v.want) {
		v.t.Errorf("%s of %s: the next run has published other marts than an undisturbed one", b.calls, b.path)
	}
	v.staged()
	l := landing.Open(filepath.Join(v.left, "work", "landing", "ohc"))
	mark, err := l.Published()
	all, err2 := l.Deliveries()
	live, err3 := seal.Current(v.stage())
	v.fine(errors.Join(err, err2, err3))
	if last := all[len(all)-1]; mark != last.Number || markOf(live, "ohc") != mark {
		v.t.Errorf("%s of %s: delivery %d is the newest, %d is staged and %d taken down as published", b.calls, b.path, last.Number, markOf(live, "ohc"), mark)
	}
	if left, _ := filepath.Glob(filepath.Join(v.in, "drop", "shared-record", "*.ndjson")); len(left) > 0 {
		v.t.Errorf("%s of %s: the system was not told: %d files are left", b.calls, b.path, len(left))
	}
}
