package main

import (
	"bytes"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// frozen is a run that stands still, and what it says.
type frozen struct {
	cmd      *exec.Cmd
	out, err *bytes.Buffer
	ended    chan error
}

// icebox is where a script keeps its frozen run.
type icebox struct{}

func newIcebox(e *testscript.Env) error {
	e.Values[icebox{}] = new(frozen)
	return nil
}

// realCommand prepares a call of ohc-pipeline.
func realCommand(ts *testscript.TestScript, args []string) *exec.Cmd {
	path, err := exec.LookPath("ohc-pipeline")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Args[0], cmd.Dir = "ohc-pipeline", ts.MkAbs(".")
	return cmd
}

// freeze starts ohc-pipeline and stops it as soon as there is a file more that
// fits a pattern. A run that is over too soon has published, and is followed by
// another.
func freeze(ts *testscript.TestScript, _ bool, args []string) {
	for range 10 {
		if f, ok := frozenAt(ts, args[0], args[1:]); ok {
			*ts.Value(icebox{}).(*frozen) = f
			return
		}
	}
	ts.Fatalf("ten runs were over before they could be stopped at %s", args[0])
}

func frozenAt(ts *testscript.TestScript, pattern string, args []string) (f frozen, ok bool) {
	var before []string
	more := func() bool {
		now, err := filepath.Glob(ts.MkAbs(pattern))
		ts.Check(err)
		return slices.ContainsFunc(now, func(name string) bool { return !slices.Contains(before, name) })
	}
	before, err := filepath.Glob(ts.MkAbs(pattern))
	ts.Check(err)
	f = frozen{realCommand(ts, args), new(bytes.Buffer), new(bytes.Buffer), make(chan error, 1)}
	f.cmd.Stdout, f.cmd.Stderr = f.out, f.err
	ts.Check(f.cmd.Start())
	ts.Defer(func() { f.cmd.Process.Kill() })
	go func() { f.ended <- f.cmd.Wait() }()
	for !more() {
		select {
		case err := <-f.ended:
			ts.Check(err)
			return f, false
		default:
		}
	}
	for more() {
		ts.Check(f.cmd.Process.Signal(syscall.SIGSTOP))
		if stood(f.cmd.Process.Pid) && unlocked(ts.MkAbs("work/ledger.db")) && more() {
			return f, true
		}
		ts.Check(f.cmd.Process.Signal(syscall.SIGCONT))
		time.Sleep(time.Millisecond)
	}
	ts.Check(<-f.ended)
	return f, false
}

// stood waits until a process that was stopped stands still.
func stood(pid int) bool {
	for {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			return false
		}
		state := stat[bytes.LastIndexByte(stat, ')')+2]
		if state == 'T' || state == 'Z' {
			return state == 'T'
		}
		time.Sleep(time.Millisecond)
	}
}

// unlocked says whether nobody writes to a ledger: who is stopped while it does
// would hold back all who ask.
func unlocked(path string) bool {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		return false
	}
	defer db.Close()
	tx, err := db.Begin()
	return err == nil && tx.Rollback() == nil
}

// thaw lets the frozen run go on, with a signal if one is given, and wants an
// exit code. What it said is stdout and stderr.
func thaw(ts *testscript.TestScript, _ bool, args []string) {
	f := ts.Value(icebox{}).(*frozen)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if len(args) > 1 {
		ts.Check(f.cmd.Process.Signal(signals[args[1]]))
	}
	ts.Check(f.cmd.Process.Signal(syscall.SIGCONT))
	<-f.ended
	ts.Stdout().Write(f.out.Bytes())
	ts.Stderr().Write(f.err.Bytes())
	if got := f.cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d, and said: %s", got, want, f.err.String())
	}
}

var signals = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
