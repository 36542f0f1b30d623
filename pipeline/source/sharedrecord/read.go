package sharedrecord

import (
	"context"
	"fmt"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/scan"
)

// Read decodes one shard. Head.Line is 0 in rows of a shard that begins inside
// its file; the lines of rejects are always those of the file.
func (s *Source) Read(ctx context.Context, p source.Pass, shard source.Shard, b *record.Block, yield func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.Reset()
	f, _ := named(shard.File)
	if f.foreign {
		if p == source.Rows {
			rejectFile(b, "", 0, "not an NDJSON file")
		}
		return yield()
	}
	decode, done, err := s.decode(f, p)
	if err != nil {
		return err
	}
	defer done()
	lines, err := s.lines(f, shard)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	r := reading{source: s, shard: shard, lines: lines, block: b, decode: decode, yield: yield, people: p == source.People}
	err = r.all(ctx)
	if e := lines.Close(); err == nil && e != nil {
		err = fmt.Errorf("%s: %w", f.name, e)
	}
	return err
}

// lines opens a shard.
func (s *Source) lines(f file, shard source.Shard) (*scan.Lines, error) {
	if shard.Picked != nil {
		return scan.OpenPicked(s.path(f.name), *shard.Picked)
	}
	return scan.Open(s.path(f.name), shard.Offset, shard.Length, s.config.Limit)
}

// decoding is how the lines of a file are decoded in a pass.
type decoding struct {
	at    func(from, size int64)
	line  func([]byte, *record.Block, int64)
	reset func()
}

// decode returns how lines of f are decoded, and what must be called when all
// have been.
func (s *Source) decode(f file, p source.Pass) (decoding, func(), error) {
	d, err := s.decoder()
	if err != nil {
		return decoding{}, nil, err
	}
	done := func() {
		d.Reset()
		s.decoders.Put(d)
	}
	how := decoding{d.At, d.Decode, d.Reset}
	if p == source.People && f.deleted {
		how.line = func(text []byte, b *record.Block, line int64) {
			d.People(text, b, line)
			b.Persons = b.Persons[:0] // which the other pass rejects
		}
	} else if p == source.People {
		how.line = d.People
	} else if has, err := s.holdsPersons(f); err != nil {
		return decoding{}, nil, err
	} else if !has {
		how.line = d.DecodeOthers
	}
	return how, done, nil
}

// reading is the reading of one shard.
type reading struct {
	source *Source
	shard  source.Shard
	lines  *scan.Lines
	block  *record.Block
	decode decoding
	yield  func() error
	people bool
	count  int  // lines since the last yield
	any    bool // a line has been found
}

// heldBytes is how many bytes of lines a block may point to.
const heldBytes = 16 << 20

func (r *reading) all(ctx context.Context) error {
	for r.lines.Next() {
		if err := r.one(); err != nil {
			return err
		}
		if r.count++; r.count < source.BlockRows && r.lines.Held() < heldBytes {
			continue
		}
		if err := r.full(ctx); err != nil {
			return err
		}
	}
	if err := r.lines.Err(); err != nil {
		return fmt.Errorf("%s: line %d: %w", r.shard.File, r.lines.Number(), err)
	}
	if err := r.end(); err != nil {
		return err
	}
	return r.yield()
}

// one decodes one line.
func (r *reading) one() error {
	r.any = true
	number := r.lines.Number()
	if r.shard.Offset > 0 || r.shard.Picked != nil {
		number = 0
	}
	n := len(r.block.Rejects)
	if why := r.lines.Fault(); why == "" {
		r.decode.at(r.lines.Span())
		r.decode.line(r.lines.Bytes(), r.block, number)
	} else if !r.people {
		rejectFile(r.block, "", number, why)
	}
	if len(r.block.Rejects) == n || r.shard.Offset == 0 {
		return nil
	}
	return r.number(r.block.Rejects[n:])
}

// number says on which line of the file the rejects of the current line are.
func (r *reading) number(rejects []record.Reject) error {
	before, err := r.source.numbers.before(r.source.path(r.shard.File), r.shard.Offset)
	if err != nil {
		return fmt.Errorf("%s: %w", r.shard.File, err)
	}
	for i := range rejects {
		rejects[i].Line = before + r.lines.Number()
	}
	return nil
}

// full hands the block on and empties it.
func (r *reading) full(ctx context.Context) error {
	if err := r.yield(); err != nil {
		return err
	}
	r.block.Reset()
	r.decode.reset()
	r.lines.Release()
	r.count = 0
	return ctx.Err()
}

// end notes why the rest of the file cannot be read, and a file with nothing
// in it.
func (r *reading) end() error {
	why := r.lines.Fault()
	if r.people {
		return nil
	}
	switch {
	case why != "":
		n := len(r.block.Rejects)
		rejectFile(r.block, "", r.lines.Number(), why)
		if r.shard.Offset > 0 {
			return r.number(r.block.Rejects[n:])
		}
	case !r.any && r.shard.Length == 0:
		rejectFile(r.block, "", 0, "empty file")
	}
	return nil
}
