// Package landing is where what was fetched for a feed lies, from when it was
// fetched until a delivery of everything replaces it:
//
//	DIR/0000001/               a delivery: files of the feed
//	DIR/0000001/.delivery.json its seal, written last; what has none is no delivery
//	DIR/0000001/.done          the system has been told that we have it
//	DIR/0000001.gone/          what is left of one that is being taken away
//	DIR/next/                  what is being fetched
//	DIR/published              the newest delivery that is published
//	DIR/dropped                one of everything was taken away before it was staged
//
// It holds identified data, and belongs to nobody but the operator. Only one
// process at a time may use it.
package landing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch"
)

// Landing is the landing of one feed.
type Landing struct{ dir string }

// Delivery is what was fetched at one time.
type Delivery struct {
	fetch.Delivery
	Number int64  // they rise
	Dir    string // where its files lie
}

// Open returns the landing in a folder, which need not be there yet.
func Open(dir string) Landing { return Landing{dir} }

const (
	next      = "next"
	since     = ".since"
	sealed    = ".delivery.json"
	done      = ".done"
	published = "published"
	gone      = ".gone"
	dropped   = "dropped"
)

var numbered = regexp.MustCompile(`^[0-9]{7,18}$`)

// Deliveries lists the deliveries that count, oldest first: the newest one of
// everything, and what came after it.
func (l Landing) Deliveries() ([]Delivery, error) { return l.Until(math.MaxInt64) }

// Until is Deliveries of when the one with a number was the newest: what came
// after it, everything perhaps, is not published yet and has replaced nothing.
func (l Landing) Until(number int64) ([]Delivery, error) {
	all, err := l.all()
	all = slices.DeleteFunc(all, func(d Delivery) bool { return d.Number > number })
	for i := len(all) - 1; i > 0; i-- {
		if all[i].Whole {
			return all[i:], err
		}
	}
	return all, err
}

// all lists every delivery, oldest first.
func (l Landing) all() ([]Delivery, error) {
	entries, err := os.ReadDir(l.dir) // in the order of names, which is that of numbers
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("landing: %w", bare(err))
	}
	var all []Delivery
	for _, e := range entries {
		if !numbered.MatchString(e.Name()) {
			continue
		}
		d := Delivery{Dir: filepath.Join(l.dir, e.Name())}
		d.Number, _ = strconv.ParseInt(e.Name(), 10, 64) // at most 18 digits
		text, err := os.ReadFile(filepath.Join(d.Dir, sealed))
		if err == nil {
			err = json.Unmarshal(text, &d.Delivery)
		}
		if err != nil {
			return nil, fmt.Errorf("landing: delivery %d has no seal that can be read; next: move its folder away, and run with a reload of the feed: %w", d.Number, bare(err))
		}
		all = append(all, d)
	}
	return all, nil
}

// Published is the number of the newest delivery that is published; 0 for none.
func (l Landing) Published() (int64, error) {
	text, err := os.ReadFile(filepath.Join(l.dir, published))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("landing: %w", bare(err))
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New("landing: published: not a number")
	}
	return n, nil
}

// Last is the delivery that a Fetch goes on from: the newest that is published.
func (l Landing) Last() (fetch.Last, error) {
	n, err := l.Published()
	if err != nil {
		return fetch.Last{}, err
	}
	all, err := l.all()
	for _, d := range all {
		if d.Number == n {
			return fetch.Last{Delivery: d.Delivery, Dir: d.Dir}, err
		}
	}
	return fetch.Last{}, err
}

// Fetch has f bring what has changed since the published delivery, or
// everything where whole is set. What was fetched after that, and is not staged,
// goes: it comes again. What a Fetch that was cut off has left is gone on with.
// The delivery is there after a crash, once Fetch has returned it.
func (l Landing) Fetch(ctx context.Context, f fetch.Fetcher, whole bool, staged int64, p fetch.Progress) (Delivery, error) {
	last, err := l.begin(ctx, f, staged, p)
	if err != nil {
		return Delivery{}, err
	}
	if whole {
		last = fetch.Last{}
	}
	dir, err := l.open(last)
	if err != nil {
		return Delivery{}, fmt.Errorf("landing: %w", bare(err))
	}
	got, err := f.Fetch(ctx, last, dir, p)
	if err != nil {
		return Delivery{}, err
	}
	got.Whole = got.Whole || last.Dir == ""
	d, err := l.seal(got, dir, staged)
	if err != nil {
		return d, fmt.Errorf("landing: %w", bare(err))
	}
	return d, nil
}

// begin tells the system what it has not been told yet, takes away what comes
// again, and returns what the fetch goes on from. A system that cannot be told is
// told later: what is there is fetched all the same, or one that never takes what
// it is told would never be fetched from again.
func (l Landing) begin(ctx context.Context, f fetch.Fetcher, staged int64, p fetch.Progress) (fetch.Last, error) {
	known, err := l.Published()
	if err != nil {
		return fetch.Last{}, err
	}
	if err := l.tidy(known); err != nil {
		return fetch.Last{}, err
	}
	if err := l.Done(ctx, f); err != nil {
		p.Note("the system could not be told that what it gave before is published; it is told later")
	}
	all, err := l.all()
	if err != nil {
		return fetch.Last{}, err
	}
	for _, d := range all {
		if d.Number <= max(known, staged) {
			continue
		}
		if d.Whole {
			err = durable.Replace(filepath.Join(l.dir, dropped), nil)
		}
		if err = errors.Join(err, l.remove(d)); err != nil {
			return fetch.Last{}, err
		}
	}
	return l.Last()
}

// open returns the folder to fetch into: what is there of a fetch that went on
// from the same delivery stays.
func (l Landing) open(last fetch.Last) (string, error) {
	dir, from := filepath.Join(l.dir, next), filepath.Base(last.Dir)+"\n"
	if text, err := os.ReadFile(filepath.Join(dir, since)); err == nil && string(text) == from {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := durable.Folder(dir, 0o700); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, since), []byte(from), 0o600)
}

// seal makes a delivery of what was fetched.
func (l Landing) seal(got fetch.Delivery, dir string, staged int64) (Delivery, error) {
	known, err := l.Published()
	if err != nil {
		return Delivery{}, err
	}
	number := max(known, staged)
	all, err := l.all()
	if err != nil {
		return Delivery{}, err
	}
	for _, d := range all {
		number = max(number, d.Number)
	}
	number++
	d := Delivery{Delivery: got, Number: number, Dir: filepath.Join(l.dir, fmt.Sprintf("%07d", number))}
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		return d, err
	}
	if err := os.Remove(filepath.Join(dir, since)); err != nil {
		return d, err
	}
	if err := durable.Replace(filepath.Join(dir, sealed), append(text, '\n')); err != nil {
		return d, err
	}
	if err := os.Rename(dir, d.Dir); err != nil {
		return d, err
	}
	if got.Whole {
		if err := os.Remove(filepath.Join(l.dir, dropped)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return d, err
		}
	}
	return d, durable.Sync(l.dir)
}

// Dropped reports whether a delivery of everything was taken away before it was
// staged, and none has come since.
func (l Landing) Dropped() bool {
	_, err := os.Lstat(filepath.Join(l.dir, dropped))
	return err == nil
}

// Publish takes down that all deliveries up to a number are published, and
// takes away those that one of everything has replaced.
func (l Landing) Publish(number int64) error {
	err := durable.Folder(l.dir, 0o700)
	if err == nil {
		err = durable.Replace(filepath.Join(l.dir, published), []byte(strconv.FormatInt(number, 10)+"\n"))
	}
	if err != nil {
		return fmt.Errorf("landing: %w", bare(err))
	}
	if err := l.tidy(number); err != nil {
		return err
	}
	return durable.Sync(l.dir)
}

// tidy takes away what is replaced by what is published, and what is left of
// deliveries that were being taken away when a run died.
func (l Landing) tidy(known int64) error {
	all, err := l.all()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("landing: %w", bare(err))
	}
	for _, e := range entries {
		if name, going := strings.CutSuffix(e.Name(), gone); going && numbered.MatchString(name) {
			if err := os.RemoveAll(filepath.Join(l.dir, e.Name())); err != nil {
				return fmt.Errorf("landing: %w", bare(err))
			}
		}
	}
	whole := int64(0)
	for _, d := range all {
		if d.Whole && d.Number <= known {
			whole = d.Number
		}
	}
	for _, d := range all {
		if d.Number < whole {
			if err := l.remove(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove takes a delivery away. A crash leaves all of it, or what is none.
func (l Landing) remove(d Delivery) error {
	err := os.Rename(d.Dir, d.Dir+gone)
	if err == nil {
		err = durable.Sync(l.dir)
	}
	if err == nil {
		err = os.RemoveAll(d.Dir + gone)
	}
	if err != nil {
		return fmt.Errorf("landing: %w", bare(err))
	}
	return nil
}

// Done tells the system of every published delivery that it need not keep it
// any longer.
func (l Landing) Done(ctx context.Context, f fetch.Fetcher) error {
	known, err := l.Published()
	if err != nil {
		return err
	}
	all, err := l.all()
	if err != nil {
		return err
	}
	for _, d := range all {
		mark := filepath.Join(d.Dir, done)
		if _, err := os.Lstat(mark); d.Number > known || err == nil {
			continue
		}
		if err := f.Done(ctx, d.Delivery, d.Dir); err != nil {
			return err
		}
		if err := durable.Replace(mark, nil); err != nil {
			return fmt.Errorf("landing: %w", bare(err))
		}
	}
	return nil
}

// bare takes the paths out of an error: a file may be named for a person.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	if l := (*os.LinkError)(nil); errors.As(err, &l) {
		return fmt.Errorf("%s: %w", l.Op, l.Err)
	}
	return err
}
