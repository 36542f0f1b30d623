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
}

func newSite(t testing.TB, p population.Plan) *site {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &site{t: t, bin: bin, dir: dir, in: filepath.Join(dir, "in"), left: filepath.Join(dir, "left")}
	p.Out = s.in
	if _, err := population.Write(context.Background(), p, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"home", "tmp", "log"} {
		if err := os.MkdirAll(filepath.Join(s.left, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.config = filepath.Join(s.in, "config.yaml")
	s.edit("config.yaml", "\nwork: work\nmarts: marts\nkeys: keys\n", "\nwork: ../left/work\nmarts: ../left/marts\nkeys: ../left/keys\n")
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
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *site) write(name, text string) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(s.path(name)), 0o700)
	if err == nil {
		err = os.WriteFile(s.path(name), []byte(text), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
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
	err := cmd.Start()
	if err != nil {
		s.t.Fatal(err)
	}
	code, said := s.wait(cmd)
	if code != want {
		s.t.Errorf("call %d, %s: exit code %d, want %d%s", s.calls, args[0], code, want, s.shown(said))
	}
	return said
}

// wait waits for a call to end and returns its exit code, -1 where a signal
// ended it, and what it said.
func (s *site) wait(cmd *exec.Cmd) (int, string) {
	s.t.Helper()
	log := cmd.Stdout.(*os.File)
	defer log.Close()
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		s.t.Fatal(err)
	}
	said, err := os.ReadFile(log.Name())
	if err != nil {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(said)
}

// shown is what a command said, for a test to show: not if it tells anything.
func (s *site) shown(said string) string {
	if len(s.identifiers().in([]byte(said))) > 0 {
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

// identifiers is a search for all that names a person of the population.
func (s *site) identifiers() *search {
	var numbers, words []string
	for _, x := range s.subjects() {
		numbers = append(numbers, x.NHSNumber)
		if x.OldNumber != "" {
			numbers = append(numbers, x.OldNumber)
		}
		words = append(words, x.Given, x.Family, x.Email, x.Phone, x.Street, x.Postcode, x.Patient)
		for _, w := range append(x.Accounts, x.Phone, x.Postcode, x.Patient) {
			words = append(words, w, strings.NewReplacer(" ", "", "-", "").Replace(w))
		}
	}
	return newSearch(numbers, words)
}
