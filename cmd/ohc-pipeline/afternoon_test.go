package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/egress"
	parting "secondaryuse/marts/extract"
	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
)

// TestAttackersAfternoon attacks the way out with both real commands, as somebody could
// who has everything but the keys and the consent of others: testdata/afternoon is the
// afternoon, each step an attack with what its attacker gets. Beside what TestTour
// knows, it has
//
//	mark                     remembers outbox and register as they are
//	gained [WHAT...]         holds that the outbox is as it was and the register has these steps more, and no others
//	late                     asks for the extract falls on the day after the project's last
//	bruteforce DIR...        looks for anybody's number behind any number in the Parquet files (afternoon_guess_test.go)
//	pair DIR DIR             pairs the persons of two extracts (afternoon_pair_test.go)
//	subtract FILE FILE       subtracts two released tables (afternoon_table_test.go)
//	solve N FILE...          solves released tables with totals; no hidden figure may have fewer than N values
//
// The canary in every field of every feed is TestCanary.
func TestAttackersAfternoon(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "../ohc-marts").CombinedOutput(); err != nil {
		t.Fatalf("ohc-marts: %v: %s", err, out)
	}
	a := &afternoon{}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/afternoon",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"population": thousand, "code": wantCode, "sql": runSQL, "edit": editFile,
			"mark": a.mark, "gained": a.gained, "late": late,
			"bruteforce": bruteForce, "pair": pairUp, "subtract": subtract, "solve": solve,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(filepath.ListSeparator)+e.Getenv("PATH"))
			return tourFiles(e.WorkDir)
		},
	})
}

// tourFiles puts the files of the tour into a folder: the same people and project.
func tourFiles(dir string) error {
	tour, err := txtar.ParseFile("testdata/tour/tour.txt")
	if err != nil {
		return err
	}
	return txtar.Write(tour, dir)
}

// afternoon is what there was before an attack.
type afternoon struct {
	outbox string
	steps  int
}

func (a *afternoon) mark(ts *testscript.TestScript, _ bool, _ []string) {
	a.outbox, a.steps = outboxNow(ts), len(stepsNow(ts))
}

func (a *afternoon) gained(ts *testscript.TestScript, _ bool, want []string) {
	if outboxNow(ts) != a.outbox {
		ts.Fatalf("the outbox is not as it was")
	}
	got := stepsNow(ts)[a.steps:]
	if strings.Join(got, " ") != strings.Join(want, " ") {
		ts.Fatalf("the register has the steps %q more, want %q", got, want)
	}
}

// outboxNow is a digest of all that lies in the outbox.
func outboxNow(ts *testscript.TestScript) string {
	h := sha256.New()
	err := filepath.WalkDir(ts.MkAbs("outbox"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".work" {
			return errors.Join(err, map[bool]error{true: fs.SkipDir}[err == nil])
		}
		var text []byte
		if d.Type().IsRegular() {
			text, err = os.ReadFile(path)
		}
		fmt.Fprintf(h, "%s %d %s\n", path, len(text), text)
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) {
		ts.Check(err)
	}
	return string(h.Sum(nil))
}

func stepsNow(ts *testscript.TestScript) (whats []string) {
	r, err := register.Open(ts.MkAbs("register"))
	ts.Check(err)
	steps, err := r.Steps()
	ts.Check(err)
	for _, s := range steps {
		whats = append(whats, s.What)
	}
	return whats
}

// late is the extract of a project whose approvals hold, on a day after its last.
func late(ts *testscript.TestScript, _ bool, _ []string) {
	conf, err := egress.Load(ts.MkAbs("egress.yaml"))
	ts.Check(err)
	own, err := kek.Open(kek.Config{Identity: conf.KeyEncryption.Identity})
	ts.Check(err)
	p, err := project.Load(conf.Projects, "falls")
	ts.Check(err)
	for days, want := range map[int]string{0: "project falls ended on " + p.End.String(), -1: "the list of who may be used is refused"} {
		o := parting.Order{Project: "falls", Egress: conf, KEK: own, By: "eve", Now: p.End.Add(time.Duration(days) * 24 * time.Hour)}
		if _, err := parting.Issue(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			ts.Fatalf("%d days after the end: %v, want %q", days, err, want)
		}
	}
}
