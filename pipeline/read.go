package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

const (
	peoplePass = source.People
	rowsPass   = source.Rows
)

func workers() int { return runtime.GOMAXPROCS(0) }

// where is a file of a feed as it may be told: by name, or by its place in the
// feed's order where a name could name a person.
type where string

// task is one shard to be read.
type task struct {
	feed  int
	shard source.Shard
	file  where
}

// enrol reads who the persons of every feed are.
func (r *Run) enrol(ctx context.Context, k *gate.Keeper) error {
	return r.read(ctx, peoplePass, func(_, feed int, _ where, b *record.Block) error {
		k.Enrol(r.Feeds[feed].Feed, b.Persons)
		k.Remove(r.Feeds[feed].Feed, b.Deletions)
		return nil
	})
}

// read has every shard of every feed read, each core one at a time, and take
// called with each block: from one goroutine per worker number.
func (r *Run) read(ctx context.Context, pass source.Pass, take func(worker, feed int, file where, b *record.Block) error) error {
	tasks, bytes, err := r.tasks(ctx, pass)
	if err != nil {
		return err
	}
	r.Progress.Step([...]string{peoplePass: "persons", rowsPass: "records"}[pass], bytes)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers() {
		wg.Go(func() {
			var b record.Block
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(tasks) {
					return
				}
				t := tasks[i]
				if err := r.shard(ctx, pass, t, &b, func() error { return take(w, t.feed, t.file, &b) }); err != nil {
					cancel(err)
					return
				}
				r.Progress.Add(t.shard.Bytes)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (r *Run) shard(ctx context.Context, pass source.Pass, t task, b *record.Block, yield func() error) error {
	f := r.Feeds[t.feed]
	b.Reset()
	if err := f.Source.Read(ctx, pass, t.shard, b, yield); err != nil {
		return fmt.Errorf("feed %s: %s: %w", f.Name, t.file, told(err))
	}
	return nil
}

// tasks lists all shards of all feeds.
func (r *Run) tasks(ctx context.Context, pass source.Pass) (tasks []task, bytes int64, err error) {
	for i, f := range r.Feeds {
		shards, err := f.Source.Shards(ctx, pass)
		if err != nil {
			return nil, 0, fmt.Errorf("feed %s: %w", f.Name, told(err))
		}
		files := make(map[string]int)
		for _, s := range shards {
			if _, ok := files[s.File]; !ok {
				files[s.File] = len(files) + 1
			}
			tasks = append(tasks, task{i, s, f.where(s.File, files[s.File])})
			bytes += s.Bytes
		}
	}
	return tasks, bytes, nil
}

// where tells a file without telling a person.
func (f Feed) where(name string, nth int) where {
	if f.hides(name) {
		return where(fmt.Sprintf("file %d", nth))
	}
	return where(name)
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

// told returns err without a path: whoever tells it says which feed and file it
// is about, and a folder may be named for a person as well.
func told(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	return err
}
