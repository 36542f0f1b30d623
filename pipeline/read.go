package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync/atomic"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/source"
)

const (
	peoplePass = source.People
	rowsPass   = source.Rows
)

func workers() int { return runtime.GOMAXPROCS(0) }

// task is one shard to be read.
type task struct {
	batch
	shard   source.Shard
	version term.Time // of records that have none
	nth     int       // its file's place among those of the batch
	file    where
}

// enrol reads who the persons of the batches are.
func (r *Run) enrol(ctx context.Context, k *gate.Keeper, from []batch) error {
	return r.read(ctx, peoplePass, from, func(_ int, t *task, b *record.Block) error {
		f := r.Feeds[t.feed].Feed
		k.Enrol(f, b.Persons)
		k.Remove(f, b.Deletions)
		return nil
	})
}

// read has every shard of the batches read, each core one at a time, and take
// called with each block: from one goroutine per worker number.
func (r *Run) read(ctx context.Context, pass source.Pass, from []batch, take func(worker int, t *task, b *record.Block) error) error {
	tasks, bytes, err := r.tasks(ctx, pass, from)
	if err != nil {
		return err
	}
	step := [...]string{peoplePass: "persons", rowsPass: "records"}[pass]
	if len(from) > 0 && from[0].again {
		step += " again"
	}
	r.Progress.Step(step, bytes)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg guard.Group
	for w := range workers() {
		wg.Go(func() {
			var b record.Block
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(tasks) {
					return
				}
				t := &tasks[i]
				if err := r.shard(ctx, pass, t, &b, func() error { return take(w, t, &b) }); err != nil {
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

// shard reads one shard. Records of a delivery that have no version of their
// own are of their file's.
func (r *Run) shard(ctx context.Context, pass source.Pass, t *task, b *record.Block, yield func() error) error {
	full := yield
	if t.version != term.Unknown {
		full = func() error {
			b.Heads(func(h *record.Head, _ record.Ref) {
				if h.Version == term.Unknown {
					h.Version = t.version
				}
			})
			return yield()
		}
	}
	b.Reset()
	if err := guard.Try(func() error { return t.src.Read(ctx, pass, t.shard, b, full) }); err != nil {
		return fmt.Errorf("feed %s: %s: %w", r.Feeds[t.feed].Name, t.file, told(err))
	}
	return nil
}

// tasks lists all shards of the batches.
func (r *Run) tasks(ctx context.Context, pass source.Pass, from []batch) (tasks []task, bytes int64, err error) {
	for _, b := range from {
		f := r.Feeds[b.feed]
		shards, err := b.src.Shards(ctx, pass)
		if err != nil {
			return nil, 0, fmt.Errorf("feed %s: %w", f.Name, told(err))
		}
		files := make(map[string]int)
		for _, s := range shards {
			if _, ok := files[s.File]; !ok {
				files[s.File] = len(files)
			}
			nth := files[s.File]
			tasks = append(tasks, task{b, s, b.at(s.File), nth, f.where(b.Number, s.File, nth)})
			bytes += s.Bytes
		}
	}
	return tasks, bytes, nil
}

// told returns err without a path: whoever tells it says which feed and file it
// is about, and a folder may be named for a person as well.
func told(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	return err
}
