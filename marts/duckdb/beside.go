package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"secondaryuse/marts/catalogue"
)

// writing is a mart whose file is being written, beside what is made of others.
type writing struct {
	built Built
	done  chan error
	ended bool
}

// inTurn builds the marts, in their order. While the file of one is written the
// next are made, unless they read it.
func (f *follower) inTurn(ctx context.Context, marts []catalogue.Mart) ([]Built, error) {
	ctx, stop := context.WithCancel(ctx)
	defer f.writes.Wait()
	defer stop()
	out, begun := make([]Built, len(marts)), make([]*writing, len(marts))
	end := func(read func(name string) bool) error {
		for i, w := range begun {
			if w == nil || w.ended || !read(marts[i].Name) {
				continue
			}
			w.ended = true
			if err := f.end(ctx, w); err != nil {
				return fmt.Errorf("%s: %w", marts[i].Name, err)
			}
			out[i] = w.built
		}
		return nil
	}
	for i, m := range marts {
		err := end(func(name string) bool { return slices.Contains(m.Reads, name) })
		if err != nil {
			return nil, err
		}
		if m.Follows() {
			begun[i], err = f.mart(ctx, m)
		} else {
			out[i], err = f.whole(ctx, m)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return out, end(func(string) bool { return true })
}

// write writes a mart's file on a connection of its own.
func (f *follower) write(ctx context.Context, w *writing, changed string) error {
	conn, err := f.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	beside, m, path := &engine{conn: conn}, w.built.Mart, filepath.Join(f.dir, w.built.File)
	if changed == "" {
		err = os.Link(filepath.Join(f.before.Folder, w.built.File), path)
	} else {
		err = beside.copyTo(ctx, sorted(m, changed), path)
	}
	if err == nil {
		w.built, err = beside.finish(ctx, w.built, f.dir)
	}
	return err
}

// end waits for a mart's file, shows it to those that read it, and checks it.
func (f *follower) end(ctx context.Context, w *writing) error {
	if err := <-w.done; err != nil {
		return err
	}
	m := w.built.Mart
	if err := f.enter(ctx, f.now); err != nil {
		return err
	}
	if err := f.codelists(ctx, m); err != nil {
		return err
	}
	if err := f.exec(ctx, "CREATE VIEW main."+m.Name+" AS FROM read_parquet("+text(filepath.Join(f.dir, w.built.File))+")"); err != nil {
		return err
	}
	if err := f.promised(ctx, m, "main."+m.Name, false); err != nil {
		return err
	}
	return f.forget(ctx, m)
}
