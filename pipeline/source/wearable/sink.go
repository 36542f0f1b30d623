// Package wearable is what the adapters of the vendors share: the metrics and
// their units, wall clocks, and how readings are gathered into blocks. The
// adapters are the folders below it.
//
// # Spans
//
// The vendors tell the same minutes several times over. Whoever adds up must
// look at a reading's span, which the adapters use in one way:
//
//   - day: the device's own value for a local day. Where it is there, nothing
//     is to be added up.
//   - interval: the value of an interval that no other interval reading of the
//     same metric and device covers. They add up to the day.
//   - sample: a value at a moment, or over a stretch of time that intervals or
//     days cover too (a workout, a stage of sleep within its night). Samples
//     are never added up.
//
// # Local day
//
// Sleep counts towards the day on which it ends, everything else towards the
// day on which it starts, each by the clock of where the person was; where the
// vendor names the day, that day.
package wearable

import (
	"context"

	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// The spans.
const (
	Day      term.Word = "day"
	Interval term.Word = "interval"
	Sample   term.Word = "sample"
)

// Sink gathers the readings of one shard into blocks. After Begin the adapter
// fills in Now, which every reading of the record takes over, and adds
// readings; End, Pass or Reject ends the record and counts it. A reading belongs
// to the section of its metric, and to those that Now names: what was measured in
// a night or a workout tells when that was, whatever was measured.
//
// An error of a method is one of yield or of the context: the adapter returns
// it at once and calls nothing more.
type Sink struct {
	Now record.Of[row.Reading]

	ctx    context.Context
	block  *record.Block
	yield  func() error
	vendor term.Word
	keys   []byte // what Key has returned since the last yield
	first  int    // where in the block the readings of whole records end
}

// Reset empties b and begins a shard.
func (s *Sink) Reset(ctx context.Context, vendor term.Word, b *record.Block, yield func() error) {
	b.Reset()
	*s = Sink{ctx: ctx, block: b, yield: yield, vendor: vendor, keys: s.keys[:0]}
}

// Begin begins a record that stands on the given line. One that was begun and
// not ended is forgotten.
func (s *Sink) Begin(line int64) {
	s.block.Readings = s.block.Readings[:s.first]
	s.Now = record.Of[row.Reading]{}
	s.Now.Line = line
	s.Now.Row.Vendor = s.vendor
}

// Key joins parts with a byte that is in none of them. The key is valid as long
// as the block is.
func (s *Sink) Key(parts ...[]byte) string {
	from := len(s.keys)
	for i, p := range parts {
		if i > 0 {
			s.keys = append(s.keys, 0x1F)
		}
		s.keys = append(s.keys, p...)
	}
	return view(s.keys[from:])
}

// Account returns the reference of a vendor's account.
func (s *Sink) Account(user []byte) record.Ref {
	from := len(s.keys)
	s.keys = append(append(append(s.keys, s.vendor...), '|'), user...)
	return record.Ref{Kind: record.Account, ID: view(s.keys[from:])}
}

// Add adds a reading with the record's Now as it stands, if v is a number.
func (s *Sink) Add(m Metric, u Unit, v float64) Verdict {
	v, verdict := m.In(u, v)
	if verdict != Fine {
		return verdict
	}
	b := s.block
	n := len(b.Readings)
	b.Readings = append(b.Readings, s.Now)
	r := &b.Readings[n]
	r.Part = int32(n - s.first)
	r.Sections |= m.Section()
	r.Row.Metric, r.Row.Unit, r.Row.Value = m.Word(), m.Unit(), v
	return Fine
}

// Added returns how many readings the record has.
func (s *Sink) Added() int { return len(s.block.Readings) - s.first }

// End ends the record. One that gave no readings counts as unused, of the kind
// "empty".
func (s *Sink) End() error {
	if s.Added() == 0 {
		return s.Pass("empty")
	}
	s.span()
	s.block.Read++
	return s.flush()
}

// span tells every reading of the record when the record began and ended, so
// that gates judge all of them alike: none is kept without the others.
func (s *Sink) span() {
	readings := s.block.Readings[s.first:]
	at, until := readings[0].Row.Start, term.Unknown
	for i := range readings {
		r := &readings[i].Row
		at, until = min(at, r.Start), max(until, r.Start, r.End)
	}
	for i := range readings {
		readings[i].At, readings[i].Until = at, until
	}
}

// Pass ends the record as one that no reading is taken from. kind is a
// constant.
func (s *Sink) Pass(kind term.Word) error {
	s.block.Readings = s.block.Readings[:s.first]
	s.block.Read++
	s.block.Pass(kind, 1)
	return s.flush()
}

// Reject ends the record as one that cannot be read. field and reason are
// constants.
func (s *Sink) Reject(field, reason string) error {
	s.block.Readings = s.block.Readings[:s.first]
	s.block.Read++
	s.block.Rejects = append(s.block.Rejects, record.Reject{
		Dataset: "reading", Line: s.Now.Line, Field: field, Reason: reason,
	})
	return s.flush()
}

// maxKeys is how many bytes of keys a block of records may take that give few
// readings.
const maxKeys = 8 << 20

// flush hands on a block that is full.
func (s *Sink) flush() error {
	s.first = len(s.block.Readings)
	if s.block.Read&1023 == 0 {
		if err := s.ctx.Err(); err != nil {
			return err
		}
	}
	if len(s.block.Readings) >= source.BlockRows || len(s.block.Rejects) >= source.BlockRows || len(s.keys) >= maxKeys {
		return s.hand()
	}
	return nil
}

func (s *Sink) hand() error {
	s.block.Readings = s.block.Readings[:s.first]
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if err := s.yield(); err != nil {
		return err
	}
	s.block.Reset()
	s.keys = s.keys[:0]
	s.first = 0
	return s.ctx.Err()
}

// Close hands on what is left.
func (s *Sink) Close() error { return s.hand() }
