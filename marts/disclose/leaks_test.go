package disclose

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestReleasedIsMadeByControl: the programs under testdata/leaks that make or
// change a Released by themselves do not compile.
func TestReleasedIsMadeByControl(t *testing.T) {
	programs, err := filepath.Glob("../../testdata/leaks/released_*.go")
	if err != nil || len(programs) < 3 {
		t.Fatalf("found %d programs, error %v", len(programs), err)
	}
	want := regexp.MustCompile(`(?m)^// want: (.+)$`)
	for _, path := range programs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("go", "build", "-o", os.DevNull, path).CombinedOutput()
		if m := want.FindSubmatch(text); err == nil || m == nil || !regexp.MustCompile(string(m[1])).Match(out) {
			t.Errorf("%s: the compiler says %v\n%s", path, err, out)
		}
	}
}
