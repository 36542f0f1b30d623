package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// good reads the undamaged feed.
func good(f Fixture, dir string) (*reading, error) {
	r, err := readAll(f, dir, source.Rows)
	if err != nil {
		return nil, err
	}
	if len(r.rows) == 0 {
		return nil, errors.New("the good feed gives no rows")
	}
	if len(r.rejects) > 0 {
		x := r.rejects[0]
		return nil, fmt.Errorf("the good feed has a reject: %s line %d: %s: %s", x.file, x.Line, x.Field, x.Reason)
	}
	return r, nil
}

// folder: a folder that is missing, a file or empty is an error.
func folder(f Fixture, dir string) error {
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		return err
	}
	for _, path := range []string{empty, file, filepath.Join(dir, "missing")} {
		for _, pass := range []source.Pass{source.People, source.Rows} {
			src, err := f.Open(path)
			if err != nil {
				continue
			}
			if _, err := src.Shards(context.Background(), pass); err == nil {
				return fmt.Errorf("no error from Shards of a folder that is: %s", filepath.Base(path))
			}
		}
	}
	return nil
}

// shards: the list is the same twice, names files that are there, and covers
// each once.
func shards(f Fixture, dir string) error {
	src, err := f.Open(dir)
	if err != nil {
		return err
	}
	for _, pass := range []source.Pass{source.People, source.Rows} {
		list, err := src.Shards(context.Background(), pass)
		if err != nil {
			return err
		}
		again, err := src.Shards(context.Background(), pass)
		if err != nil {
			return err
		}
		if !slices.Equal(list, again) {
			return errors.New("Shards gives another list the second time")
		}
		if err := covers(list, dir); err != nil {
			return err
		}
		if pass == source.Rows && !slices.ContainsFunc(list, func(s source.Shard) bool { return s.File == f.Target }) {
			return fmt.Errorf("no shard reads %s", f.Target)
		}
	}
	return nil
}

func covers(list []source.Shard, dir string) error {
	end, whole := map[string]int64{}, map[string]bool{}
	for _, s := range list {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(s.File)))
		if err != nil {
			return fmt.Errorf("a shard's file is not in the folder: %s", s.File)
		}
		if whole[s.File] || s.Offset != end[s.File] {
			return fmt.Errorf("%s: its shards overlap, leave a gap or are out of order", s.File)
		}
		if s.Bytes <= 0 && info.Size() > 0 {
			return fmt.Errorf("%s: a shard without a size", s.File)
		}
		whole[s.File] = s.Length == 0
		end[s.File] = s.Offset + s.Length
	}
	for name, n := range end {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if !whole[name] && n != info.Size() {
			return fmt.Errorf("%s: its shards end at %d of %d bytes", name, n, info.Size())
		}
	}
	return nil
}

// accounting: what add checks of every reading, on the good feed.
func accounting(f Fixture, dir string) error {
	_, err := good(f, dir)
	return err
}

// passes: the first pass gives every person that the second gives, and every
// deletion of one.
func passes(f Fixture, dir string) error {
	rows, err := good(f, dir)
	if err != nil {
		return err
	}
	people, err := readAll(f, dir, source.People)
	if err != nil {
		return err
	}
	for _, p := range rows.persons {
		if !slices.Contains(people.persons, p) {
			return errors.New("the Rows pass gives a person that the People pass does not")
		}
	}
	for _, id := range rows.gone {
		if !slices.Contains(people.gone, id) {
			return errors.New("the Rows pass gives a deletion of a person that the People pass does not")
		}
	}
	return nil
}

// concurrent: shards read from several goroutines at once give the same rows.
func concurrent(f Fixture, dir string) error {
	want, err := good(f, dir)
	if err != nil {
		return err
	}
	src, err := f.Open(dir)
	if err != nil {
		return err
	}
	list, err := src.Shards(context.Background(), source.Rows)
	if err != nil {
		return err
	}
	const readers = 4
	got := make([]reading, readers)
	errs := make([]error, readers)
	var wg sync.WaitGroup
	for i := range readers {
		wg.Go(func() {
			for j := range list {
				// Every reader begins elsewhere, so that the same shard is
				// read by several at once.
				if e := got[i].add(src, source.Rows, list[(i+j)%len(list)]); e != nil {
					errs[i] = e
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range got {
		if errs[i] != nil {
			return errs[i]
		}
		if err := same(got[i].rows, want.rows); err != nil {
			return fmt.Errorf("read at the same time: %w", err)
		}
	}
	return nil
}

// cancelled: a cancelled context stops the reading with its error.
func cancelled(f Fixture, dir string) error {
	return eachShard(f, dir, func(src source.Source, s source.Shard) error {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := src.Read(ctx, source.Rows, s, &record.Block{}, func() error { return nil })
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("%s: Read under a cancelled context: %v, want context.Canceled", s.File, err)
		}
		return nil
	})
}

// yieldError: the error of yield is returned, and yield is not called again.
func yieldError(f Fixture, dir string) error {
	stop := errors.New("stop")
	return eachShard(f, dir, func(src source.Source, s source.Shard) error {
		calls := 0
		err := src.Read(context.Background(), source.Rows, s, &record.Block{}, func() error { calls++; return stop })
		if calls != 1 || !errors.Is(err, stop) {
			return fmt.Errorf("%s: yield failed: Read returned %v after %d calls", s.File, err, calls)
		}
		return nil
	})
}

func eachShard(f Fixture, dir string, do func(source.Source, source.Shard) error) error {
	src, err := f.Open(dir)
	if err != nil {
		return err
	}
	list, err := src.Shards(context.Background(), source.Rows)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := do(src, s); err != nil {
			return err
		}
	}
	return nil
}

// lines splits the target into its header (tables only) and its lines, each
// with its line end.
func lines(f Fixture) (header []byte, body [][]byte) {
	body = bytes.SplitAfter(f.Files[f.Target], []byte("\n"))
	if len(body[len(body)-1]) == 0 {
		body = body[:len(body)-1]
	} else {
		body[len(body)-1] = append(bytes.Clone(body[len(body)-1]), '\n')
	}
	if f.Format == Table {
		return body[0], body[1:]
	}
	return nil, body
}

// picked: the records that lie where records say they do, read without the
// others, are the same records.
func picked(f Fixture, dir string) error {
	want, err := good(f, dir)
	if err != nil {
		return err
	}
	src, err := f.Open(dir)
	if err != nil {
		return quiet("open", err)
	}
	list, err := src.Shards(context.Background(), source.Rows)
	if err != nil {
		return quiet("shards", err)
	}
	got, done := &reading{}, map[string]bool{}
	for _, s := range list {
		rows := part(want.rows, func(r seen) bool { return r.file == s.File })
		if slices.ContainsFunc(rows, func(r seen) bool { return r.size == 0 }) {
			if err := got.add(src, source.Rows, s); err != nil {
				return err
			}
			continue
		}
		if done[s.File] {
			continue
		}
		done[s.File] = true
		spans := make([]source.Span, len(rows))
		for i, r := range rows {
			spans[i] = source.Span{From: r.from, Size: r.size}
		}
		slices.SortFunc(spans, func(a, b source.Span) int { return int(a.From - b.From) })
		spans = slices.Compact(spans)
		for i := range spans { // each by itself: were any read besides, its rows would stand twice
			one := spans[i : i+1]
			if err := got.add(src, source.Rows, source.Shard{File: s.File, Picked: &one}); err != nil {
				return err
			}
		}
	}
	places := func(rows []seen) []string {
		var all []string
		for _, r := range rows {
			all = append(all, fmt.Sprint(r.file, r.from, r.size, r.text))
		}
		return slices.Sorted(slices.Values(all))
	}
	if err := same(got.rows, want.rows); err != nil {
		return err
	}
	if !slices.Equal(places(got.rows), places(want.rows)) {
		return errors.New("records lie somewhere else when they are picked")
	}
	return nil
}
