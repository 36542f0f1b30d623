// Package locator knows where in the landing the records lie that a key finds:
// what a delta must read again when something has changed about a person. Keys
// are keyed hashes of the feed's own, so nothing in its files names anybody.
//
// A file of entries belongs to one delivery of one feed. It holds entries of a
// fixed size, in no order, and is read from one end to the other, without any
// index to be kept. That is done several times for a delta, and nearly all that
// is read is not looked for: so entries stand in blocks, and what tells them
// apart, the lower half of their keys, stands in a block by itself. Of the rest
// is read what is found.
package locator

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"secondaryuse/pipeline/guard"
)

// Entry is one record and whom it names.
type Entry struct {
	Record  uint64 // its own key; 0 where it has none
	Subject uint64 // the key of whom it names; 0 where it names nobody
	Place
}

// Place is where a record's text lies.
type Place struct {
	File int   // its file's place in the order of the delivery's files
	From int64 // in bytes
	Size int64 // 0: the file can only be read as a whole
}

const (
	entryBytes = 28
	blockBytes = entryBytes << 14
	maxFile    = 1 << 24
	maxFrom    = 1 << 40
)

// The columns of a block, and where each begins, in bytes for each entry. The
// last block of a file may be shorter than the others.
const (
	recordLow   = 0
	subjectLow  = 4
	recordHigh  = 8
	subjectHigh = 12
	placed      = 16 // file and offset
	sized       = 24
)

// ErrLarge says that a delivery has more files, or a larger one, than an entry
// can tell.
var ErrLarge = errors.New("locator: more than 16 million files, or a file of more than a terabyte; next: deliver in smaller parts")

var errCutOff = errors.New("a file of entries is cut off")

// Writer writes entries. It is not safe for concurrent use.
type Writer struct {
	f      *os.File
	halves [4][]byte // columns of the block: of keys,
	places []byte
	sizes  []byte
}

// Create makes a new file of entries.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locator: %w", err)
	}
	return &Writer{f: f}, nil
}

// Add writes an entry.
func (w *Writer) Add(e Entry) error {
	if e.File >= maxFile || e.From >= maxFrom {
		return ErrLarge
	}
	if e.Size > 1<<32-1 {
		e.From, e.Size = 0, 0
	}
	for i, half := range [...]uint64{e.Record, e.Subject, e.Record >> 32, e.Subject >> 32} {
		w.halves[i] = binary.LittleEndian.AppendUint32(w.halves[i], uint32(half))
	}
	w.places = binary.LittleEndian.AppendUint64(w.places, uint64(e.File)<<40|uint64(e.From))
	w.sizes = binary.LittleEndian.AppendUint32(w.sizes, uint32(e.Size))
	if len(w.sizes) < blockBytes/entryBytes*4 {
		return nil
	}
	return w.flush()
}

// flush ends a block.
func (w *Writer) flush() error {
	for _, column := range []*[]byte{&w.halves[0], &w.halves[1], &w.halves[2], &w.halves[3], &w.places, &w.sizes} {
		if _, err := w.f.Write(*column); err != nil {
			return err
		}
		*column = (*column)[:0]
	}
	return nil
}

// Close ends the file. It is durable only once it is sealed.
func (w *Writer) Close() error {
	if err := errors.Join(w.flush(), w.f.Close()); err != nil {
		return fmt.Errorf("locator: %w", err)
	}
	return nil
}

// block is a block of a file.
type block []byte

func (b block) len() int { return len(b) / entryBytes }

// column returns a column of the block, of which each entry has 4 bytes.
func (b block) column(at int) []byte { return b[at*b.len():][:4*b.len()] }

func (b block) u32(column, i int) uint64 {
	return uint64(binary.LittleEndian.Uint32(b[column*b.len()+4*i:]))
}

func (b block) record(i int) uint64  { return b.u32(recordHigh, i)<<32 | b.u32(recordLow, i) }
func (b block) subject(i int) uint64 { return b.u32(subjectHigh, i)<<32 | b.u32(subjectLow, i) }

func (b block) entry(i int) Entry {
	where := binary.LittleEndian.Uint64(b[placed*b.len()+8*i:])
	return Entry{
		Record: b.record(i), Subject: b.subject(i),
		Place: Place{File: int(where >> 40), From: int64(where & (maxFrom - 1)), Size: int64(b.u32(sized, i))},
	}
}

// find adds to found every entry whose record is in records or whose subject is in
// subjects, once. near is room to work in.
func (b block) find(records, subjects *Set, near []int32, found []Entry) ([]int32, []Entry) {
	near = records.sift(b.column(recordLow), near[:0])
	for _, i := range near {
		if records.Has(b.record(int(i))) {
			found = append(found, b.entry(int(i)))
		}
	}
	near = subjects.sift(b.column(subjectLow), near[:0])
	for _, i := range near {
		if subjects.Has(b.subject(int(i))) && !records.Has(b.record(int(i))) {
			found = append(found, b.entry(int(i)))
		}
	}
	return near, found
}

// sift adds to near the places of the lower halves of keys in a column that may be
// in the set. A filter that stays in the nearest cache turns most away, unless it
// is of a large set. It looks at two at a time, since neither is there mostly.
func (s *Set) sift(column []byte, near []int32) []int32 {
	if s.Len() == 0 {
		return near
	}
	filter, i := s.filter(), int32(0)
	for ; len(column) >= 8; column = column[8:] {
		two := binary.LittleEndian.Uint64(column)
		a, b := uint32(two), uint32(two>>32)
		if (filter[a>>6&(1<<10-1)]>>(a&63)|filter[b>>6&(1<<10-1)]>>(b&63))&1 != 0 {
			if s.near(a) {
				near = append(near, i)
			}
			if s.near(b) {
				near = append(near, i+1)
			}
		}
		i += 2
	}
	if len(column) > 0 && s.near(binary.LittleEndian.Uint32(column)) {
		near = append(near, i)
	}
	return near
}

// Files are files of entries, to be looked through as often as it takes.
type Files struct {
	data [][]byte
	done []func()
}

// Open opens files of entries.
func Open(paths []string) (*Files, error) {
	f := new(Files)
	for _, path := range paths {
		data, done, err := mapped(path)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("locator: %w", err)
		}
		f.data, f.done = append(f.data, data), append(f.done, done)
	}
	return f, nil
}

// Close closes the files.
func (f *Files) Close() {
	for _, done := range f.done {
		done()
	}
	f.data, f.done = nil, nil
}

// Find calls take for every entry whose record is in records or whose subject is
// in subjects, from one goroutine at a time. file is the file's place in paths.
func (f *Files) Find(ctx context.Context, records, subjects *Set, take func(file int, e Entry)) error {
	type task struct {
		file, at int
	}
	var tasks []task
	for i, data := range f.data {
		for at := 0; at < len(data); at += blockBytes {
			tasks = append(tasks, task{i, at})
		}
	}
	var next atomic.Int64
	var mu sync.Mutex
	tell := func(file int, found []Entry) {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range found {
			take(file, e)
		}
	}
	var wg guard.Group
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			var near []int32
			var found []Entry
			for i := next.Add(1) - 1; i < int64(len(tasks)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				t := tasks[i]
				b := block(f.data[t.file][t.at:min(t.at+blockBytes, len(f.data[t.file]))])
				near, found = b.find(records, subjects, near, found[:0])
				tell(t.file, found)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// Find opens files of entries and looks through them once.
func Find(ctx context.Context, paths []string, records, subjects *Set, take func(file int, e Entry)) error {
	f, err := Open(paths)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Find(ctx, records, subjects, take)
}

// mapped shows a file of entries as memory, until done is called. What is sealed
// never changes, so nothing can be cut off under it.
func mapped(path string) (data []byte, done func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case info.Size()%entryBytes != 0:
		return nil, nil, errCutOff
	case info.Size() == 0:
		return nil, func() {}, nil
	}
	data, err = syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, err
	}
	return data, func() { syscall.Munmap(data) }, nil // which fails only for what is no mapping
}

// few is how many keys a small set has: of what it does not hold, its filter turns
// away seven entries in eight, or more.
const few = 1 << 13

// filter returns bits by a key's lowest 16: where one is not set, the key is not
// in the set. Of a large set all are set: to look at them would take more time
// than it saves.
func (s *Set) filter() *[1 << 10]uint64 {
	if len(s.keys) <= few {
		return &s.few
	}
	return &everything
}

var everything = func() (all [1 << 10]uint64) {
	for i := range all {
		all[i] = 1<<64 - 1
	}
	return all
}()

// Set is a set of keys in which most look-ups of what it does not hold touch
// one bit, and nearly all others two. Key 0 is in no set.
type Set struct {
	few  [1 << 10]uint64 // by a key's lowest 16 bits
	bits [1 << 16]uint64 // by a key's lowest 22 bits
	more [1 << 16]uint64 // by the 22 bits from the eleventh, of which half are others
	keys map[uint64]struct{}
}

// Add puts a key into the set. It reports whether that was new.
func (s *Set) Add(key uint64) bool {
	if key == 0 || s.Has(key) {
		return false
	}
	if s.keys == nil {
		s.keys = make(map[uint64]struct{})
	}
	s.few[key>>6&(1<<10-1)] |= 1 << (key & 63)
	s.bits[key>>6&(1<<16-1)] |= 1 << (key & 63)
	s.more[key>>16&(1<<16-1)] |= 1 << (key >> 10 & 63)
	s.keys[key] = struct{}{}
	return true
}

// Has reports whether a key is in the set.
func (s *Set) Has(key uint64) bool {
	if !s.near(uint32(key)) {
		return false
	}
	_, ok := s.keys[key]
	return ok
}

// near reports whether a key with this lower half may be in the set.
func (s *Set) near(low uint32) bool {
	return s.bits[low>>6&(1<<16-1)]&(1<<(low&63)) != 0 && s.more[low>>16]&(1<<(low>>10&63)) != 0
}

// Keys yields the keys of the set, in no order.
func (s *Set) Keys() iter.Seq[uint64] { return maps.Keys(s.keys) }

// Len is how many keys the set holds.
func (s *Set) Len() int { return len(s.keys) }

// Count is how many entries a file has.
func Count(path string) (int64, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size()%entryBytes != 0 {
		err = errCutOff
	}
	if err != nil {
		return 0, fmt.Errorf("locator: %w", err)
	}
	return info.Size() / entryBytes, nil
}
