package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/testdata/population"
)

func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){
		"ohc-pipeline": func() { os.Exit(realMain()) },
		"contestant":   contestant,
		"yearling":     yearling,
	})
}

// tidy removes the command that tests have built once all have run.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	defer func() { os.RemoveAll(binDir) }()
	return t.M.Run()
}

// TestScripts runs the scripts. Each has commands of its own beside those of
// testscript:
//
//	population DIR               writes a small population with its configuration
//	code N COMMAND...            runs a command, which must end with exit code N
//	edit FILE OLD NEW            replaces every OLD, of which there must be one, in a file
//	held SIGNAL FIFO FILE ARG... runs ohc-pipeline until it opens FIFO, sends it
//	                             SIGNAL, lets it read FILE there, and wants 130
//	freeze PATTERN ARG...        runs ohc-pipeline until there is a file more like PATTERN, and stops it
//	thaw N [SIGNAL]              lets it go on, sends it SIGNAL before, and wants exit code N
//	tree DIR FILE                lists in FILE all that lies in DIR, as it is
//	spoil FILE OLD NEW N PATTERN replaces the first OLD in FILE; run and check must end with N and say PATTERN
//	signers FILE KEY=ROLE...     makes private keys, and writes a file of people who hold them
//	asof DAYS                    sets as_of to so many days from today
//	sql QUERY                    has DuckDB run a query
//	reseal STAGE                 has the live run's manifest say what its parts hold
//	damagedparts STAGE           damages each part of the live run, and wants publish to end with 2
//	linesup FILE                 holds that the columns of the tables in a file line up
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"population": writePopulation, "code": wantCode, "edit": editFile, "held": interrupt, "sql": runSQL, "linesup": linesUp,
			"reseal": reseal, "damagedparts": damagedParts, "freeze": freeze, "thaw": thaw,
			"tree": tree, "spoil": spoil, "asof": asOf, "signers": signers,
		},
		Setup: newIcebox,
	})
}

func writePopulation(ts *testscript.TestScript, _ bool, args []string) {
	_, err := population.Write(context.Background(), population.Plan{Persons: 120, Seed: 1, Out: ts.MkAbs(args[0])}, nil)
	ts.Check(err)
}

func wantCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		ts.Fatalf("%v", err)
	}
	got := 0
	if ended != nil {
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d, and said:\n%s%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func editFile(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no such text", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}

func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[2])
	cmd := realCommand(ts, args[3:])
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	ts.Check(cmd.Start())
	fifo, err := os.OpenFile(ts.MkAbs(args[1]), os.O_WRONLY, 0) // waits for a reader
	ts.Check(err)
	ts.Check(cmd.Process.Signal(signals[args[0]]))
	_, err = fifo.WriteString(text)
	ts.Check(errors.Join(err, fifo.Close()))
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
		ts.Fatalf("interrupted, and ended with %v", err)
	}
}

func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("duckdb", "")
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(strings.ReplaceAll(args[0], "$WORK", ts.Getenv("WORK")))
	ts.Check(err)
}

// linesUp holds that in each table (a line of capitals and those below it up to
// an empty one) every column begins, or ends, in one place.
func linesUp(ts *testscript.TestScript, _ bool, args []string) {
	tables := 0
	for table := range strings.SplitSeq(ts.ReadFile(args[0]), "\n\n") {
		lines := strings.Split(strings.Trim(table, "\n"), "\n")
		head := lines[0]
		if len(lines) < 2 || strings.ToUpper(head) != head {
			continue
		}
		tables++
		for from := 0; from < len(head); {
			to := from + len(strings.TrimRight(head[from:from+strings.IndexByte(head[from:]+" ", ' ')], " "))
			if to > from && !lined(lines, from, true) && !lined(lines, to, false) {
				ts.Fatalf("the column %s does not line up in\n%s", head[from:to], table)
			}
			from = max(to, from) + 1
		}
	}
	if tables == 0 {
		ts.Fatalf("there is no table in %s", args[0])
	}
}

// lined reports whether in every line a word begins, or ends, at a place.
func lined(lines []string, at int, begins bool) bool {
	for _, l := range lines {
		l = " " + l + strings.Repeat(" ", max(0, at+1-len(l)))
		before, after := l[at] != ' ', l[at+1] != ' '
		if begins && (before || !after) || !begins && (!before || after) {
			return false
		}
	}
	return true
}
