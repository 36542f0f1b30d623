package main

import (
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(cleaned{m}, map[string]func(){
		"ohc-population": func() { os.Exit(realMain(os.Stdout, os.Stderr)) },
	})
}

// cleaned removes what the tests share once all have run.
type cleaned struct{ *testing.M }

func (c cleaned) Run() int {
	defer func() { os.RemoveAll(shared.dir) }()
	return c.M.Run()
}

func TestCommand(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
		},
	})
}

// exits runs the command and wants it to end with an exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("ohc-population", args[1:]...)
	coded, ok := err.(interface{ ExitCode() int })
	switch {
	case err == nil && want != 0:
		ts.Fatalf("it ended well, want exit code %d", want)
	case err != nil && (!ok || coded.ExitCode() != want):
		ts.Fatalf("%v, want exit code %d", err, want)
	}
}
