package register

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/sign/signtest"
	"secondaryuse/pipeline/audit"
)

// filled is a register with some steps and issues, and its head.
func filled(t testing.TB, n int) (*Register, Known) {
	t.Helper()
	r := made(t)
	for k := range n {
		s := Step{What: "approved", Kind: "project", Name: "falls", By: "Gwen Guardian", At: time.Unix(1e9, 0), Subject: strings.Repeat("ab", 32)}
		if k%2 == 0 {
			if err := r.Issue(t.Context(), issue(t, r, fmt.Sprint("extract-", k), [16]byte{byte(k)}, [16]byte{200})); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := r.Step(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	head, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r, Known{"the extract falls", head}
}

func findings(t testing.TB, r *Register, elsewhere ...Known) []string {
	t.Helper()
	p, err := r.Verify(t.Context(), elsewhere...)
	if err != nil {
		return []string{err.Error()}
	}
	return p.Findings
}

// TestEveryByteCounts holds that any byte of the register that is changed is found,
// whichever file it is in.
func TestEveryByteCounts(t *testing.T) {
	r, head := filled(t, 3)
	if f := findings(t, r, head); len(f) > 0 {
		t.Fatal(f)
	}
	files, err := filepath.Glob(filepath.Join(r.dir, persons, "*"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, path := range append(files, filepath.Join(r.dir, "head"), audit.Path(r.dir)) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			changed := bytes.Clone(whole)
			changed[at] ^= 1
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if len(findings(t, r)) == 0 {
				t.Fatalf("byte %d of %s was not found", at, filepath.Base(path))
			}
		}
		if err := os.Truncate(path, int64(len(whole)-1)); err != nil || len(findings(t, r)) == 0 && path != audit.Path(r.dir) { // a last line end alone is mended
			t.Errorf("%s without its last byte: not found, %v", filepath.Base(path), err)
		}
		if err := os.Remove(path); err != nil || len(findings(t, r)) == 0 {
			t.Errorf("%s is gone, and that was not found, %v", filepath.Base(path), err)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnyChangeIsFound holds that whole lines that are removed, put elsewhere,
// repeated or put in are found, that those cut off at the end are, head and all, by
// a head that is kept elsewhere, and that all of it still is when the register has
// gone on.
func TestAnyChangeIsFound(t *testing.T) {
	r, head := filled(t, 5)
	whole, err := os.ReadFile(audit.Path(r.dir))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(r.dir, "head"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
	lines[4] = append(bytes.Clone(lines[4]), '\n')
	rapid.Check(t, func(rt *rapid.T) {
		one, other := rapid.IntRange(0, 4).Draw(rt, "one"), rapid.IntRange(0, 4).Draw(rt, "other")
		all := append([][]byte(nil), lines...)
		how := rapid.SampledFrom([]string{"remove", "swap", "repeat", "cut"}).Draw(rt, "how")
		switch how {
		case "remove":
			all = append(all[:one:one], lines[one+1:]...)
		case "swap":
			all[one], all[other] = all[other], all[one]
		case "repeat":
			all = append(append(all[:one:one], lines[other]), lines[one:]...)
		case "cut":
			all = all[:one]
		}
		changed := bytes.Join(all, nil)
		if bytes.Equal(changed, whole) {
			return
		}
		if err := errors.Join(os.WriteFile(audit.Path(r.dir), changed, 0o600), os.WriteFile(filepath.Join(r.dir, "head"), kept, 0o600)); err != nil {
			rt.Fatal(err)
		}
		if how == "cut" && one > 0 { // the head is made to fit
			if err := os.WriteFile(filepath.Join(r.dir, "head"), []byte(last(lines[:one])+"\n"), 0o600); err != nil {
				rt.Fatal(err)
			}
		}
		if len(findings(t, r, head)) == 0 {
			rt.Fatalf("%s was not found", how)
		}
		for range 2 {
			if err := r.Step(t.Context(), Step{What: "recalled", Kind: "extract", Name: "falls", By: "ohc", At: time.Unix(1e9, 0)}); err != nil {
				rt.Fatal(err)
			}
		}
		if len(findings(t, r, head)) == 0 {
			rt.Fatalf("%s was not found when the register had gone on", how)
		}
	})
}

// last is the head of lines.
func last(lines [][]byte) string {
	return audit.Head{Line: int64(len(lines)), SHA256: sha(lines[len(lines)-1])}.String()
}

// TestTornLine holds that what a crash has left of a line is mended by the next
// step, and is nothing that was done to the register.
func TestTornLine(t *testing.T) {
	r, head := filled(t, 2)
	f, err := os.OpenFile(audit.Path(r.dir), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"line":3,"before":"`); errors.Join(err, f.Close()) != nil {
		t.Fatal(err)
	}
	if got := findings(t, r, head); len(got) > 0 {
		t.Error(got)
	}
	if err := r.Issue(t.Context(), issue(t, r, "next", [16]byte{1})); err != nil {
		t.Fatal(err)
	}
	if got := findings(t, r, head); len(got) > 0 {
		t.Error(got)
	}
	if all, err := r.Issued(); err != nil || len(all) != 2 || all[1].Name != "next" {
		t.Error(all, err)
	}
	issue(t, r, "never entered", [16]byte{9})
	if p, err := r.Verify(t.Context(), head); err != nil || len(p.Findings) > 0 || !strings.HasPrefix(p.Notes[len(p.Notes)-1], "files of digests that are of nothing") {
		t.Errorf("%+v %v", p, err)
	}
}

// TestKill kills processes that issue things, several at once, and holds that the
// register is whole each time, and that nothing that was said to be issued is lost.
func TestKill(t *testing.T) {
	if dir := os.Getenv("REGISTER_TO_FILL"); dir != "" {
		fill(t, dir)
		return
	}
	r := made(t)
	said := 0
	for round := range 6 {
		var out [2]bytes.Buffer
		var cmds [2]*exec.Cmd
		for k := range cmds {
			cmds[k] = exec.Command(os.Args[0], "-test.run=^TestKill$")
			cmds[k].Env, cmds[k].Stdout = append(os.Environ(), "REGISTER_TO_FILL="+r.dir), &out[k]
			if err := cmds[k].Start(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(60+37*round) * time.Millisecond)
		for k, c := range cmds {
			_ = c.Process.Kill()
			_ = c.Wait()
			said += bytes.Count(out[k].Bytes(), []byte("issued\n"))
		}
		p, err := r.Verify(t.Context())
		for _, f := range p.Findings { // a step whose head was not kept yet is told, until the next
			if !strings.Contains(f, "are not known to the file head: a process died just then") && (p.Lines > 1 || !strings.HasPrefix(f, "the file head is gone")) {
				t.Errorf("round %d: %s", round, f)
			}
		}
		all, issued := r.Issued()
		if err != nil || issued != nil || len(all) < said {
			t.Fatalf("%d were issued, %d are there, %v, %v", said, len(all), err, issued)
		}
		if err := r.Step(t.Context(), Step{What: "recalled", Kind: "extract", Name: "falls", By: "ohc", At: time.Unix(1e9, 0)}); err != nil {
			t.Fatal(err)
		}
		if f := findings(t, r); len(f) > 0 {
			t.Errorf("round %d: when it has gone on: %v", round, f)
		}
	}
	if err := os.Mkdir(filepath.Join(r.dir, persons, half+"died"), 0o700); err != nil {
		t.Fatal(err)
	}
	issue(t, r, "last", [16]byte{1})
	if left, _ := filepath.Glob(filepath.Join(r.dir, persons, half+"*")); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	if said < 10 {
		t.Errorf("only %d were issued", said)
	}
}

// fill issues things until it is killed.
func fill(t *testing.T, dir string) {
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for k := 0; ; k++ {
		if err := r.Issue(t.Context(), issue(t, r, fmt.Sprint("extract-", k), [16]byte{byte(k), byte(k >> 8)})); err != nil {
			t.Fatal(err)
		}
		fmt.Println("issued")
	}
}

func sha(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// TestSignedSteps holds that a step that somebody has signed is written as they have
// signed it, or not at all.
func TestSignedSteps(t *testing.T) {
	r := made(t)
	s := Step{What: "recalled", Kind: "extract", Name: "falls", By: "Gwen Guardian", At: time.Unix(1e9, 0), Why: "objections"}.Signed(signtest.Key(t, "gwen"))
	if err := r.Step(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(s *Step){
		"what": func(s *Step) { s.What = "destroyed" }, "kind": func(s *Step) { s.Kind = "release" }, "name": func(s *Step) { s.Name = "other" }, "by": func(s *Step) { s.By = "Ada" },
		"at": func(s *Step) { s.At = s.At.Add(1) }, "why": func(s *Step) { s.Why = "" }, "subject": func(s *Step) { s.Subject = strings.Repeat("ab", 32) },
	} {
		other := s
		if change(&other); r.Step(t.Context(), other) == nil {
			t.Errorf("%s: written as it was not signed", name)
		}
	}
	if steps, err := r.Steps(); err != nil || len(steps) != 1 || steps[0].Signature == nil || steps[0].forged() {
		t.Errorf("%+v %v", steps, err)
	}
}
