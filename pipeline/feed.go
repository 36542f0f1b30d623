package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// Feed is one feed of a run.
type Feed struct {
	record.Feed
	// Folder is the feed's folder, where it is one that is read whole each time.
	Folder string
	// Landed is what was fetched of it otherwise, oldest first.
	Landed []Landed
	// Open opens a folder with files of the feed. What records refer to in other
	// files (medicines, organisations) may lie in the folders beside it.
	Open func(dir string, beside []string) (source.Source, error)
	// News compares what folders say of what records refer to with what those
	// before them, oldest first, did. Nil: its records refer to nothing that lies
	// in other files.
	News func(before, since []string) (News, error)
	// Private says that the feed's file names may name a person (a file for
	// each, an account as a folder): they are then told by their place in the
	// feed's order, never by name.
	Private bool
}

// Landed is one delivery of a feed.
type Landed struct {
	Number int64
	Dir    string
	At     term.Time            // the version of records that have none
	Times  map[string]term.Time // the same for those of single files, by name, where it is known
	Whole  bool                 // it is everything
}

// at is the version of records of one of its files that have none.
func (d Landed) at(file string) term.Time {
	if at, ok := d.Times[file]; ok {
		return at
	}
	return d.At
}

// unbroken returns an error where a delivery of the feed is missing: what it
// deleted would be there again.
func (f Feed) unbroken() error {
	for i, d := range f.Landed {
		if i == 0 && !d.Whole || i > 0 && d.Number != f.Landed[i-1].Number+1 {
			return fmt.Errorf("feed %s: landing: what came before delivery %d is missing; next: put it back, or ohc-pipeline run --reload", f.Name, d.Number)
		}
	}
	return nil
}

// batch is files of a feed that are read together: a delivery, a folder, or
// what was picked out of one.
type batch struct {
	feed   int
	Landed // a folder has no number and no time
	src    source.Source
	again  bool // it was read in an earlier run as well
}

// batches opens what there is of a feed after a delivery.
func (r *Run) batches(feed int, after int64) ([]batch, error) {
	f := r.Feeds[feed]
	if f.Folder != "" {
		src, err := f.Open(f.Folder, nil)
		return []batch{{feed: feed, Landed: Landed{Dir: f.Folder}, src: src}}, err
	}
	var out []batch
	for _, d := range f.Landed {
		if d.Number <= after || empty(d.Dir) {
			continue
		}
		src, err := f.Open(d.Dir, f.folders())
		if err != nil {
			return nil, err
		}
		out = append(out, batch{feed: feed, Landed: d, src: src})
	}
	return out, nil
}

// empty reports whether a folder holds nothing, or only what is no file of the
// feed.
func empty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") })
}

// Sources opens everything there is of a feed.
func (f Feed) Sources() ([]source.Source, error) {
	from, err := (&Run{Feeds: []Feed{f}}).all()
	var out []source.Source
	for _, b := range from {
		out = append(out, b.src)
	}
	return out, err
}

// all opens everything there is of every feed.
func (r *Run) all() ([]batch, error) {
	var all []batch
	for i := range r.Feeds {
		b, err := r.batches(i, 0)
		if err != nil {
			return nil, fmt.Errorf("feed %s: %w", r.Feeds[i].Name, told(err))
		}
		all = append(all, b...)
	}
	return all, nil
}

// folders are those of all deliveries.
func (f Feed) folders() []string {
	var dirs []string
	for _, d := range f.Landed {
		dirs = append(dirs, d.Dir)
	}
	return dirs
}

// digest says of which files, by name, size and time, the feed's folder is.
func (f Feed) digest(ctx context.Context) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(f.Folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(path)
		if err == nil {
			fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
			err = ctx.Err()
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("feed %s: %w", f.Name, told(err))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// where is a file of a feed as it may be told: by name, or by its place in the
// feed's order where a name could name a person.
type where string

// where tells a file without telling a person.
func (f Feed) where(number int64, name string, nth int) where {
	in := ""
	if number > 0 {
		in = fmt.Sprintf("delivery %d, ", number)
	}
	if f.hides(name) {
		return where(fmt.Sprintf("%sfile %d", in, nth+1))
	}
	return where(in + name)
}

// hides reports whether a file's name may name a person: every name of a
// private feed, one with a number long enough, and one in a bulk export that
// does not just say which type it holds.
func (f Feed) hides(name string) bool {
	return f.Private || numbered.MatchString(name) || strings.Contains(name, "ndjson") && !bulk.MatchString(name)
}

// bulk is the name of a file of a bulk export.
var bulk = regexp.MustCompile(`^(deleted/)?([0-9]{1,6}\.)?[A-Za-z]{1,40}(\.[0-9]{1,6})?\.ndjson(\.gz|\.zst)?$`)

// numbered is a name that may hold a person's number.
var numbered = regexp.MustCompile(`[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}`)
