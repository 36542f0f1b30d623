package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/desk"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/sign/signtest"
)

const bySex = `-- release: persons-by-sex
-- what: Persons by sex
-- purpose: planning
-- dimensions:
--   sex: as recorded
-- measures:
--   persons persons: all
-- totals: no
SELECT person_id, sex FROM population
`

// bureau is a folder with a desk, of which commands are killed.
type bureau struct {
	t      *testing.T
	dir    string
	strace string
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil || exec.Command(strace, "-f", "-o", "/dev/null", "true").Run() != nil {
		t.Skip("strace is not there, or may not trace")
	}
	b := &bureau{t, t.TempDir(), strace}
	conf := fmt.Sprintf("marts: %s\nsigning: keys/signing.ed25519\ndisclosure: hes\n", published(t))
	if err := errors.Join(employ(b.dir, signtest.File(t, "ohc")), os.WriteFile(filepath.Join(b.dir, "egress.yaml"), []byte(conf), 0o600),
		os.WriteFile(filepath.Join(b.dir, "sex.sql"), []byte(bySex), 0o600)); err != nil {
		t.Fatal(err)
	}
	return b
}

// again is the same desk once more.
func (b *bureau) again() *bureau {
	b.t.Helper()
	dir := filepath.Join(b.t.TempDir(), "copy")
	if out, err := exec.Command("cp", "-a", b.dir, dir).CombinedOutput(); err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	return &bureau{b.t, dir, b.strace}
}

func (b *bureau) command(args ...string) *exec.Cmd {
	cmd := exec.Command("ohc-marts", args...)
	cmd.Dir = b.dir
	return cmd
}

func (b *bureau) run(args ...string) string {
	b.t.Helper()
	var said bytes.Buffer
	cmd := b.command(args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("%v: %v: %s", args, err, said.String())
	}
	return string(out)
}

// as runs a command as somebody.
func (b *bureau) as(who string, args ...string) string {
	b.t.Helper()
	return b.run(append(args, "--as", who, "--key", who+".key")...)
}

// killed runs a command that is killed in the so-manieth of the calls by which it makes
// something durable, or gives it a name; it says whether it came to that. Where a path
// is named only calls on it count. Calls are counted for each thread.
func (b *bureau) killed(path string, when int, args ...string) bool {
	b.t.Helper()
	cmd := b.command(args...)
	calls := "write,fsync,rename,renameat,renameat2,mkdirat,unlinkat"
	if path == "" {
		calls = strings.TrimPrefix(calls, "write,")
	}
	cmd.Args = []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", calls, when)}
	if path != "" {
		cmd.Args = append(cmd.Args, "-P", filepath.Join(b.dir, path))
	}
	cmd.Args = append(append(cmd.Args, cmd.Path), args...)
	cmd.Path = b.strace
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) > 0 {
		b.t.Fatalf("kill %s %d: %v: %s", path, when, err, out)
	}
	return err != nil
}

// kills kills a command in every call, each time of another copy of the desk, which
// then is looked at.
func (b *bureau) kills(look func(*bureau), args ...string) (count int) {
	b.t.Helper()
	for _, path := range []string{"", "register/log.jsonl", "register/head.tmp", "register/head", "register", "register/desk", "outbox"} {
		for when, missed := 1, 0; missed < 2; when++ { // a call may be another thread's first
			c := b.again()
			if !c.killed(path, when, args...) {
				missed++
				continue
			}
			count++
			look(c)
		}
	}
	return count
}

func (b *bureau) releases() (out []desk.Line) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.run("releases", "--json")), &out); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// whole holds that what lies in the outbox under a name that somebody may take is a
// whole release, which the register has.
func (b *bureau) whole() {
	b.t.Helper()
	log, err := os.ReadFile(filepath.Join(b.dir, "register", "log.jsonl"))
	if err != nil {
		b.t.Fatal(err)
	}
	entries, _ := os.ReadDir(filepath.Join(b.dir, "outbox"))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		conf, err := egress.Load(filepath.Join(b.dir, "egress.yaml"))
		if err != nil {
			b.t.Fatal(err)
		}
		b.run("--marts", conf.Marts, "verify", "outbox/"+e.Name())
		if !bytes.Contains(log, []byte(`"what":"issued","kind":"release","name":"`+e.Name())) {
			b.t.Fatalf("%s is in the outbox and not in the register", e.Name())
		}
	}
}

// TestKillTheLastVote kills the second approval in every call of it. Whenever that is,
// nothing can be taken that is half, or that the register does not have; and the next
// command of the desk, or the vote once more, releases it, once.
func TestKillTheLastVote(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.as("ada", "release", "sex.sql", "--purpose", "planning")
	id := b.releases()[0].ID
	for _, who := range []string{"rob", "rita"} {
		b.as(who, "review", id)
	}
	b.as("rob", "review", id, "--approve")
	in := make(map[desk.State]int)
	kills := b.kills(func(c *bureau) {
		c.whole()
		in[c.releases()[0].State]++
		c.as("rita", "review") // the next start
		if s := c.releases()[0].State; s == desk.Partially {
			c.as("rita", "review", id, "--approve")
		}
		c.end(id)
	}, "review", id, "--approve", "--as", "rita", "--key", "rita.key")
	t.Log(kills, "kills; it then stood as", in)
	for _, s := range []desk.State{desk.Partially, desk.Reviewed, desk.Approved} {
		if in[s] == 0 {
			t.Errorf("no kill has left it %s", s)
		}
	}
}

// end holds that the request is released, once, and that everything is in order.
func (b *bureau) end(id string) {
	b.t.Helper()
	if all := b.releases(); len(all) != 1 || all[0].State != desk.Released {
		b.t.Fatalf("it ended as %+v", all)
	}
	b.run("verify", "--egress", "egress.yaml", "outbox/"+id)
	entries, err := os.ReadDir(filepath.Join(b.dir, "outbox"))
	if err != nil || len(entries) != 1 {
		b.t.Fatalf("left in the outbox: %v, %v", entries, err)
	}
}

// TestKillTheRequest kills a request while it is made. It is then there as a whole, or
// not at all.
func TestKillTheRequest(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	in := make(map[string]int)
	kills := b.kills(func(c *bureau) {
		c.as("rita", "review") // the next start
		c.run("verify", "--egress", "egress.yaml")
		all := c.releases()
		if left, _ := filepath.Glob(filepath.Join(c.dir, "register", "desk", ".*")); len(left) > 0 || len(all) > 1 {
			t.Fatalf("left are %v and %d requests", left, len(all))
		}
		if len(all) == 0 {
			in["nothing"]++
			return
		}
		if in[string(all[0].State)]++; all[0].State == desk.Pending {
			c.as("ada", "release", "--submit", all[0].ID)
		}
		c.as("rita", "review", all[0].ID)
	}, "release", "sex.sql", "--purpose", "planning", "--as", "ada", "--key", "ada.key")
	t.Log(kills, "kills; it then stood as", in)
	for _, s := range []string{"nothing", string(desk.Pending)} {
		if in[s] == 0 {
			t.Errorf("no kill has left %s", s)
		}
	}
}
