package deid_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	_ "secondaryuse/deid/gate"      // the programs are compiled against these:
	_ "secondaryuse/pipeline/stage" // a change of theirs must run this test again
)

var want = regexp.MustCompile(`(?m)^// want: (.+)$`)

// TestLeaksDoNotCompile holds the guarantee of deid: each program under
// testdata/leaks tries to get round it, and the compiler must say why not.
func TestLeaksDoNotCompile(t *testing.T) {
	programs, err := filepath.Glob("../testdata/leaks/*.go")
	if err != nil || len(programs) < 10 {
		t.Fatalf("found %d programs, error %v", len(programs), err)
	}
	for _, path := range programs {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m := want.FindSubmatch(text)
			if m == nil {
				t.Fatal("the program does not say which error it wants")
			}
			out, err := exec.Command("go", "build", "-o", os.DevNull, path).CombinedOutput()
			if err == nil {
				t.Fatal("it compiles")
			}
			if !regexp.MustCompile(string(m[1])).Match(out) {
				t.Errorf("the compiler says\n%s\nwant %s", out, m[1])
			}
		})
	}
}

// TestHonestProgramCompiles shows that the programs fail for their leak, not
// for their surroundings.
func TestHonestProgramCompiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "main.go")
	program := `package main

import (
	"secondaryuse/deid"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/stage"
)

func main() {
	var b deid.Batch[row.Problem]
	stage.Append(stage.NewWriter("", 0), b)
}
`
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", os.DevNull, path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
