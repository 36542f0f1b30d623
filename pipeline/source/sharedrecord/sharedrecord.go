// Package sharedrecord is the source for a shared care record in FHIR: a
// folder of bulk-export files, one resource a line.
//
// Files are told by name: a name says which resource type a file holds
// (Observation.ndjson, Observation.000.ndjson, 30.Observation.ndjson), plain or
// compressed with gzip or zstd, which is seen from the content. The folder
// deleted, and a Bundle line anywhere, may name records that are no more. Logs,
// manifests and checksums are passed over; a file that names a resource type
// but is of another format is one Reject.
//
// Each resource is decoded by what it says it is, whatever the file's name
// says. The one exception are patients: who the persons of a feed are is read
// first, from files that are named for them, that open with one, or that do
// not tell; a Patient anywhere else is a Reject. Which of them are no more is
// read with them, in those files and in the folder deleted.
package sharedrecord

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/scan"
)

// Config says where the feed is and how it names persons.
type Config struct {
	Dir    string
	Beside []string // folders, oldest first, that hold the medicines and organisations that records in Dir refer to; Dir itself when there is none
	Person fhir.Person
	Limit  int // longest line in bytes; 0: scan.Limit
}

// Source is a feed of bulk-export files.
type Source struct {
	config   Config
	lookup   func() (*fhir.Lookup, error)
	asked    atomic.Bool // the look-up was
	decoders sync.Pool
	numbers  numbers
	block    int64 // how much of a plain file is one shard
}

// New returns the source. Nothing is read yet.
func New(c Config) *Source {
	s := &Source{config: c, block: 4 << 20}
	s.lookup = sync.OnceValues(func() (*fhir.Lookup, error) {
		s.asked.Store(true)
		return s.readLookup()
	})
	return s
}

var _ source.Source = (*Source)(nil)

// Shards lists the files, and large plain files in blocks.
func (s *Source) Shards(ctx context.Context, p source.Pass) ([]source.Shard, error) {
	files, err := s.files(ctx)
	if err != nil {
		return nil, err
	}
	var shards []source.Shard
	for _, f := range files {
		if p == source.People && (!f.deleted || f.foreign) {
			if has, err := s.holdsPersons(f); err != nil {
				return nil, err
			} else if !has {
				continue
			}
		}
		if shards, err = s.cut(shards, f); err != nil {
			return nil, err
		}
	}
	return shards, nil
}

// cut appends the shards of one file.
func (s *Source) cut(shards []source.Shard, f file) ([]source.Shard, error) {
	whole := f.size < 2*s.block || f.foreign
	if !whole {
		var err error
		if whole, err = scan.Whole(s.path(f.name)); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if whole {
		return append(shards, source.Shard{File: f.name, Bytes: f.size}), nil
	}
	for at := int64(0); at < f.size; at += s.block {
		n := min(s.block, f.size-at)
		shards = append(shards, source.Shard{File: f.name, Offset: at, Length: n, Bytes: n})
	}
	return shards, nil
}

func (s *Source) path(name string) string {
	return filepath.Join(s.config.Dir, filepath.FromSlash(name))
}

func (s *Source) decoder() (*fhir.Decoder, error) {
	if d, ok := s.decoders.Get().(*fhir.Decoder); ok {
		return d, nil
	}
	l, err := s.lookup()
	if err != nil {
		return nil, err
	}
	return fhir.New(fhir.Options{Person: s.config.Person, Lookup: l}), nil
}

// rejectFile notes that a file as a whole cannot be read.
func rejectFile(b *record.Block, dataset term.Word, line int64, reason string) {
	b.Read++
	b.Rejects = append(b.Rejects, record.Reject{Dataset: dataset, Line: line, Reason: reason})
}
