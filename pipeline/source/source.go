// Package source is the contract between a feed's format and the pipeline: a
// Source lists the shards of a feed and decodes one at a time into blocks of
// identified records. The adapters are the folders below; each passes the
// suite in package sourcetest.
//
// A source never judges, never drops and never guesses. Every input record it
// meets ends in the block exactly once: as the row with Part 0 of some
// dataset, as a deletion, as a Reject with its line, or in Unused.
package source

import (
	"context"

	"secondaryuse/deid/record"
)

// Pass says what a feed is read for.
type Pass uint8

const (
	// People reads only who the feed's persons are: blocks hold Persons, and the
	// Deletions of such, and nothing else needs to be filled. Nothing is counted
	// in this pass.
	People Pass = iota + 1
	// Rows reads everything, persons included.
	Rows
)

// Shard is a part of a feed that can be read on its own: a file, or a block of
// a file. Shards of one pass together cover the feed exactly once.
type Shard struct {
	File   string  // as the operator knows it, relative to the feed's folder
	Offset int64   // first byte; a reader of lines begins after the first line end at or after Offset-1, unless Offset is 0
	Length int64   // bytes; 0 means the whole file
	Bytes  int64   // size, for progress; compressed size where compressed
	Picked *[]Span // if not nil: only the records, in plain files, that lie there are read, as if there were no others
}

// Span is where a record lies in its file, as its Head has it. The spans of a
// shard rise.
type Span struct{ From, Size int64 }

// Source is a feed. Its methods may be called from several goroutines at once.
type Source interface {
	// Shards lists what has to be read in the given pass, in a fixed order.
	// An unreadable or empty folder is an error.
	Shards(ctx context.Context, pass Pass) ([]Shard, error)

	// Read decodes one shard into b and calls yield each time b is full and
	// once at the end. b and all it points to are valid until yield returns;
	// Read resets it before it goes on. A record that cannot be read becomes a
	// Reject and the rest is read; what makes the rest of the shard unreadable
	// (a truncated gzip, UTF-16, a file of another kind) becomes one Reject
	// with its line, and Read returns nil. An error is returned when the file
	// cannot be opened, or when yield or ctx returns one. Errors name file,
	// line, field and reason, never a value.
	Read(ctx context.Context, pass Pass, s Shard, b *record.Block, yield func() error) error
}

// BlockRows is about how many rows a source gathers before it yields: as many
// as stay in a processor's cache on their way to the stage.
const BlockRows = 256
