package inbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/drop"
	"secondaryuse/pipeline/fetch/inbox"
)

const victimArg = "fetch, and be killed"

// victim fetches from top/in to top/out, or is Done with that, and kills itself
// at step n, so that nothing it has deferred runs.
func victim(top, what, n string) {
	at, err := strconv.Atoi(n)
	check(err)
	b, err := drop.New(filepath.Join(top, "in"), inbox.Policy{Marker: ".done"})
	check(err)
	b.PointEvery(3)
	b.OnStep(func(string) {
		if at--; at < 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	out, result := filepath.Join(top, "out"), filepath.Join(top, "delivery")
	if what == "fetch" {
		d, err := b.Fetch(context.Background(), fetch.Last{}, out, quiet{})
		check(err)
		text, err := json.Marshal(d)
		check(err)
		check(os.WriteFile(result, text, 0o600))
	} else {
		var d fetch.Delivery
		text, err := os.ReadFile(result)
		check(err)
		check(json.Unmarshal(text, &d))
		check(b.Done(context.Background(), d, out))
	}
	os.Exit(0)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// killed runs the victim and kills it at step 0, 1 and so on, each time in
// what the killed one left, until one comes to its end. It returns how many
// were killed.
func killed(t *testing.T, top, what string) int {
	for n := range 200 {
		out, err := exec.Command(os.Args[0], victimArg, top, what, strconv.Itoa(n)).CombinedOutput()
		var e *exec.ExitError
		if err == nil {
			return n
		}
		if !errors.As(err, &e) || e.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("%s, killed at %d: %v %s", what, n, err, out)
		}
	}
	t.Fatal("it never ends")
	return 0
}

// TestKilled kills a fetch, and then Done, at every step.
func TestKilled(t *testing.T) {
	top := t.TempDir()
	var want []string
	for i := range 3 {
		name := filepath.Join(top, "in", fmt.Sprintf("f%d", i))
		want = append(want, fmt.Sprintf("f%d", i))
		for _, dir := range []string{"in/taken", "out"} {
			if err := os.MkdirAll(filepath.Join(top, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range []error{os.WriteFile(name, []byte(name), 0o600), os.WriteFile(name+".done", nil, 0o600)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := killed(t, top, "fetch"); n < 3 { // what was done before it was killed is not done again
		t.Errorf("it was killed %d times", n)
	}
	if got := visible(t, filepath.Join(top, "out")); !slices.Equal(got, want) {
		t.Errorf("delivered: %q", got)
	}
	if n := killed(t, top, "done"); n < 1 {
		t.Errorf("done was killed %d times", n)
	}
	left := visible(t, filepath.Join(top, "in"))
	got := visible(t, filepath.Join(top, "in/taken/000001"))
	if !slices.Equal(left, []string{"taken"}) || !slices.Equal(got, []string{"f0", "f0.done", "f1", "f1.done", "f2", "f2.done"}) {
		t.Errorf("left %q, taken %q", left, got)
	}
}

func visible(t *testing.T, dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name()[0] != '.' {
			names = append(names, e.Name())
		}
	}
	return names
}

// FuzzMemory holds that a memory is what was written, or is refused.
func FuzzMemory(f *testing.F) {
	k := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	f.Add("seen 1 1\ncontent " + k + " 20000\nname " + k[:32] + " " + k + " " + k[:16] + " true\nend 1 1\n")
	f.Add("seen 1 1\nend 0 0\n")
	f.Add("seen 1 0\nend 0 0\n")
	f.Add("seen 1 1\ncontent x\nend 0 0\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		again, err := inbox.ReadMemory([]byte(text))
		if err == nil && string(again) != text {
			t.Errorf("%q was read as %q", text, again)
		}
	})
}

// FuzzJournal holds that a torn journal is read up to the tear: the same
// entries, whatever follows.
func FuzzJournal(f *testing.F) {
	k := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	line := "took " + k[:16] + " " + k + " " + k[:16] + ` "a b" "a\xff"` + "\n"
	f.Add(line, "same")
	f.Add("part "+k[:16]+" 12\n"+line, "\x00\x00")
	f.Add("unpacked"+line[4:]+"part x 1\n", "part "+k[:16]+" 9")
	f.Fuzz(func(t *testing.T, text, tail string) {
		n, entries := inbox.ReadJournal([]byte(text))
		if n > len(text) || n > 0 && text[n-1] != '\n' {
			t.Fatalf("%d of %d bytes", n, len(text))
		}
		m, again := inbox.ReadJournal([]byte(text[:n] + "torn " + tail))
		if m != n || len(again) != len(entries) {
			t.Errorf("%d, %d bytes; %d, %d entries", n, m, len(entries), len(again))
		}
		for id, line := range entries {
			if one, same := inbox.ReadJournal([]byte(line)); one != len(line) || same[id] != line {
				t.Errorf("%q is read as %q", line, same[id])
			}
		}
	})
}
