package register

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDurable follows the system calls of a process that issues one thing, and holds
// that it is on the disk, with the digests and the head, before that is said.
func TestDurable(t *testing.T) {
	if dir := os.Getenv("REGISTER_TO_ENTER"); dir != "" {
		r, err := Open(dir)
		if err == nil {
			err = r.Issue(t.Context(), issue(t, r, "one", [16]byte{1}))
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("issued")
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil || exec.Command(strace, "-f", "-o", "/dev/null", "true").Run() != nil {
		t.Skip("strace is not there, or may not trace")
	}
	r, log := made(t), filepath.Join(t.TempDir(), "calls")
	cmd := exec.Command(strace, "-f", "-y", "-qq", "-s", "64", "-o", log, "-e", "trace=write,fsync,rename,renameat", os.Args[0], "-test.run=^TestDurable$")
	cmd.Env = append(os.Environ(), "REGISTER_TO_ENTER="+r.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{ // in this order, whatever else is done between
		`^fsync\(\d+<.*/persons/\.half-\d+/whole>`, `^rename(at)?\(.*/whole".*/persons/[0-9a-f]{64}"`, `^fsync\(\d+<.*/persons>`,
		`^write\(\d+<.*/log\.jsonl>`, `^fsync\(\d+<.*/log\.jsonl>`, `^fsync\(\d+<.*/register>`,
		`^fsync\(\d+<.*/head\.tmp>`, `^rename(at)?\(.*/head\.tmp".*/head"`, `^fsync\(\d+<.*/register>`, `^write\(1<.*"issued`,
	}
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan() && len(want) > 0; {
		_, call, _ := strings.Cut(lines.Text(), " ")
		if regexp.MustCompile(want[0]).MatchString(strings.TrimSpace(call)) {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		t.Errorf("these calls, in this order, were not made: %q", want)
	}
}
