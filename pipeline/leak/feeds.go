package leak

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

// Gather takes up every identifier in the feeds. What cannot be read is an error: of
// whom it names, nobody would be looked for. Errors name feed and reason, and never a
// file, which may be called by a person.
func Gather(ctx context.Context, to *trace.Wanted, feeds ...Feed) error {
	for _, f := range feeds {
		g := gatherer{ctx: ctx, to: to, feed: f}
		n := 0
		err := filepath.WalkDir(f.Dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
			if rel, _ := filepath.Rel(f.Dir, path); rel != "." && f.Folders {
				g.account(strings.TrimSuffix(d.Name(), filepath.Ext(d.Name())), d.IsDir())
			}
			if n++; !d.Type().IsRegular() {
				return nil
			}
			return guard.Try(func() error { return g.open(path) })
		})
		if err != nil {
			var p *fs.PathError
			if errors.As(err, &p) {
				err = p.Err
			}
			return errors.New("feed " + f.Name + ": entry " + itoa(n) + " of its folder: " + err.Error())
		}
	}
	return nil
}

// gatherer gathers from one feed.
type gatherer struct {
	ctx  context.Context
	to   *trace.Wanted
	feed Feed
	role role // of the column of a Parquet file
}

// account takes up what a folder is called by, or an archive.
func (g *gatherer) account(name string, dir bool) {
	if len(name) >= 8 && strings.ContainsAny(name, "0123456789") && (dir || !strings.Contains(name, "_")) {
		g.to.Word(trace.Account, name)
	}
}

func (g *gatherer) open(path string) error {
	f, is, size, err := opened(path)
	if err != nil {
		return err
	}
	defer f.Close()
	switch is {
	case parquet:
		if g.feed.Plain {
			break
		}
		_, err := stage.Search(path, g)
		return err
	case cutOff:
		return nil // its source rejects it, and takes nothing of it
	case zipped:
		return g.zip(f, size)
	}
	return g.stream(f)
}

func (g *gatherer) zip(f *os.File, size int64) error {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil // its source rejects it
	}
	for _, e := range archive.File {
		r, err := e.Open()
		if err != nil {
			return nil
		}
		err = g.stream(r)
		if err = errors.Join(err, r.Close()); err != nil {
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
		return g.json(b)
	} else if strings.HasPrefix(text, "<") {
		return nil // an export of Apple Health, which names nobody but by its folder
	}
	return g.table(b)
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
