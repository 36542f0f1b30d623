// Package locator knows where in the landing the records lie that a key finds:
// what a delta must read again when something has changed about a person. Keys
// are keyed hashes of the feed's own, so nothing in its files names anybody.
//
// A file of entries belongs to one delivery of one feed. It holds entries of a
// fixed size, in no order, and is read from one end to the other: at the speed
// of the disk, and without any index to be kept.
package locator

import (
	"bufio"
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
	maxFile    = 1 << 24
	maxFrom    = 1 << 40
)

// ErrLarge says that a delivery has more files, or a larger one, than an entry
// can tell.
var ErrLarge = errors.New("locator: more than 16 million files, or a file of more than a terabyte; next: deliver in smaller parts")

// Writer writes entries. It is not safe for concurrent use.
type Writer struct {
	f   *os.File
	w   *bufio.Writer
	buf [entryBytes]byte
}

// Create makes a new file of entries.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locator: %w", err)
	}
	return &Writer{f: f, w: bufio.NewWriterSize(f, 1<<18)}, nil
}

// Add writes an entry.
func (w *Writer) Add(e Entry) error {
	if e.File >= maxFile || e.From >= maxFrom {
		return ErrLarge
	}
	if e.Size > 1<<32-1 {
		e.From, e.Size = 0, 0
	}
	b := w.buf[:]
	binary.LittleEndian.PutUint64(b, e.Record)
	binary.LittleEndian.PutUint64(b[8:], e.Subject)
	binary.LittleEndian.PutUint64(b[16:], uint64(e.File)<<40|uint64(e.From))
	binary.LittleEndian.PutUint32(b[24:], uint32(e.Size))
	_, err := w.w.Write(b)
	return err
}

// Close ends the file. It is durable only once it is sealed.
func (w *Writer) Close() error {
	if err := errors.Join(w.w.Flush(), w.f.Close()); err != nil {
		return fmt.Errorf("locator: %w", err)
	}
	return nil
}

func decode(b []byte) Entry {
	where := binary.LittleEndian.Uint64(b[16:])
	return Entry{
		Record: binary.LittleEndian.Uint64(b), Subject: binary.LittleEndian.Uint64(b[8:]),
		Place: Place{File: int(where >> 40), From: int64(where & (maxFrom - 1)), Size: int64(binary.LittleEndian.Uint32(b[24:]))},
	}
}

// Find calls take for every entry of some files whose record is in records or
// whose subject is in subjects, from one goroutine at a time. file is the
// file's place in paths.
func Find(ctx context.Context, paths []string, records, subjects *Set, take func(file int, e Entry)) error {
	const chunk = entryBytes << 15
	type task struct {
		file, at int
	}
	var tasks []task
	files := make([][]byte, len(paths))
	for i, path := range paths {
		data, done, err := mapped(path)
		if err != nil {
			return fmt.Errorf("locator: %w", err)
		}
		defer done()
		files[i] = data
		for at := 0; at < len(data); at += chunk {
			tasks = append(tasks, task{i, at})
		}
	}
	var next atomic.Int64
	var mu sync.Mutex
	found := func(file int, e Entry) {
		mu.Lock()
		defer mu.Unlock()
		take(file, e)
	}
	var wg guard.Group
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(tasks)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				t := tasks[i]
				data := files[t.file]
				for b := data[t.at:min(t.at+chunk, len(data))]; len(b) > 0; b = b[entryBytes:] {
					if records.Has(binary.LittleEndian.Uint64(b)) || subjects.Has(binary.LittleEndian.Uint64(b[8:])) {
						found(t.file, decode(b))
					}
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
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
		return nil, nil, errors.New("a file of entries is cut off")
	case info.Size() == 0:
		return nil, func() {}, nil
	}
	data, err = syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, err
	}
	return data, func() { syscall.Munmap(data) }, nil // which fails only for what is no mapping
}

// Set is a set of keys in which most look-ups of what it does not hold touch
// one bit. Key 0 is in no set.
type Set struct {
	bits [1 << 16]uint64 // by a key's lowest 22 bits
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
	s.bits[key>>6&(1<<16-1)] |= 1 << (key & 63)
	s.keys[key] = struct{}{}
	return true
}

// Has reports whether a key is in the set.
func (s *Set) Has(key uint64) bool {
	if s.bits[key>>6&(1<<16-1)]&(1<<(key&63)) == 0 {
		return false
	}
	_, ok := s.keys[key]
	return ok
}

// Keys yields the keys of the set, in no order.
func (s *Set) Keys() iter.Seq[uint64] { return maps.Keys(s.keys) }

// Len is how many keys the set holds.
func (s *Set) Len() int { return len(s.keys) }
