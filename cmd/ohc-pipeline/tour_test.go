package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/testdata/population"
	"secondaryuse/testdata/readme"
)

// TestTour runs the tour that README shows: keys, a project, an extract that the
// standard age program decrypts and DuckDB opens, a release through two reviewers, and
// a recall after an objection, with both real commands.
func TestTour(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "../ohc-marts").CombinedOutput(); err != nil {
		t.Fatalf("ohc-marts: %v: %s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/tour",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"population": thousand, "code": wantCode, "sql": runSQL,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(filepath.ListSeparator)+e.Getenv("PATH"))
			return nil
		},
	})
}

// thousand writes a population that is large enough for its parts to be anonymous.
func thousand(ts *testscript.TestScript, _ bool, args []string) {
	_, err := population.Write(context.Background(), population.Plan{Persons: 1000, Seed: 1, Out: ts.MkAbs(args[0])}, nil)
	ts.Check(err)
}

// TestTourIsReadme holds that each command of the tour as README.md has it is one that
// the tour runs.
func TestTourIsReadme(t *testing.T) {
	script, err := os.ReadFile("testdata/tour/tour.txt")
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.NewReplacer("../", "", "$(cat ../id)", "ID", "$file", "gwen", "'", "", `"`, "")
	_, blocks := readme.Read(t)
	shown := 0
	for _, b := range blocks {
		if !strings.HasPrefix(b.Text, "age-keygen -o operator.txt") {
			continue
		}
		for _, program := range []string{"ohc-pipeline", "ohc-marts"} {
			for _, words := range readme.Lines(b.Text, program) {
				shown++
				if line := program + " " + strings.Join(words, " "); !strings.Contains(plain.Replace(string(script)), plain.Replace(line)) {
					t.Errorf("README.md has %s, and the tour does not", line)
				}
			}
		}
	}
	if shown < 15 {
		t.Errorf("the tour in README.md has %d commands", shown)
	}
}
