package fetchtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
)

// toy is a system that is a list of lines, and a Fetcher with a flaw.
type toy struct {
	lines []string
	since int // where the last change began
	down  bool
	flaw  string
}

var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// Plan plans.
func (s *toy) Plan(_ context.Context, last fetch.Last) (fetch.Plan, error) {
	if s.flaw == "plan takes" {
		s.lines = s.lines[1:]
	}
	return fetch.Plan{From: "toy", Since: last.Mark, Asks: []string{"lines"}}, nil
}

// Fetch writes one file a line, and the flaw.
func (s *toy) Fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (fetch.Delivery, error) {
	from, _ := strconv.Atoi(last.Mark)
	if s.flaw == "ignores the mark" {
		from = 0
	}
	if err := ctx.Err(); err != nil && s.flaw != "does not stop" {
		return fetch.Delivery{}, err
	}
	if s.down {
		return fetch.Delivery{}, s.fault()
	}
	if s.flaw == "sweeps all" {
		os.RemoveAll(dir)
		os.Mkdir(dir, 0o700)
	}
	if from == len(s.lines) && s.flaw != "nothing is a delivery" {
		return fetch.Delivery{}, fetch.ErrNothing
	}
	lines := s.lines[from:]
	for i, line := range lines {
		p.Step("line", int64(len(line)))
		if err := s.write(ctx, dir, i, line); err != nil {
			return fetch.Delivery{}, err
		}
		p.Add(int64(len(line)))
		if s.flaw == "tells a value" {
			p.Note(line)
		}
	}
	d := fetch.Delivery{Mark: fmt.Sprint(len(s.lines)), At: epoch, Whole: last.Mark == "" && s.flaw != "not whole", Records: int64(len(lines)), Bytes: 1}
	if s.flaw == "miscounts" {
		d.Records++
	}
	return d, nil
}

func (s *toy) fault() error {
	switch s.flaw {
	case "nothing for an error":
		return fetch.ErrNothing
	case "tells its password":
		return errors.New("toy: hunter2 was refused")
	}
	return errors.New("toy: is down")
}

// write writes a line to a file of its own.
func (s *toy) write(ctx context.Context, dir string, i int, line string) error {
	path := filepath.Join(dir, fmt.Sprintf("line.%d", i))
	if _, err := os.Stat(path); err == nil && s.flaw == "takes halves for whole" {
		return nil
	}
	if err := ctx.Err(); err != nil && s.flaw != "does not stop" {
		if s.flaw == "takes halves for whole" {
			os.WriteFile(path, []byte(line[:1]), 0o600)
		}
		return err
	}
	if s.flaw == "appends" {
		old, _ := os.ReadFile(path)
		line = string(old) + line
	}
	return os.WriteFile(path, []byte(line+"\n"), 0o600)
}

// Done forgets nothing.
func (s *toy) Done(_ context.Context, _ fetch.Delivery, dir string) error {
	if s.flaw == "done takes away" {
		return os.RemoveAll(filepath.Join(dir, "line.0"))
	}
	return nil
}

func (s *toy) fixture() Fixture {
	return Fixture{
		New: func() fetch.Fetcher { return s },
		Change: func() {
			s.since = len(s.lines)
			s.lines = append(s.lines, fmt.Sprintf("new-%d", s.since), fmt.Sprintf("newer-%d", s.since))
		},
		All:     func() []string { return s.lines },
		Changed: func() []string { return s.lines[s.since:] },
		Faults: []Fault{{"down", func() func() {
			s.down = true
			return func() { s.down = false }
		}}},
		Secrets: []string{"hunter2", "Featherstone"},
	}
}

func newToy(flaw string) *toy {
	return &toy{lines: []string{"Featherstone", "b", "c"}, flaw: flaw}
}

// TestRun holds that a good Fetcher passes.
func TestRun(t *testing.T) {
	Run(t, func(*testing.T) Fixture { return newToy("").fixture() })
}

// TestFlaws holds that each flaw is found, by the promise that is about it.
func TestFlaws(t *testing.T) {
	for flaw, by := range map[string]string{
		"plan takes":             "a plan takes nothing",
		"ignores the mark":       "what has changed",
		"does not stop":          "told to stop before it begins",
		"nothing is a delivery":  "nothing new",
		"tells a value":          "a delivery of everything",
		"not whole":              "a delivery of everything",
		"miscounts":              "a delivery of everything",
		"nothing for an error":   "the system fails",
		"tells its password":     "the system fails",
		"takes halves for whole": "cut off anywhere",
		"appends":                "cut off anywhere",
		"sweeps all":             "a delivery of everything",
		"done takes away":        "done twice",
	} {
		t.Run(flaw, func(t *testing.T) {
			for _, p := range promises {
				b := &bench{Fixture: newToy(flaw).fixture(), temp: t.TempDir}
				err := p.hold(b)
				if p.name == by && err == nil {
					t.Errorf("%s: not found", p.name)
				}
			}
		})
	}
}

// TestWhole holds that a fixture that checks nothing is refused.
func TestWhole(t *testing.T) {
	f := newToy("").fixture()
	f.Secrets = nil
	if err := (&bench{Fixture: f}).whole(); err == nil || !strings.Contains(err.Error(), "secrets") {
		t.Error(err)
	}
}
