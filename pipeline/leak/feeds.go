package leak

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/klauspost/compress/zstd"

	"secondaryuse/deid/trace"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/stage"
)

// Feed is a folder, or a file, whose persons are looked for.
type Feed struct {
	Name    string
	Dir     string
	Numbers []string // columns that hold NHS numbers, besides those whose name says so
	Locals  []string // columns that hold local numbers
	System  string   // of identifiers that are local numbers of persons, besides NHS numbers
	Folders bool     // folders and archives are called by accounts
	Plain   bool     // a list: whatever is an NHS number in it is somebody's
}

// Gather takes up every identifier in the feeds, on all cores. What cannot be read is an
// error: of whom it names, nobody would be looked for. Errors name feed and reason, and
// never a file, which may be called by a person. What it returns changes when a file of
// the feeds does.
func Gather(ctx context.Context, to *trace.Wanted, feeds ...Feed) (state uint64, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	jobs := make(chan *gatherer)
	var crew guard.Group
	for range runtime.GOMAXPROCS(0) {
		crew.Go(func() {
			for g := range jobs {
				if ctx.Err() != nil {
					continue
				}
				g.roles = make(map[string]role)
				if err := guard.Try(g.open); err != nil {
					stop(g.fault(err))
				}
			}
		})
	}
	for _, f := range feeds {
		g := gatherer{ctx: ctx, to: to, feed: f, path: f.Dir}
		if err := g.files(jobs); err != nil {
			stop(g.fault(err))
		}
		state += g.state
	}
	close(jobs)
	crew.Wait()
	return state, context.Cause(ctx)
}

// gatherer gathers from one file of a feed, or from a part of it.
type gatherer struct {
	ctx         context.Context
	to          *trace.Wanted
	feed        Feed
	path        string
	entry       int             // of the feed's folder
	from, until int64           // where it is a part
	role        role            // of the column of a Parquet file
	roles       map[string]role // of names, as far as they came
	state       uint64
}

func (g *gatherer) fault(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("feed %s: entry %d of its folder: %w", g.feed.Name, g.entry, err)
}

// files lists the files of a feed. As its source does, it goes where links lead.
func (g *gatherer) files(jobs chan<- *gatherer) error {
	dir, err := filepath.EvalSymlinks(g.feed.Dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || g.ctx.Err() != nil {
			return errors.Join(err, g.ctx.Err())
		}
		if path != dir && g.feed.Folders {
			g.account(strings.TrimSuffix(d.Name(), filepath.Ext(d.Name())), d.IsDir())
		}
		g.entry++
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return gone(err)
		}
		g.state += stateOf(path, info)
		parts, err := partsOf(path, info.Size())
		for _, p := range parts {
			one := *g
			one.path, one.from, one.until = path, p.from, p.to
			jobs <- &one
		}
		return err
	})
}

// stateOf tells a file from what it was before.
func stateOf(path string, info fs.FileInfo) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%d", path, info.Size(), info.ModTime().UnixNano())
	return h.Sum64()
}

// partsOf are the parts of a file that can be read each by itself: of a long one that has
// lines, some.
func partsOf(path string, size int64) ([]job, error) {
	if size <= 2*longest {
		return []job{{}}, nil
	}
	f, is, _, err := opened(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	first, err := long(bufio.NewReaderSize(f, 1<<20))
	if ended(err) != nil {
		return nil, err
	}
	if text := bytes.TrimSpace(first); is != plain || len(text) == 0 || text[0] == '<' || text[0] == '[' || text[0] == '{' && !whole(text) {
		return []job{{}}, nil
	}
	return pieces(job{}, size, longest), nil
}

// account takes up what a folder is called by, or an archive.
func (g *gatherer) account(name string, dir bool) {
	if len(name) >= 8 && strings.ContainsAny(name, "0123456789") && (dir || !strings.Contains(name, "_")) {
		g.to.Word(trace.Account, name)
	}
}

func (g *gatherer) open() error {
	f, is, size, err := opened(g.path)
	if err != nil {
		return err
	}
	defer f.Close()
	switch {
	case g.until > 0:
		return g.part(f)
	case is == parquet && !g.feed.Plain:
		_, err := stage.Search(g.path, g)
		return err
	case is == cutOff:
		return nil // its source rejects it, and takes nothing of it
	case is == zipped:
		return g.zip(f, size)
	}
	return g.stream(f)
}

// part takes up the lines that begin in a part of a file.
func (g *gatherer) part(f io.ReaderAt) error {
	head, err := linesIn(reader{g.ctx, f}, 0, g.until)
	if err != nil {
		return ended(err)
	}
	t, first, err := g.tableOf(head)
	l, err2 := linesIn(reader{g.ctx, f}, g.from, g.until)
	switch {
	case cmp.Or(err, err2) != nil:
		return ended(cmp.Or(err, err2))
	case whole(bytes.TrimSpace(first)):
		return g.json(l, false)
	case g.from == 0:
		l = head // is behind the header
	}
	return g.rows(t, l)
}

// zip takes up what the files of an archive name. One that is damaged its source rejects.
func (g *gatherer) zip(f *os.File, size int64) error {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil
	}
	for _, e := range archive.File {
		r, err := e.Open()
		if err != nil {
			continue
		}
		err = g.stream(r)
		if err = errors.Join(err, r.Close()); ended(err) != nil {
			return err
		}
	}
	return nil
}

// stream takes up what a text names. One that is damaged is read as far as it can be:
// its source takes no more of it.
func (g *gatherer) stream(r io.Reader) error {
	b := bufio.NewReaderSize(reading{g.ctx, r}, 1<<20)
	head, _ := b.Peek(512)
	switch kindOfHead(head) {
	case gzipped:
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil
		}
		return g.stream(z)
	case zstded:
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil
		}
		defer z.Close()
		return g.stream(z)
	}
	if text := strings.TrimLeft(string(head), "\ufeff \t\r\n"); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return g.json(allLines(b), true)
	} else if strings.HasPrefix(text, "<") {
		return nil // an export of Apple Health, which names nobody but by its folder
	}
	return g.table(allLines(b))
}

// Column, ID and Text take up the columns of a Parquet file.
func (g *gatherer) Column(name string) { g.role = g.roleOf(name) }

// ID takes up an integer.
func (g *gatherer) ID(v uint64) {
	if g.role == number && v < 1e10 {
		g.Text([]byte(pad(v)))
	} else if g.role == local {
		g.Text([]byte(itoa(int(v))))
	}
}

// Text takes up a text.
func (g *gatherer) Text(b []byte) {
	if g.role != nothing && len(b) > 0 {
		g.take(g.role, string(b))
	}
}
