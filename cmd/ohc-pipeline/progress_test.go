package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/ledger"
)

// ticking is a clock that is moved by hand.
type ticking struct{ at time.Time }

func (c *ticking) now() time.Time       { return c.at }
func (c *ticking) pass(d time.Duration) { c.at = c.at.Add(d) }

// TestBar holds what a terminal shows of a fetch, moment by moment.
func TestBar(t *testing.T) {
	t.Parallel()
	c := &ticking{time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}
	var out bytes.Buffer
	b := &bar{out: &out, now: c.now}
	shows := func(want string) {
		t.Helper()
		got := out.String()[strings.LastIndex(out.String(), "\r\x1b[K")+4:]
		if got != want {
			t.Errorf("it shows\n%q, not\n%q", got, want)
		}
	}
	b.Step("fetch hospital", 0)
	shows("  fetch hospital   ...")
	c.pass(time.Second)
	b.Add(1_500_000)
	shows("  fetch hospital   1.5 MB  1.5 MB/s")
	c.pass(time.Second)
	b.More("files", 80_000_000)
	shows("  fetch hospital   [                        ]   2 %  750 kB/s  files")
	c.pass(8 * time.Second)
	b.Add(18_500_000)
	shows("  fetch hospital   [======                  ]  25 %  2.0 MB/s, 30s left  files")
	c.pass(50 * time.Millisecond)
	b.Add(20_000_000) // too soon to be drawn again
	shows("  fetch hospital   [======                  ]  25 %  2.0 MB/s, 30s left  files")
	c.pass(time.Second)
	b.More("file 2\x1b[2J", 0)
	shows("  fetch hospital   [============            ]  50 %  3.6 MB/s, 11s left  file …")
	c.pass(time.Second)
	b.Add(80_000_000) // more than was told
	shows("  fetch hospital   120 MB  10 MB/s  file 2?[2J")
	b.Note("in progress\r\n50%")
	if !strings.Contains(out.String(), "\r\x1b[K  in progress??50%\n") {
		t.Errorf("a note is shown as %q", out.String())
	}
	b.End()
	shows("  fetch hospital       12.1 s    120 MB  10 MB/s\n")
	b.Add(1)
	c.pass(time.Minute)
	b.Add(1)
	shows("  fetch hospital       12.1 s    120 MB  10 MB/s\n")
}

// TestBarFits draws what systems may tell, and holds that a line is one line of
// a terminal, whatever it is.
func TestBarFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &ticking{time.Unix(0, 0)}
		var out bytes.Buffer
		b := &bar{out: &out, now: c.now}
		for range rapid.IntRange(1, 20).Draw(t, "events") {
			c.pass(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "pass")))
			bytes := rapid.Int64Range(0, 1<<50).Draw(t, "bytes")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				b.Step(rapid.StringMatching(`[a-z ]{1,60}`).Draw(t, "step"), bytes)
			case 1:
				b.More(rapid.String().Draw(t, "part"), bytes)
			case 2:
				b.Add(bytes)
			default:
				b.End()
			}
		}
		for _, l := range regexp.MustCompile(`\r\x1b\[K|\n`).Split(out.String(), -1) {
			if n := len([]rune(l)); n > 79 || strings.ContainsAny(l, "\r\n\x1b") || strings.Contains(l, "NaN") || strings.Contains(l, "Inf") {
				t.Fatalf("%q", l)
			}
		}
	})
}

// TestTrail holds that fetching is one step however many parts it has, with its
// bytes in the ledger, and that the log is told of it now and then, and at its
// end; and that what a system says is not logged.
func TestTrail(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := &ticking{time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}
	if err := l.Begin(ctx, ledger.Run{ID: "r", Started: c.at}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil)).With("run", "r")
	steps := &trail{Progress: quiet{}, ctx: logged(ctx, log), ledger: l, run: "r", now: c.now}
	p := fetching(steps, "hospital")
	for range 100 {
		p.Step("file", 0)
		p.Add(1000)
		p.Note("planted")
		c.pass(time.Second)
	}
	p.(fetch.Progress).Step("files", 500_000)
	steps.Step("persons", 0)
	c.pass(time.Second)
	steps.end()
	steps.end() // once is enough
	taken, err := l.Steps(ctx, "r")
	if err != nil || len(taken) != 2 || taken[0].Name != "fetch hospital" || taken[0].Bytes != 100_000 || taken[0].Ended.Sub(taken[0].Began) != 100*time.Second || taken[1].Name != "persons" {
		t.Errorf("%+v %v", taken, err)
	}
	var said []string
	for text := range strings.Lines(out.String()) {
		var line struct {
			Msg, Part, Run string
			Seconds        float64
			Bytes, Of      int64
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil || line.Run != "r" {
			t.Errorf("%s: %v", text, err)
		}
		said = append(said, line.Msg+" "+line.Part)
	}
	want := "part goes on fetch hospital, part goes on fetch hospital, part goes on fetch hospital, part over fetch hospital, part over persons"
	if got := strings.Join(said, ", "); got != want || strings.Contains(out.String(), "planted") || !strings.Contains(out.String(), `"bytes":100000,"bytes_per_second":1000,"of_bytes":500000`) {
		t.Errorf("it is said: %s\n%s", got, out.String())
	}
}

// TestLoggerSaysTheRun holds that every line has a run, and one only.
func TestLoggerSaysTheRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(ofRun{slog.NewJSONHandler(&out, nil), false})
	log.Info("none")
	log.With("run", "r1").Info("with", "a", 1)
	log.With("holder", "h").Info("here", "run", "r2")
	runs := regexp.MustCompile(`"run":"([^"]*)"`).FindAllStringSubmatch(out.String(), -1)
	if len(runs) != 3 || runs[0][1] != "" || runs[1][1] != "r1" || runs[2][1] != "r2" {
		t.Errorf("%s", out.String())
	}
}
