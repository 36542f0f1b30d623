package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"ohc-pipeline": func() { os.Exit(realMain()) }})
}

// tidy removes the command that tests have built once all have run.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	defer func() { os.RemoveAll(binDir) }()
	return t.M.Run()
}
