package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"secondaryuse/deid/trace"
	"secondaryuse/pipeline/leak"
	"secondaryuse/testdata/population"
)

// binDir is where the real command is built to, once, by whoever needs it
// first; TestMain removes it.
var binDir string

var built = sync.OnceValues(func() (string, error) {
	var err error
	if binDir, err = os.MkdirTemp("", "ohc-pipeline-"); err != nil {
		return "", err
	}
	bin := filepath.Join(binDir, "ohc-pipeline")
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// site is a population with a configuration, and the folder that takes all
// that the real command leaves: work, marts and keys, its home and temporary
// files, and what it says.
type site struct {
	t      testing.TB
	bin    string
	dir    string // holds in and left, and nothing else
	in     string
	left   string
	config string
	calls  int
	how    string // what is special about the next calls, for a test to show
}

func newSite(t testing.TB, p population.Plan) *site {
	t.Helper()
	s := emptySite(t)
	p.Out = s.in
	if _, err := population.Write(context.Background(), p, nil); err != nil {
		t.Fatal(err)
	}
	s.config = filepath.Join(s.in, "config.yaml")
	s.edit("config.yaml", "\nwork: work\nmarts: marts\nkeys: keys\n", "\nwork: ../left/work\nmarts: ../left/marts\nkeys: ../left/keys\n")
	return s
}

// emptySite is a site without a population.
func emptySite(t testing.TB) *site {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &site{t: t, bin: bin, dir: dir, in: filepath.Join(dir, "in"), left: filepath.Join(dir, "left")}
	for _, name := range []string{"home", "tmp", "log"} {
		if err := os.MkdirAll(filepath.Join(s.left, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// path is a file of the input.
func (s *site) path(name string) string { return filepath.Join(s.in, filepath.FromSlash(name)) }

// stage and marts are the folders of the two sides.
func (s *site) stage() string { return filepath.Join(s.left, "work", "stage") }
func (s *site) marts() string { return filepath.Join(s.left, "marts") }

func (s *site) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(name))
	s.must(err)
	return string(text)
}

func (s *site) write(name, text string) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(s.path(name)), 0o700)
	if err == nil {
		err = os.WriteFile(s.path(name), []byte(text), 0o600)
	}
	s.must(err)
}

// must ends the test on an error, without telling the name of a file that may
// name a person.
func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(s.identifiers().Told(err.Error()))
	}
}

// edit replaces a text, which must be there, in a file of the input.
func (s *site) edit(name, old, new string) {
	s.t.Helper()
	text := s.read(name)
	if !strings.Contains(text, old) {
		s.t.Fatalf("%s has no such text to edit", name)
	}
	s.write(name, strings.Replace(text, old, new, 1))
}

// command prepares a call of the real command. What it says goes to left/log.
func (s *site) command(args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.Command(s.bin, args...)
	cmd.Dir = s.left
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(s.left, "home"), "TMPDIR=" + filepath.Join(s.left, "tmp")}
	s.calls++
	log, err := os.Create(filepath.Join(s.left, "log", fmt.Sprintf("%03d-%s.txt", s.calls, args[0])))
	if err != nil {
		s.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	return cmd
}

// run calls the real command with the site's configuration, unless another one
// is given, wants an exit code, and returns what was said.
func (s *site) run(want int, args ...string) string {
	s.t.Helper()
	if !slices.Contains(args, "--config") {
		args = append(args, "--config", s.config)
	}
	cmd := s.command(args...)
	code, said := s.said(cmd, cmd.Run())
	if code != want {
		s.t.Errorf("call %d, %s%s: exit code %d, want %d%s", s.calls, args[0], s.how, code, want, s.shown(said))
	}
	return said
}

// said returns the exit code of a call that has ended, -1 where a signal ended
// it, and what it said.
func (s *site) said(cmd *exec.Cmd, err error) (int, string) {
	s.t.Helper()
	log := cmd.Stdout.(*os.File)
	defer log.Close()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(log.Name())
	if err != nil {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// when starts a call, acts on it as soon as it is there, and waits for its end.
// It does not act on a call that ends before.
func (s *site) when(cmd *exec.Cmd, there func(*os.Process) bool, act func(*os.Process)) (int, string) {
	s.t.Helper()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return s.said(cmd, err)
		default:
		}
		if there(cmd.Process) {
			act(cmd.Process)
			return s.said(cmd, <-ended)
		}
	}
}

// reading reports whether a process has a file of the input open.
func (s *site) reading(name string) func(*os.Process) bool {
	path := s.path(name)
	return func(p *os.Process) bool {
		dir := fmt.Sprintf("/proc/%d/fd", p.Pid)
		open, _ := os.ReadDir(dir)
		for _, fd := range open {
			if target, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && target == path {
				return true
			}
		}
		return false
	}
}

// appears reports whether there is more that fits a pattern, below the site's
// folder, than when it was first asked.
func (s *site) appears(pattern string) func(*os.Process) bool {
	var before []string
	asked := false
	return func(*os.Process) bool {
		now, err := filepath.Glob(filepath.Join(s.dir, pattern))
		if err != nil {
			s.t.Fatal(err)
		}
		if !asked {
			before, asked = now, true
		}
		return slices.ContainsFunc(now, func(f string) bool { return !slices.Contains(before, f) })
	}
}

// kept is where keep keeps what it sees.
func (s *site) kept() string { return filepath.Join(s.dir, "kept") }

// keep links every file that it sees in left into kept, until it is stopped:
// so that what lies there only for a while can be searched as well.
func (s *site) keep() (stop func()) {
	if err := os.Mkdir(s.kept(), 0o700); err != nil {
		s.t.Fatal(err)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	seen := make(map[string]bool)
	go func() {
		defer close(ended)
		for {
			filepath.WalkDir(s.left, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() && !seen[path] {
					seen[path] = true
					os.Link(path, filepath.Join(s.kept(), fmt.Sprintf("%05d-%s", len(seen), filepath.Base(path))))
				}
				return nil
			})
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() { close(done); <-ended }
}

// shown is what a command said, for a test to show: not if it tells anything.
func (s *site) shown(said string) string {
	if s.identifiers().Tells(said) {
		return " (what it said is withheld: it holds an identifier)"
	}
	return ", and said:\n" + said
}

// subject is what names a person of the population.
type subject struct {
	NHSNumber string   `json:"nhs_number"`
	OldNumber string   `json:"old_number"`
	Given     string   `json:"given"`
	Family    string   `json:"family"`
	Email     string   `json:"email"`
	Phone     string   `json:"phone"`
	Street    string   `json:"street"`
	Postcode  string   `json:"postcode"`
	Patient   string   `json:"patient"`
	Accounts  []string `json:"accounts"`
}

func (s *site) subjects() (out []subject) {
	s.t.Helper()
	f, err := os.Open(s.path("truth/identifiers.ndjson.gz"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var x subject
		if err := json.NewDecoder(bytes.NewReader(lines.Bytes())).Decode(&x); err != nil {
			s.t.Fatal("a line of the identifiers cannot be read")
		}
		out = append(out, x)
	}
	return out
}

// identifiers is a search for all that names a person of the population: a name alone,
// wherever it stands, for none of them is a word.
func (s *site) identifiers() *leak.Search {
	s.t.Helper()
	w := trace.New()
	for _, x := range s.subjects() {
		w.NHS([]byte(x.NHSNumber))
		w.NHS([]byte(x.OldNumber))
		w.Person(x.Family, x.Given)
		w.Telephone([]byte(x.Phone))
		for kind, word := range map[trace.Kind]string{trace.Email: x.Email, trace.Address: x.Street, trace.Postcode: x.Postcode, trace.Local: x.Patient} {
			w.Word(kind, word)
		}
		for _, a := range x.Accounts {
			w.Word(trace.Account, a)
		}
		for _, n := range []string{x.Given, x.Family} {
			if len(n) >= 6 {
				w.Word(trace.Name, n)
			}
		}
	}
	w.Seal()
	return &leak.Search{Wanted: w, Temp: s.t.TempDir(), Database: databases(s.t.TempDir())}
}

// searched searches folders for all that names a person, and ends the test where any of
// them cannot be.
func (s *site) searched(dirs ...string) leak.Report {
	s.t.Helper()
	r, err := s.identifiers().Run(context.Background(), dirs...)
	s.must(err)
	for _, f := range r.Faults {
		s.t.Error(f)
	}
	s.t.Logf("searched %d bytes: %v", r.Bytes, r.Files)
	for i, f := range r.Found {
		if i == 40 {
			s.t.Fatalf("and %d more", len(r.Found)-i)
		}
		s.t.Error(f)
	}
	return r
}
