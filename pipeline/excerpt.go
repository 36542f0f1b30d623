package pipeline

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/source"
)

// excerpt is a folder with what is to be read again of one delivery: the lines
// that were asked for, and whole files where records cannot be told apart. It is
// in the format of the delivery, so whatever reads that reads this.
type excerpt struct {
	r    *Run
	from batch
	to   string
}

// excerpts writes what is to be read again, a folder a delivery, and opens it.
// The folders are identified data; whoever calls takes them away.
func (r *Run) excerpts(ctx context.Context, from []batch, places map[delivery]map[locator.Place]bool, to string) ([]batch, error) {
	var out []batch
	left := maps.Clone(places)
	for _, b := range from {
		delete(left, delivery{b.feed, b.Number})
		picked := places[delivery{b.feed, b.Number}]
		if len(picked) == 0 {
			continue
		}
		f := r.Feeds[b.feed]
		x := excerpt{r: r, from: b, to: filepath.Join(to, fmt.Sprintf("%02d-%d", b.feed, b.Number))}
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
		b.src, b.again = src, true
		out = append(out, b)
	}
	for d := range left {
		return nil, fmt.Errorf("feed %s: delivery %d: %w", r.Feeds[d.feed].Name, d.number, errMissing)
	}
	return out, nil
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
			return errMissing
		}
		files, places = append(files, places[:n]), places[n:]
	}
	var wg guard.Group
	for w := range errs {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)) && errs[w] == nil && ctx.Err() == nil; i = next.Add(1) - 1 {
				errs[w] = guard.Try(func() error { return x.file(names[files[i][0].File], files[i]) })
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
	from, to := filepath.Join(x.from.Dir, filepath.FromSlash(name)), filepath.Join(x.to, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	from, err := filepath.EvalSymlinks(from) // a link to a link would lead nowhere
	if err != nil {
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
	return errors.Join(x.lines(in, out, places), out.Close())
}

// lines writes the lines that are asked for, after those that the first must
// come before.
func (x excerpt) lines(in *os.File, out io.Writer, places []locator.Place) error {
	w, written := bufio.NewWriterSize(out, 1<<18), int64(0)
	if x.r.Feeds[x.from.feed].Header {
		var err error
		if written, err = header(w, in); err != nil {
			return err
		}
	}
	for _, p := range places {
		if p.From < written {
			continue // it is the header
		}
		if n, err := io.Copy(w, io.NewSectionReader(in, p.From, p.Size)); err != nil || n < p.Size {
			return errors.Join(errMissing, err)
		}
		w.WriteByte('\n')
	}
	return w.Flush()
}

// header writes a file up to the end of its first line that is not blank, and
// returns how much that is.
func header(to *bufio.Writer, from io.Reader) (n int64, err error) {
	for r := bufio.NewReader(from); ; {
		line, err := r.ReadBytes('\n')
		n += int64(len(line))
		if err != nil && err != io.EOF {
			return n, err
		}
		to.Write(line)
		if len(bytes.TrimSpace(line)) > 0 || err != nil {
			if err != nil {
				to.WriteByte('\n') // more may follow
			}
			return n, nil
		}
	}
}
