package extract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

// child is the order of a process that is killed.
const child = "OHC_EXTRACT_CHILD"

// TestMain issues an extract where this is such a process.
func TestMain(m *testing.M) {
	path := os.Getenv(child)
	if path == "" {
		os.Exit(m.Run())
	}
	var o struct {
		Order
		Identity string
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err == nil {
		o.KEK, err = kek.Open(kek.Config{Identity: o.Identity})
	}
	if err == nil {
		_, err = Issue(context.Background(), o.Order)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// blow is a call by which a file or a name comes to be or goes: the first of its kind
// that touches a path. HALF stands for the folder of the extract that is being made.
type blow struct{ path, calls string }

// struck runs a process that issues an extract, which is struck by a blow, and reports
// its exit code: -1 where it was killed.
func (s *site) struck(b blow, how string) int {
	s.Helper()
	order := s.Order
	order.KEK = nil
	body, err := json.Marshal(struct {
		Order
		Identity string
	}{order, s.identity})
	s.must(err, os.WriteFile(s.path("order.json"), body, 0o600))
	path := s.path(strings.Replace(b.path, "HALF", "outbox/.half-"+s.next, 1))
	cmd := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "inject="+b.calls+":"+how+":when=1", os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+s.path("order.json"))
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || strings.Contains(string(out), "panic") {
		s.Fatalf("%v: %v\n%s", b, err, out)
	}
	return cmd.ProcessState.ExitCode() // strace ends as what it traces does
}

// held holds that whatever can be taken from the outbox is in the register and whole;
// and, where it is all, that what is in the register can be taken. It returns how much
// that is.
func (s *site) held(when string, all bool) int {
	s.Helper()
	r, err := register.Open(s.Egress.Register)
	s.must(err)
	issued, err := r.Issued()
	s.must(err)
	var names, out []string
	for _, i := range issued {
		names = append(names, i.Name)
	}
	for _, name := range s.left() {
		if strings.HasPrefix(name, ".") {
			if all {
				s.Errorf("%s: %s is left", when, name)
			}
			continue
		}
		out = append(out, name)
		i := slices.Index(names, name)
		if i < 0 {
			s.Fatalf("%s: %s can be taken, and the register does not know of it", when, name)
		}
		folder := filepath.Join(s.Egress.Outbox, name)
		if _, err := sign.Signed(s.sign.Public(), Label, filepath.Join(folder, "manifest.json")); err != nil {
			s.Errorf("%s: %v", when, err)
		}
		for _, f := range issued[i].Files {
			data, err := os.ReadFile(filepath.Join(folder, f.Name))
			if sum := sha256.Sum256(data); err != nil || hex.EncodeToString(sum[:]) != f.SHA256 {
				s.Errorf("%s: %s is not what was issued: %v", when, f.Name, err)
			}
		}
	}
	if all && len(out) != len(names) {
		s.Fatalf("%s: the register has %v, and %v can be taken", when, names, out)
	}
	return len(names)
}

// TestKill kills the making of an extract before each of the steps by which files
// and names come to be, and has the disk be full at each of them. Whatever the moment, what can be
// taken is whole and in the register; and with the next extract all that is in the
// register can be taken, and nothing else is left.
func TestKill(t *testing.T) {
	if path, err := exec.LookPath("strace"); err != nil || exec.Command(path, "-f", "-o", "/dev/null", "true").Run() != nil {
		t.Skip("strace is not there, or may not trace (apt-get install strace)")
	}
	s := newSite(t, 140, 30)
	s.edit("formats: [parquet, csv]", "formats: [parquet]")
	s.approve("falls")
	const opens, makes, writes, syncs, renames, unlinks = "openat", "mkdir,mkdirat", "write", "fsync", "rename,renameat,renameat2", "unlink,unlinkat,rmdir"
	for _, b := range []blow{
		{"outbox/.lock", opens}, {"outbox/.work", makes}, {"HALF", makes}, {"HALF/1-falls-study-team.zip.age", opens}, {"HALF/1-falls-study-team.zip.age", writes},
		{"HALF/1-falls-study-team.zip.age", syncs}, {"HALF/2-second-team.zip.age", syncs}, {"HALF/manifest.json", opens}, {"HALF/manifest.json", writes},
		{"HALF/manifest.json", syncs}, {"HALF/manifest.sig", opens}, {"HALF/manifest.sig", syncs}, {"HALF", syncs}, {"outbox", syncs}, {"register/log.jsonl", writes},
		{"register/log.jsonl", syncs}, {"register/head.tmp", opens}, {"register/head.tmp", syncs}, {"register/head", renames}, {"register", syncs}, {"HALF", renames},
	} {
		for _, how := range []string{"signal=KILL", "error=ENOSPC"} {
			when := fmt.Sprint(how, " at ", b)
			before := s.held("before "+when, true)
			s.next = fmt.Sprintf("falls-%d", before+1)
			if code := s.struck(b, how); code == 0 {
				t.Errorf("%s: it ended well: there is no such step any more", when)
			}
			n := s.held(when, false)
			s.issue()
			if again := s.held("after "+when, true); n > before+1 || again != n+1 {
				t.Fatalf("%s: %d were issued, then %d, and then %d", when, before, n, again)
			}
		}
	}
}
