package fetchtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"secondaryuse/pipeline/fetch"
)

// bench is a fixture at work: all that is told goes through it, so that no
// secret passes unseen.
type bench struct {
	Fixture
	temp func() string // makes an empty folder

	mu   sync.Mutex
	leak error
}

// whole reports what the fixture leaves out.
func (b *bench) whole() error {
	switch {
	case b.New == nil || b.Change == nil || b.All == nil || b.Changed == nil:
		return errors.New("fixture: New, Change, All and Changed are needed")
	case len(b.Secrets) < 2 || len(b.Faults) == 0:
		return errors.New("fixture: some secrets and a fault are needed")
	case len(b.All()) == 0:
		return errors.New("fixture: the system begins empty")
	}
	return nil
}

// watch sees that nothing that is told holds a secret.
func (b *bench) watch(what, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range b.Secrets {
		if strings.Contains(text, s) {
			b.leak = fmt.Errorf("%s holds secret %d: %q", what, i, text)
		}
	}
}

// leaked is the secret that was told, if one was.
func (b *bench) leaked() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leak
}

// fetch fetches with a new Fetcher. The error is the Fetcher's own; what it
// broke of its promises beside that is kept for leaked.
func (b *bench) fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (fetch.Delivery, error) {
	d, err := b.New().Fetch(ctx, last, dir, p)
	if err != nil {
		b.watch("an error", err.Error())
	} else {
		text, _ := json.Marshal(d)
		b.watch("the delivery", string(text))
	}
	return d, err
}

// take fetches into a new folder and holds that the delivery is right.
func (b *bench) take(last fetch.Last, want []string) (fetch.Last, error) {
	dir := b.temp()
	d, err := b.fetch(context.Background(), last, dir, &progress{bench: b})
	if err != nil {
		return fetch.Last{}, fmt.Errorf("fetch: %w", err)
	}
	return fetch.Last{Delivery: d, Dir: dir}, b.right(d, dir, want)
}

// first takes everything.
func (b *bench) first() (fetch.Last, error) { return b.take(fetch.Last{}, b.All()) }

// publish says that a delivery is published.
func (b *bench) publish(l fetch.Last) error {
	err := b.New().Done(context.Background(), l.Delivery, l.Dir)
	if err != nil {
		b.watch("an error of Done", err.Error())
		return fmt.Errorf("done: %w", err)
	}
	return b.leaked()
}

// right holds that a delivery is what it should be.
func (b *bench) right(d fetch.Delivery, dir string, want []string) error {
	got, err := b.lines(dir)
	if err != nil {
		return err
	}
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	switch {
	case !slices.Equal(got, want):
		return fmt.Errorf("the delivery holds %d lines %.300q\nwant %d %.300q", len(got), got, len(want), want)
	case d.Mark == "":
		return errors.New("the delivery has no mark")
	case d.At.IsZero():
		return errors.New("the delivery does not say when it was taken")
	case d.Records != -1 && d.Records != int64(len(want)):
		return fmt.Errorf("it counts %d records, of %d", d.Records, len(want))
	case d.Bytes < 0 || d.Bytes == 0 && len(want) > 0:
		return fmt.Errorf("it says that %d bytes came", d.Bytes)
	case len(d.Incomplete) > 0:
		return fmt.Errorf("it says that something is missing: %q", d.Incomplete)
	}
	return b.leaked()
}

// lines reads a delivery, which holds regular files alone.
func (b *bench) lines(dir string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		b.watch("the name of a file", path)
		if !e.Type().IsRegular() {
			return errors.New("the delivery holds what is no regular file")
		}
		if b.Lines != nil {
			return nil
		}
		data, err := os.ReadFile(path)
		if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			return errors.New("the delivery holds a compressed file")
		}
		for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
			all = append(all, s.Text())
		}
		return err
	})
	if err == nil && b.Lines != nil {
		return b.Lines(dir)
	}
	return all, err
}

// progress counts what it is told, and calls at at each.
type progress struct {
	bench *bench
	at    func(event int)
	mu    sync.Mutex
	n     int
}

func (p *progress) event() {
	p.mu.Lock()
	p.n++
	n := p.n
	p.mu.Unlock()
	if p.at != nil {
		p.at(n)
	}
}

// Step notes a step.
func (p *progress) Step(name string, bytes int64) {
	p.bench.watch("the name of a step", name)
	p.event()
}

// Add notes bytes.
func (p *progress) Add(int64) { p.event() }

// Note notes a note.
func (p *progress) Note(text string) {
	p.bench.watch("a note", text)
	p.event()
}
