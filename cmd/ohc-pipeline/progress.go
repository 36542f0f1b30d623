package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
)

// terminal reports whether f is a terminal.
func terminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }

// quiet is the progress of a run that nobody watches.
type quiet struct{}

func (quiet) Step(string, int64) {}
func (quiet) Add(int64)          {}
func (quiet) Note(string)        {}

// bar shows a run's progress on one line of a terminal, and each step that is
// over on a line of its own. It may be used from several goroutines.
type bar struct {
	out io.Writer
	now func() time.Time

	mu    sync.Mutex
	step  string
	part  string // what the step is at
	total int64  // bytes that it will come to; 0 where that is not known
	done  int64
	began time.Time
	drawn time.Time
}

// Step begins a step.
func (b *bar) Step(name string, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
	b.step, b.part, b.total, b.done, b.began = name, "", bytes, 0, b.now()
	b.draw()
}

// More says that the step comes to a part of it that will bring so many bytes,
// or 0 where that is not known.
func (b *bar) More(part string, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.part = part
	b.total += bytes
	b.redraw()
}

// Add counts bytes that were read.
func (b *bar) Add(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += bytes
	b.redraw()
}

// Note shows what a system says of its progress, on a line of its own.
func (b *bar) Note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintf(b.out, "\r\x1b[K  %s\n", printable(text))
	b.draw()
}

// End ends the last step.
func (b *bar) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
	b.step = ""
}

func (b *bar) end() {
	if b.step == "" {
		return
	}
	took, got := b.now().Sub(b.began).Seconds(), ""
	if b.done > 0 {
		got = fmt.Sprintf("  %8s  %s/s", inBytes(float64(b.done)), inBytes(float64(b.done)/max(took, 0.001)))
	}
	fmt.Fprintf(b.out, "\r\x1b[K%s\n", columns(fmt.Sprintf("  %-16s %8.1f s%s", b.step, took, got)))
}

// redraw draws ten times a second at most.
func (b *bar) redraw() {
	if b.now().Sub(b.drawn) > 100*time.Millisecond {
		b.draw()
	}
}

func (b *bar) draw() {
	if b.step == "" {
		return
	}
	b.drawn = b.now()
	fmt.Fprintf(b.out, "\r\x1b[K%s", columns(b.line(b.drawn.Sub(b.began))))
}

// line is what is known of a step that has gone on for some time: how far it is,
// how fast, and how long it will take where it is known how much there is.
func (b *bar) line(passed time.Duration) string {
	text := fmt.Sprintf("  %-16s ", b.step)
	rate := float64(b.done) / max(passed.Seconds(), 0.001)
	switch {
	case b.done == 0 && b.total == 0 && b.part == "":
		return text + "..."
	case b.total == 0 || b.done > b.total: // nobody knows how much there is
		return text + fmt.Sprintf("%s  %s/s  %s", inBytes(float64(b.done)), inBytes(rate), printable(b.part))
	}
	const width = 24
	share := float64(b.done) / float64(b.total)
	full := int(share * width)
	text += fmt.Sprintf("[%s%s] %3.0f %%  %s/s", strings.Repeat("=", full), strings.Repeat(" ", width-full), share*100, inBytes(rate))
	if share > 0.02 && passed > time.Second {
		left := time.Duration(float64(b.total-b.done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text + "  " + printable(b.part)
}

// columns is a text that does not wrap on a terminal of the usual width.
func columns(text string) string {
	if r := []rune(text); len(r) > 79 {
		return string(r[:78]) + "…"
	}
	return strings.TrimRight(text, " ")
}

// printable is a text of somebody else without what would move a cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}

// inBytes is a number of bytes as people read it.
func inBytes(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 999.5 {
			if n < 9.95 && unit != "B" {
				return fmt.Sprintf("%.1f %s", n, unit)
			}
			return fmt.Sprintf("%.0f %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f TB", n)
}
