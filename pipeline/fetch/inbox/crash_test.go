package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/drop"
	"secondaryuse/pipeline/fetch/fetchtest"
	"secondaryuse/pipeline/fetch/inbox"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == victimArg {
		victim(os.Args[2], os.Args[3], os.Args[4])
	}
	fetchtest.Main(m)
}

type quiet struct{}

func (quiet) Step(string, int64) {}
func (quiet) Add(int64)          {}
func (quiet) Note(string)        {}

// crash is what a step panics with.
type crash struct{}

// world is a folder, those who fill it, and what has been fetched from it.
type world struct {
	*rapid.T
	dir, work string
	policy    inbox.Policy
	clock     time.Time
	n         int
	partial   map[string]string   // by name: what a sender is writing
	whole     map[string]struct{} // contents that were once written to the end
	delivered map[string]int      // contents to how often
	last      fetch.Last
	quiet     bool                // nobody dies or writes any more
	lost      map[string]struct{} // contents that their sender took back or wrote over
}

func (w *world) must(err error) {
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) write(name, text string) {
	path := filepath.Join(w.dir, name)
	if old, err := os.ReadFile(path); err == nil {
		w.lost[string(old)] = struct{}{}
	}
	w.must(os.MkdirAll(filepath.Dir(path), 0o700))
	w.must(os.WriteFile(path, []byte(text), 0o600))
	w.tick(path)
}

func (w *world) tick(path string) {
	w.clock = w.clock.Add(time.Second)
	w.must(os.Chtimes(path, w.clock, w.clock))
}

var names = []string{"a.csv", "b.csv", "sub/c.csv", "sub/d"}

func (w *world) name() string { return rapid.SampledFrom(names).Draw(w.T, "name") }

// begin has a sender write the first half of something, over what is there.
func (w *world) begin() {
	name := w.name()
	w.n++
	text := fmt.Sprintf("content %d of %s %s|", w.n, name, strings.Repeat("x", w.n))
	if rapid.Bool().Draw(w.T, "sent before") && len(w.whole) > 0 {
		text = rapid.SampledFrom(slices.Sorted(maps.Keys(w.whole))).Draw(w.T, "which")
	}
	if rapid.Bool().Draw(w.T, "takes the marker away") && w.policy.Marker != "" {
		os.Remove(filepath.Join(w.dir, name+w.policy.Marker))
	}
	w.write(name, text[:len(text)/2])
	w.partial[name] = text
}

// finish has senders write the rest.
func (w *world) finish() {
	for _, name := range slices.Sorted(maps.Keys(w.partial)) {
		text := w.partial[name]
		w.write(name, text)
		if w.policy.Marker != "" {
			w.write(name+w.policy.Marker, "")
		}
		w.whole[text] = struct{}{}
		delete(w.lost, text)
		delete(w.partial, name)
		return
	}
}

func (w *world) vanish() {
	name := w.name()
	if old, err := os.ReadFile(filepath.Join(w.dir, name)); err == nil {
		w.lost[string(old)] = struct{}{}
		w.must(os.Remove(filepath.Join(w.dir, name)))
	}
	delete(w.partial, name)
}

func (w *world) meddle() {
	rapid.SampledFrom([]func(){w.begin, w.finish, w.finish, w.vanish}).Draw(w.T, "meddle")()
}

// fetcher is a new process: it dies at some step, or somebody writes then.
func (w *world) fetcher() *inbox.Inbox {
	p := w.policy
	p.Wait = func(context.Context, time.Duration) error {
		for _, name := range slices.Sorted(maps.Keys(w.partial)) {
			text := w.partial[name]
			w.n++
			w.partial[name] = text + "more"
			w.write(name, text[:len(text)/2]+strings.Repeat("y", w.n))
		}
		return nil
	}
	b, err := drop.New(w.dir, p)
	w.must(err)
	if w.quiet {
		return b
	}
	at, die := rapid.IntRange(0, 30).Draw(w.T, "step"), rapid.Bool().Draw(w.T, "dies")
	b.OnStep(func(string) {
		if at--; at != 0 {
			return
		}
		if die {
			panic(crash{})
		}
		w.meddle()
	})
	b.PointEvery(7)
	return b
}

// alive runs f, and reports whether it came to its end.
func alive(f func()) (ended bool) {
	defer func() {
		if r := recover(); r != nil && r != (crash{}) {
			panic(r)
		}
	}()
	f()
	return true
}

// fetch fetches, as often as it takes, and publishes.
func (w *world) fetch() {
	w.n++
	dir := filepath.Join(w.work, fmt.Sprint(w.n))
	w.must(os.Mkdir(dir, 0o700))
	for {
		var d fetch.Delivery
		var err error
		if !alive(func() { d, err = w.fetcher().Fetch(context.Background(), w.last, dir, quiet{}) }) {
			continue
		}
		if errors.Is(err, fetch.ErrNothing) {
			return
		}
		w.must(err)
		if !w.quiet && rapid.Bool().Draw(w.T, "dies before it is known") {
			continue
		}
		w.count(dir)
		w.last = fetch.Last{Delivery: d, Dir: dir}
		break
	}
	for !alive(func() { w.must(w.fetcher().Done(context.Background(), w.last.Delivery, w.last.Dir)) }) {
		if rapid.Bool().Draw(w.T, "done is not called again") {
			return
		}
	}
}

func (w *world) count(dir string) {
	w.must(filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name()[0] == '.' {
			return err
		}
		text, err := os.ReadFile(path)
		if _, ok := w.whole[string(text)]; !ok {
			w.Errorf("%q is delivered: nobody has written that to its end", text)
		}
		if w.delivered[string(text)]++; w.delivered[string(text)] > 1 {
			w.Errorf("%q is delivered again", text)
		}
		return err
	}))
}

// settled holds that, when nobody writes any more, every content that is still
// in the folder, or in taken, has been delivered.
func (w *world) settled() {
	for len(w.partial) > 0 {
		w.finish()
	}
	w.quiet = true
	w.fetch()
	w.must(filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || w.policy.Marker != "" && strings.HasSuffix(path, w.policy.Marker) {
			return err
		}
		text, err := os.ReadFile(path)
		_, marked := os.Stat(path + w.policy.Marker)
		if w.delivered[string(text)] == 0 && marked == nil {
			w.Errorf("%q has never been delivered", text)
		}
		return err
	}))
	for text := range w.whole {
		if _, gone := w.lost[text]; !gone && w.delivered[text] == 0 {
			w.Errorf("%q was written, nobody took it back, and it was not delivered", text)
		}
	}
}

// TestOnce has senders send, correct, write over and take back, while fetches
// die anywhere and go on: every content is delivered once, none half, none is
// lost.
func TestOnce(t *testing.T) {
	for _, p := range []inbox.Policy{{Marker: ".done"}, {Marker: ".done", Keep: true}, {Unchanged: 1}, {Unchanged: 1, Keep: true}} {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				top, err := os.MkdirTemp("", "inbox")
				if err != nil {
					t.Fatal(err)
				}
				defer os.RemoveAll(top)
				w := &world{T: r, dir: filepath.Join(top, "in"), work: filepath.Join(top, "work"), policy: p, clock: time.Unix(1e9, 0),
					partial: make(map[string]string), whole: make(map[string]struct{}), delivered: make(map[string]int), lost: make(map[string]struct{})}
				w.must(os.MkdirAll(filepath.Join(w.dir, "taken"), 0o700))
				w.must(os.Mkdir(w.work, 0o700))
				for range rapid.IntRange(1, 25).Draw(r, "actions") {
					rapid.SampledFrom([]func(){w.begin, w.begin, w.finish, w.finish, w.vanish, w.fetch}).Draw(r, "action")()
				}
				w.settled()
			})
		})
	}
}
