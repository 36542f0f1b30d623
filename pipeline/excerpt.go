package pipeline

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/source"
)

// excerpt is a folder with what is to be read again of one delivery: the lines
// that were asked for, and whole files where records cannot be told apart. It is
// in the format of the delivery, so whatever reads that reads this.
type excerpt struct {
	r    *Run
	from batch
	dir  string // of the delivery
	to   string
}

// excerpts writes what is to be read again, a folder a delivery, and opens it.
// The folders are identified data; whoever calls takes them away.
func (r *Run) excerpts(ctx context.Context, from []batch, places map[delivery]map[locator.Place]bool, to string) ([]batch, error) {
	var out []batch
	for _, b := range from {
		picked := places[delivery{b.feed, b.number}]
		if len(picked) == 0 {
			continue
		}
		f := r.Feeds[b.feed]
		x := excerpt{r: r, from: b, dir: f.folder(b.number), to: filepath.Join(to, fmt.Sprintf("%02d-%d", b.feed, b.number))}
		if err := x.write(ctx, picked); err != nil {
			return nil, fmt.Errorf("feed %s: what is read again: %w", f.Name, told(err))
		}
		beside := f.folders()
		if f.Folder != "" {
			beside = []string{f.Folder}
		}
		src, err := f.Open(x.to, beside)
		if err != nil {
			return nil, fmt.Errorf("feed %s: what is read again: %w", f.Name, told(err))
		}
		b.src = src
		out = append(out, b)
	}
	return out, nil
}

// folder is where a delivery lies.
func (f Feed) folder(number int64) string {
	for _, d := range f.Landed {
		if d.Number == number {
			return d.Dir
		}
	}
	return f.Folder
}

// write writes the excerpt.
func (x excerpt) write(ctx context.Context, picked map[locator.Place]bool) error {
	names, err := x.files(ctx)
	if err != nil {
		return err
	}
	places := make([]locator.Place, 0, len(picked))
	for p := range picked {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b locator.Place) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.From, b.From)) })
	errs := make([]error, workers())
	var next atomic.Int64
	var files [][]locator.Place
	for len(places) > 0 {
		n := 1
		for n < len(places) && places[n].File == places[0].File {
			n++
		}
		if places[0].File >= len(names) {
			return errors.New("it holds fewer files than when it was read first")
		}
		files, places = append(files, places[:n]), places[n:]
	}
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)) && errs[w] == nil && ctx.Err() == nil; i = next.Add(1) - 1 {
				errs[w] = x.file(names[files[i][0].File], files[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// files lists the files of the delivery as they were counted when its records
// were read.
func (x excerpt) files(ctx context.Context) ([]string, error) {
	shards, err := x.from.src.Shards(ctx, source.Rows)
	if err != nil {
		return nil, err
	}
	var names []string
	seen := make(map[string]bool)
	for _, s := range shards {
		if !seen[s.File] {
			seen[s.File] = true
			names = append(names, s.File)
		}
	}
	return names, nil
}

// file writes the excerpt of one file.
func (x excerpt) file(name string, places []locator.Place) error {
	whole := slices.ContainsFunc(places, func(p locator.Place) bool { return p.Size == 0 })
	from, to := filepath.Join(x.dir, filepath.FromSlash(name)), filepath.Join(x.to, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if whole && os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if whole { // it lies on another disk
		_, err := io.Copy(out, in)
		return errors.Join(err, out.Close())
	}
	w := bufio.NewWriterSize(out, 1<<18)
	if x.r.Feeds[x.from.feed].Header {
		line, err := bufio.NewReader(in).ReadBytes('\n')
		if err != nil {
			return errors.Join(err, out.Close())
		}
		w.Write(line)
	}
	for _, p := range places {
		if _, err := io.Copy(w, io.NewSectionReader(in, p.From, p.Size)); err != nil {
			return errors.Join(err, out.Close())
		}
		w.WriteByte('\n')
	}
	return errors.Join(w.Flush(), out.Close())
}
