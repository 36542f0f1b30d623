package main

import (
	"fmt"
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

// bar shows a run's progress on one line of a terminal.
type bar struct {
	mu    sync.Mutex
	out   *os.File
	step  string
	total int64
	done  int64
	began time.Time
	drawn time.Time
}

// Step begins a step.
func (b *bar) Step(name string, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
	b.step, b.total, b.done, b.began = name, bytes, 0, time.Now()
	b.draw()
}

// Add counts bytes that were read.
func (b *bar) Add(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += bytes
	if time.Since(b.drawn) > 100*time.Millisecond {
		b.draw()
	}
}

// Note shows what a system says of its progress, on a line of its own.
func (b *bar) Note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintf(b.out, "\r\x1b[K%s\n", text)
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
	if b.step != "" {
		fmt.Fprintf(b.out, "\r\x1b[K  %-8s %6.1f s\n", b.step, time.Since(b.began).Seconds())
	}
}

func (b *bar) draw() {
	b.drawn = time.Now()
	if b.total == 0 {
		fmt.Fprintf(b.out, "\r\x1b[K  %-8s ...", b.step)
		return
	}
	const width = 30
	share := min(1, float64(b.done)/float64(b.total))
	passed := time.Since(b.began).Seconds()
	left := ""
	if share > 0.02 {
		left = fmt.Sprintf(", %.0f s left", passed/share-passed)
	}
	full := int(share * width)
	fmt.Fprintf(b.out, "\r\x1b[K  %-8s [%s%s] %3.0f %%  %.0f MB/s%s", b.step,
		strings.Repeat("=", full), strings.Repeat(" ", width-full), share*100, float64(b.done)/1e6/max(passed, 0.001), left)
}
