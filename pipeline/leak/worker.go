package leak

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"secondaryuse/deid/trace"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage"
)

// worker searches one file at a time.
type worker struct {
	*Search
	ctx     context.Context
	results *results
	scan    *trace.Scanner
	file    string // as it is told
	where   string
	quiet   *bool // set where something is found, and nothing is told
	piece   job   // where it is of a piece: only what begins in it is told, the others are another's
	base    int64 // where what is scanned begins in the file
	texts   []byte
}

func (s *Search) worker(ctx context.Context, r *results) *worker {
	w := &worker{Search: s, ctx: ctx, results: r}
	w.begin()
	return w
}

// begin makes it as one that has searched nothing.
func (w *worker) begin() {
	w.quiet, w.piece, w.base, w.texts = nil, job{}, 0, nil
	w.scan = w.Wanted.Scanner(func(f trace.Finding) {
		if w.quiet != nil {
			*w.quiet = true
			return
		}
		if f.At += w.base; w.piece.to > 0 && (f.At < w.piece.from || f.At >= w.piece.to) {
			return
		}
		w.results.hit(w.file, w.where, f)
	})
}

// tells reports whether a text names somebody.
func (w *worker) tells(text string) bool {
	found := false
	w.quiet = &found
	w.scan.Bytes([]byte(text))
	w.quiet = nil
	return found
}

// name searches a name.
func (w *worker) name(told, name string) {
	w.file, w.where = told, "its name"
	w.scan.Bytes([]byte(name))
}

// do searches a file. What is wrong with it is noted, and others are searched all the
// same.
func (w *worker) do(j job) {
	w.file = j.told
	w.noted(func() error { return w.search(j) })
}

// noted does something, and notes what is wrong with the file. A panic may leave anything
// half done, and what follows it must not be searched with that.
func (w *worker) noted(f func() error) {
	file := w.file
	err := guard.Try(f)
	if _, is := err.(*guard.Panic); is {
		w.begin()
	}
	if err != nil && gone(err) != nil && w.ctx.Err() == nil {
		w.results.fault(file, w.reason(err))
	}
}

// reason is an error that tells nobody.
func (w *worker) reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if text := err.Error(); !w.tells(text) {
		return text
	}
	return "it cannot be read"
}

// search searches a file by its bytes, and by what they mean.
func (w *worker) search(j job) error {
	if ledger.Held(j.path) {
		return w.held(j.path)
	}
	f, kind, size, err := opened(j.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := w.raw(f, kind, j); err != nil || j.from > 0 {
		return err
	}
	w.results.read(string(kind), size)
	return w.meaning(f, kind, j, size)
}

// held searches a ledger, which other processes may write to and this one may have open.
// What SQLite shares of it are numbers of pages.
func (w *worker) held(path string) error {
	if filepath.Base(path) != ledger.Name {
		return nil
	}
	pages, err := ledger.Pages(w.ctx, path)
	if err != nil {
		return err
	}
	defer pages.Close()
	w.where, w.scan.SQLite = "bytes", true
	size, err := w.scan.Read(w.canceled(pages))
	w.scan.SQLite = false
	if err != nil {
		return err
	}
	w.results.read(string(sqlite), size)
	return w.sqlite(path)
}

// raw searches the bytes of a file, or of a piece of it and what lies around.
func (w *worker) raw(f *os.File, kind kind, j job) error {
	w.where, w.piece, w.base = "bytes", j, max(0, j.from-trace.Reach)
	w.scan.SQLite, w.scan.Packed = kind == sqlite || kind == ahead, kind.packed()
	var r io.Reader = io.NewSectionReader(f, 0, 1<<62) // several may read it at once
	if j.to > 0 {
		r = io.NewSectionReader(f, w.base, j.to+trace.Reach-w.base)
	}
	_, err := w.scan.Read(w.canceled(r))
	w.scan.SQLite, w.scan.Packed, w.piece, w.base = false, false, job{}, 0
	return err
}

// meaning searches what a reader would be shown of a file.
func (w *worker) meaning(f *os.File, kind kind, j job, size int64) error {
	switch kind {
	case parquet:
		return w.parquet(j.path)
	case cutOff:
		n := 0
		_, err := stage.Loose(j.path, func(page []byte) {
			n++
			w.where = "a page that was cut off"
			w.scan.Bytes(page)
		})
		return err
	case sqlite:
		return w.sqlite(j.path)
	case duckdb:
		return w.duckdb(j.path)
	case closed:
		return errClosed
	case gzipped, zstded, bzipped, zipped, tarred, aged:
		_, err := f.Seek(0, io.SeekStart)
		if err == nil {
			err = w.inside(kind, bufio.NewReaderSize(f, 1<<16), f, size, j.depth)
		}
		return err
	}
	return nil
}

// canceled ends a reading when the context does.
func (w *worker) canceled(r io.Reader) io.Reader { return reading{w.ctx, r} }

type reading struct {
	ctx context.Context
	r   io.Reader
}

func (r reading) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// reader is the same of what is read at any place.
type reader struct {
	ctx context.Context
	r   io.ReaderAt
}

func (r reader) ReadAt(b []byte, at int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.ReadAt(b, at)
}

// parquet searches every value of a Parquet file.
func (w *worker) parquet(path string) error {
	_, err := stage.Search(path, w)
	w.flush()
	return err
}

// Column, ID and Text take up the values of a Parquet file.
func (w *worker) Column(name string) {
	w.flush()
	w.where = "column " + name
	if w.tells(name) {
		w.where = "a column"
	}
}

// ID takes up an integer: as it is, as one without a sign, and as a decimal with up to
// six places.
func (w *worker) ID(v uint64) {
	if int64(v) < 0 && int64(v) >= -1<<31 {
		v = uint64(uint32(v))
	}
	w.scan.Int(int64(v))
	for range 6 {
		if v%10 != 0 || v < 1e10 {
			return
		}
		v /= 10
		w.scan.Int(int64(v))
	}
}

// Text takes up a text. Many are searched at once.
func (w *worker) Text(b []byte) {
	if len(w.texts) == 0 {
		w.texts = append(w.texts, '\n')
	}
	if w.texts = append(append(w.texts, b...), '\n'); len(w.texts) > 1<<16 {
		w.flush()
	}
}

// Bytes takes up bytes that are no text.
func (w *worker) Bytes(b []byte) { w.Text(b) }

func (w *worker) flush() {
	w.scan.Bytes(w.texts)
	w.texts = w.texts[:0]
}

func (w *worker) sqlite(path string) error {
	err := ledger.Values(w.ctx, path, func(table, column string, v any) {
		w.at("table " + table + ", column " + column)
		switch v := v.(type) {
		case int64:
			w.ID(uint64(v))
		case float64:
			w.scan.Float(v)
		case string:
			w.Text([]byte(v))
		case []byte:
			w.Text(v)
		}
	})
	w.flush()
	return err
}

func (w *worker) duckdb(path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() < emptyDuckDB {
		return err // it was being made
	}
	err := w.Database(w.ctx, path, func(table, column, value string) {
		w.at("table " + table + ", column " + column)
		w.Text([]byte(value))
	})
	w.flush()
	return err
}

// emptyDuckDB is how long a DuckDB file without anything in it is.
const emptyDuckDB = 3 * 4096

// at goes to another column.
func (w *worker) at(where string) {
	if where == w.where {
		return
	}
	w.flush()
	if w.where = where; w.tells(where) {
		w.where = "a column of a table"
	}
}

// spool searches what must lie in a file to be opened.
func (w *worker) spool(r io.Reader, depth int) error {
	f, err := os.CreateTemp(w.Temp, "leak-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, w.canceled(r))
	if err = errors.Join(err, f.Close()); err == nil {
		err = w.search(job{path: f.Name(), depth: depth})
	}
	return err
}
