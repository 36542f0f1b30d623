package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/testdata/population"
)

// TestRunLeavesNoIdentifier runs the real command in every way it can end, and
// then searches every byte that it has left, or has had for a while, outside
// the input folder: marts, stage, ledger, keys, what it said, and the
// temporary files of the process.
func TestRunLeavesNoIdentifier(t *testing.T) {
	t.Parallel()
	plan := population.Plan{Persons: 400, Seed: 1, Faults: population.Usual()}
	for _, r := range plan.Faults.Rates() {
		*r.Value = min(*r.Value*3, 1)
	}
	s := newSite(t, plan)
	stop := s.keep()
	for _, way := range []struct {
		name string
		run  func(*site)
	}{
		{"complete", complete}, {"full", full}, {"refused", refused}, {"misconfigured", misconfigured}, {"unreadable", unreadable},
		{"vanishing", vanishing}, {"stopped", stopped}, {"damaged", damaged}, {"spoilt", spoilt}, {"complete", complete},
	} {
		before := s.calls
		way.run(s)
		t.Logf("%s: %d calls", way.name, s.calls-before)
	}
	stop()
	f := s.searched(s.left, s.kept())
	for kind, least := range map[string]int{"parquet": 100, "parquet, cut off": 1, "duckdb": 3, "sqlite": 1, "other": 100} {
		if f.Files[kind] < least {
			t.Errorf("searched %d files of kind %q: the runs have not left what they ought to", f.Files[kind], kind)
		}
	}
}

// TestDemoLeavesNoIdentifier does the same for the demo, which has its folders
// among its input.
func TestDemoLeavesNoIdentifier(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	cmd := s.command("demo", "--persons", "300", "--dir", s.in)
	if code, said := s.said(cmd, cmd.Run()); code != 0 {
		t.Fatalf("exit code %d%s", code, s.shown(said))
	}
	f := s.searched(s.left, s.path("work"), s.path("marts"), s.path("keys"))
	if f.Files["parquet"] < 10 || f.Files["duckdb"] < 1 || f.Files["sqlite"] != 1 {
		t.Errorf("searched %v", f.Files)
	}
}

// complete is a night in which all is well, and the morning after.
func complete(s *site) {
	for _, args := range [][]string{{"run", "--summary"}, {"show"}, {"quarantine", "--number", "100000"}, {"runs"}, {"check"}, {"publish"}, {"show"}} {
		s.run(0, args...)
	}
}

// spoilt is a run over what ought not to be in the input.
func spoilt(s *site) {
	s.spoil()
	x := s.subjects()[9]
	s.write("hospital/ae-2.csv", "AEKEY,NHSNUMBER,"+x.Family+","+x.NHSNumber+"\n\""+x.Postcode+",\n")
	s.run(1, "run")
	if err := os.Remove(s.path("hospital/ae-2.csv")); err != nil {
		s.t.Fatal(err)
	}
	s.run(0, "run", "--summary")
	s.run(0, "show")
	s.run(0, "quarantine", "--number", "100000")
}

// refused has every gate refuse its list, for each fault that a list can have.
func refused(s *site) {
	x := s.subjects()[3]
	mine := strings.Join([]string{x.NHSNumber, x.Family, x.Postcode, spaced(x.NHSNumber)}, ",")
	for name, edits := range map[string][][2]string{
		"lists/objections.csv":  {{"polarity=deny", "polarity=allow"}, {"record=one-health-and-care", "record=" + x.Family}, {"\nnhs_number,", "\n" + x.NHSNumber + ","}},
		"lists/connections.csv": {{"name=connection", "name=" + x.Family}, {"provider,", x.Given + ","}, {",phr,", "," + x.Family + ","}},
		"lists/agreements.csv":  {{"polarity=allow", "polarity=" + x.NHSNumber}, {",*,", "," + x.Family + ","}, {"1990-01-01", spaced(x.NHSNumber)}},
		"lists/optout.dat":      {{",\n", ",\n" + mine + "\n"}, {",\n", ",\n" + x.Family + ",\n"}},
		"lists/optout.ctl":      {{"SPINE_NTT_UPHOLDING", x.Family}, {"<StatusCode>", "<" + x.Family + ">"}, {"<DateTime>", "<DateTime>" + x.NHSNumber}},
	} {
		text := s.read(name)
		for i, e := range edits {
			s.how = fmt.Sprintf(" with %s edited, %d", name, i)
			s.edit(name, e[0], e[1])
			s.run(3, "run")
			s.run(3, "check")
			s.write(name, text)
		}
		old := strings.NewReplacer("issued=20", "issued=19", "<DateTime>20", "<DateTime>19", "9", "0").Replace(text)
		for i, bad := range []string{"", text[:len(text)-7], old} {
			s.how = fmt.Sprintf(" with %s spoilt, %d", name, i)
			s.write(name, bad)
			s.run(3, "run")
			s.write(name, text)
		}
		if err := os.Remove(s.path(name)); err != nil {
			s.t.Fatal(err)
		}
		s.run(3, "publish")
		s.write(name, text)
	}
	s.how = ""
	s.edit("config.yaml", "gates:\n", "gates:\n  sensitive: {policy: lists/sensitive.yaml}\n")
	for _, policy := range []string{"", x.Family, x.Family + ": " + x.NHSNumber, "name: sensitive\nrules: [" + mine + "]", "name: sensitive\nversion: {" + mine + ": [}"} {
		s.write("lists/sensitive.yaml", policy)
		s.run(3, "run")
	}
	s.edit("config.yaml", "  sensitive: {policy: lists/sensitive.yaml}\n", "")
}

// misconfigured gives files of persons as the configuration, as happens.
func misconfigured(s *site) {
	for _, like := range []string{"lists/*", "shared-record/*", "gp-connect/*", "hospital/*", "phr/*", "wearable/garmin/*", "wearable/fitbit/*/*", "wearable/apple/*.zip", "wearable/apple/*/*"} {
		names, err := filepath.Glob(s.path(like))
		if err != nil || len(names) == 0 {
			s.t.Fatalf("the population has no %s", like)
		}
		text, err := os.ReadFile(names[len(names)/2])
		s.must(err)
		s.write("given.yaml", string(text))
		for _, command := range []string{"run", "show"} {
			s.run(78, command, "--config", s.path("given.yaml"))
		}
	}
}

// unreadable has the folder of each feed not be one, and files in it not be
// readable: all of them named for persons.
func unreadable(s *site) {
	x := s.subjects()[5]
	for _, dir := range []string{"shared-record", "hospital", "gp-connect", "phr", "wearable/garmin", "wearable/fitbit", "wearable/apple"} {
		away := s.path(x.NHSNumber)
		for _, step := range []func() error{
			func() error { return os.Rename(s.path(dir), away) },
			func() error { s.run(1, "run"); return os.WriteFile(s.path(dir), []byte(x.Family), 0o600) },
			func() error { s.run(1, "run"); s.run(1, "check"); return os.Remove(s.path(dir)) },
			func() error { return os.Symlink(x.Family+x.NHSNumber, s.path(dir)) },
			func() error { s.run(1, "run"); return os.Remove(s.path(dir)) },
			func() error { return os.Rename(away, s.path(dir)) },
		} {
			s.must(step())
		}
	}
}

// vanishing takes files away between the listing of a feed and the reading.
func vanishing(s *site) {
	for _, way := range []struct{ reading, gone string }{
		{"shared-record/Patient.ndjson", "gp-connect/*"}, // in the first pass
		{"shared-record/MedicationRequest.ndjson", "hospital/*"},
		{"shared-record/MedicationRequest.ndjson", "gp-connect/*"},
		{"shared-record/MedicationRequest.ndjson", "phr/*"},
		{"shared-record/MedicationRequest.ndjson", "wearable/garmin/*"},
		{"shared-record/MedicationRequest.ndjson", "wearable/fitbit/*"},
		{"shared-record/MedicationRequest.ndjson", "wearable/apple/*"},
	} {
		files, _ := filepath.Glob(s.path(way.gone))
		away := func(f string) string { return filepath.Join(s.dir, "away-"+filepath.Base(f)) }
		code, said := 0, ""
		for try := 0; try < 10 && code == 0; try++ { // until it is stopped in time
			cmd := s.command("run", "--config", s.config)
			cmd.Env = append(cmd.Env, "GOMAXPROCS=1") // one after the other, in order
			code, said = s.when(cmd, s.reading(way.reading), func(p *os.Process) {
				p.Signal(syscall.SIGSTOP)
				for _, f := range files {
					os.Rename(f, away(f))
				}
				p.Signal(syscall.SIGCONT)
			})
			for _, f := range files {
				os.Rename(away(f), f)
			}
		}
		if code != 1 {
			s.t.Errorf("%s taken away: exit code %d%s", way.gone, code, s.shown(said))
		}
	}
}

// stopped ends runs from outside, in each of their steps.
func stopped(s *site) {
	for _, at := range []func(*os.Process) bool{
		s.reading("shared-record/MedicationRequest.ndjson"),
		s.appears("left/work/stage/runs/*/*.parquet"), s.appears("left/work/stage/runs/*/*-settled.parquet"),
		s.appears("left/work/stage/runs/*/manifest.json"), s.appears("left/marts/snapshots/.tmp-*/*.parquet"),
	} {
		for _, with := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL, syscall.SIGQUIT, syscall.SIGABRT} {
			s.when(s.command("run", "--config", s.config), at, func(p *os.Process) { p.Signal(with) })
		}
	}
}

// full gives runs less room for a file than they need.
func full(s *site) {
	for _, blocks := range []string{"8", "80", "200", "400"} {
		cmd := s.command("run", "--config", s.config)
		cmd.Path, cmd.Args = "/bin/sh", slices.Concat([]string{"sh", "-c", `ulimit -f "$0" && exec "$@"`, blocks, s.bin}, cmd.Args[1:])
		if code, _ := s.said(cmd, cmd.Run()); code == 0 {
			s.t.Logf("a run had room enough in files of %s blocks", blocks)
		}
	}
}

// damaged damages what a run left: the seal of the stage, a part, the ledger.
func damaged(s *site) {
	live, err := seal.Current(s.stage())
	if err != nil {
		s.t.Fatal(err)
	}
	run := seal.Dir(s.stage(), live.Run)
	for _, d := range []struct {
		path             string
		atRun, atPublish int
	}{
		{filepath.Join(run, "manifest.json"), exitCheck, exitCheck},
		{filepath.Join(s.left, "work", "ledger.db"), exitFailed, exitFailed},
		{filepath.Join(run, live.Parts[0].File), 0, exitCheck}, // a run reads no part; it makes its own
	} {
		text, err := os.ReadFile(d.path)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(d.path, text[:len(text)/2], 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.run(d.atPublish, "publish")
		s.run(d.atRun, "run")
		if d.atRun == 0 {
			return
		}
		if err := os.WriteFile(d.path, text, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}
