// Package fitbit reads what Fitbit's Web API answered, as it was written down,
// and the export of a study platform that gathered it.
//
// A file is a JSON document, pretty or not, or a run of lines with a document
// each; it is taken for lines when its first line is an object by itself. Plain
// or gzip, in any folder below the feed's.
//
// An answer of the API is an object whose members name a collection. A record
// is one entry of such a collection: a day of a series, a sleep log, a weight
// log, an activity log; or the whole of a member "…-intraday", whose samples
// are its further readings. SpO2 comes without a collection: there the document
// is the record, or each element of it. An answer does not say whose it is: the
// account is the first folder of the file's path.
//
// A line of the export is a record, and names its ParticipantIdentifier, which
// is the account whatever the folder. Which of the export's datasets it is from
// is seen from its members, not from the file's name. The intraday dataset holds
// series of three shapes one after the other: values by the minute or second,
// energy with its level and METs, and from the breathing rate on lines without
// a Value at all, with dates instead of times or times with milliseconds.
//
// A record is known by its account, its collection and its date, time or logId.
// The profile is never read, nor are names of devices and foods, nor notes.
//
// All times are wall clock times without a zone, and the export writes "+00:00"
// behind some that are none of UTC: what the clock showed is kept. Distances are
// kilometres and weights kilograms, as the API gives them unless it is asked for
// other units; answers do not say.
package fitbit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/scan"
	"secondaryuse/pipeline/source/wearable"
)

// Source is a folder of answers and exports.
type Source struct {
	dir     string
	block   int64 // how long a shard of a file of lines is
	readers sync.Pool
}

// Open returns the source of a folder. The folder is looked at when its shards
// are listed.
func Open(dir string) *Source { return &Source{dir: dir, block: 64 << 20} }

// Shards lists the files of the folder, and large files of lines in blocks.
func (s *Source) Shards(ctx context.Context, pass source.Pass) ([]source.Shard, error) {
	files, err := wearable.List(ctx, s.dir, pass, wanted)
	if err != nil {
		return nil, err
	}
	list := make([]source.Shard, 0, len(files))
	for _, f := range files {
		if f.Bytes <= s.block || !s.lines(f.File) {
			list = append(list, f)
			continue
		}
		for at := int64(0); at < f.Bytes; at += s.block {
			n := min(s.block, f.Bytes-at)
			list = append(list, source.Shard{File: f.File, Offset: at, Length: n, Bytes: n})
		}
	}
	return list, nil
}

// manifest is the export's list of what is in it.
const manifest = "Manifest.csv"

func wanted(file string) bool {
	low := strings.ToLower(strings.TrimSuffix(file, ".gz"))
	return strings.HasSuffix(low, ".json") || strings.HasSuffix(low, ".ndjson") || path.Base(file) == manifest
}

// lines reports whether a file is plain text of lines with a document each.
func (s *Source) lines(file string) bool {
	name := s.path(file)
	if whole, err := scan.Whole(name); whole || err != nil {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false // Read will say so
	}
	defer f.Close()
	head := make([]byte, 1<<20)
	n, _ := f.Read(head)
	line, _, ended := bytes.Cut(bytes.TrimLeft(head[:n], "\xef\xbb\xbf \t\r\n"), []byte("\n"))
	return ended && oneObject(line)
}

// oneObject reports whether a line looks like an object by itself, be it a
// damaged one.
func oneObject(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 1 && line[0] == '{' && line[len(line)-1] == '}'
}

func (s *Source) path(file string) string { return filepath.Join(s.dir, filepath.FromSlash(file)) }

// Read reads one file, or a block of one. Head.Line is 0 in the rows of a block
// that begins inside its file.
func (s *Source) Read(ctx context.Context, _ source.Pass, sh source.Shard, b *record.Block, yield func() error) error {
	r, _ := s.readers.Get().(*reader)
	if r == nil {
		r = &reader{}
	}
	defer s.readers.Put(r)
	r.sink.Reset(ctx, "fitbit", b, yield)
	r.upload = wearable.UploadOf(sh.File)
	r.folder = append(r.folder[:0], wearable.Account(sh.File)...)
	var err error
	if path.Base(sh.File) == manifest {
		r.sink.Begin(1)
		err = r.sink.Pass("manifest")
	} else {
		err = r.file(s.path(sh.File), sh)
	}
	if err != nil {
		return fmt.Errorf("fitbit: %w", err)
	}
	return r.sink.Close()
}
