package population

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Never as a day is before all days: what has changed since is everything.
const Never = never

// Export is what a bulk-data server gives of the shared record, as its manifest
// lists it: Clock is its transactionTime.
type Export struct {
	Clock   time.Time
	Outputs []Output
}

// Output is a file of an Export: lines of one type of resource, or Bundles of
// deletions.
type Output struct {
	Type    string
	Path    string
	Count   int
	Deleted bool
}

// Serve writes what the feeds give at the end of a day, everything where since
// is Never and else what has changed since the end of that day, to Plan.Out, and
// returns what a bulk-data server's manifest would list of the shared record in
// it. Nights may be skipped: the newest version of what has changed since is
// there once, and what was deleted since is among the deletions.
func Serve(ctx context.Context, p Plan, since, day int) (Export, error) {
	var err error
	if since == Never {
		_, err = State(ctx, p, day, nil)
	} else {
		err = Delta(ctx, p, since, day)
	}
	if err != nil {
		return Export{}, err
	}
	e := Export{Clock: p.Clock(day)}
	root := filepath.Join(p.Out, "shared-record")
	for _, pattern := range []string{"*.ndjson*", "deleted/*.ndjson"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern)) // in the order of names
		if err != nil {
			return Export{}, err // unreachable: the patterns are constants
		}
		for _, path := range paths {
			o := Output{Type: typed.FindString(filepath.Base(path)), Path: path, Deleted: strings.HasPrefix(pattern, "deleted")}
			if o.Count, err = o.lines(); err != nil {
				return Export{}, fmt.Errorf("population: %w", err)
			}
			e.Outputs = append(e.Outputs, o)
		}
	}
	return e, nil
}

// typed is the type of resource in the name of a file.
var typed = regexp.MustCompile(`[A-Z][A-Za-z]+`)

// lines counts the lines of the file.
func (o *Output) lines() (n int, err error) {
	r, err := o.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	lines := bufio.NewReader(r)
	for {
		switch _, err := lines.ReadSlice('\n'); err {
		case nil:
			n++
		case bufio.ErrBufferFull:
		case io.EOF:
			return n, nil
		default:
			return 0, err
		}
	}
}

// Open returns the text of the file, unpacked.
func (o *Output) Open() (io.ReadCloser, error) {
	f, err := os.Open(o.Path)
	if err != nil {
		return nil, err
	}
	switch filepath.Ext(o.Path) {
	case ".gz":
		z, err := gzip.NewReader(f)
		if err != nil {
			f.Close()
			return nil, err
		}
		return unpacked{z, f}, nil
	case ".zst":
		z, err := zstd.NewReader(f)
		if err != nil {
			f.Close()
			return nil, err
		}
		return unpacked{z.IOReadCloser(), f}, nil
	}
	return f, nil
}

// unpacked is a text and the file that it is read from.
type unpacked struct {
	io.ReadCloser
	file io.Closer
}

func (u unpacked) Close() error {
	u.ReadCloser.Close()
	return u.file.Close()
}
