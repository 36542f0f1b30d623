package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"secondaryuse/testdata/readme"
)

// TestReadmeRuns types what README.md has an operator type on the first day, and then
// what it has an analyst ask, as it stands there, in an empty folder.
func TestReadmeRuns(t *testing.T) {
	t.Parallel()
	_, blocks := readme.Read(t)
	bin, dir := t.TempDir(), t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "../ohc-marts", "../ohc-population").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	script := "set -eu\n"
	for _, b := range blocks {
		if b.Kind == "sh" && (strings.HasPrefix(b.Text, "go build") || strings.HasPrefix(b.Text, "ohc-marts list")) {
			script += b.Text
		}
	}
	if _, err := exec.LookPath("duckdb"); err != nil { // a client of the analyst's own
		script = strings.Replace(script, "\nduckdb ", "\n: duckdb ", 1)
	}
	script = strings.Replace(script, "\ngo build -o /usr/local/bin ", "\n: go build ", 1) // that is done
	c := exec.Command("sh", "-c", script)
	c.Dir, c.Env = dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"Every gate opens", "persons and ", "OUTCOME", "never ran", "one row for each", "wearable_daily", "█"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("nothing printed has %q:\n%s", want, out)
		}
	}
}
