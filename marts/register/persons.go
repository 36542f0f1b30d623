package register

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"secondaryuse/pipeline/durable"
)

// held is how many digests are held in memory at once: 16 MB.
var held = 1 << 20

const persons = "persons"

// Persons writes digests, in any order, to a file of the register that is sorted
// and holds none twice. However many they are, it holds at most a million of them.
// The file is durable when Persons returns; to write the same digests again
// changes nothing.
func (r *Register) Persons(digests iter.Seq2[[16]byte, error]) (Persons, error) {
	p, err := r.persons(digests)
	if err != nil {
		return Persons{}, fmt.Errorf("register: persons: %w", err)
	}
	return p, nil
}

func (r *Register) persons(digests iter.Seq2[[16]byte, error]) (p Persons, err error) {
	dir := filepath.Join(r.dir, persons)
	if err := durable.Folder(dir, 0o700); err != nil {
		return p, err
	}
	tmp, done, err := scratch(dir)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, done()) }()
	runs, err := spill(tmp, digests)
	if err != nil {
		return p, err
	}
	whole := filepath.Join(tmp, "whole")
	if p, err = merge(whole, runs); err != nil {
		return p, err
	}
	if err := os.Rename(whole, filepath.Join(dir, p.SHA256)); err != nil {
		return p, err
	}
	return p, durable.Sync(dir)
}

const half = ".half-" // begins the name of a folder in which digests are being sorted

// scratch makes a folder to sort in, which whoever made it holds locked, and takes
// away those of processes that have died.
func scratch(dir string) (tmp string, done func() error, err error) {
	left, err := filepath.Glob(filepath.Join(dir, half+"*"))
	if err != nil {
		return "", nil, err
	}
	for _, path := range left {
		if f, free := locked(path); free {
			err = errors.Join(err, os.RemoveAll(path), f.Close())
		}
	}
	if err != nil {
		return "", nil, err
	}
	for {
		if tmp, err = os.MkdirTemp(dir, half); err != nil {
			return "", nil, err
		}
		f, free := locked(tmp)
		if _, gone := os.Lstat(tmp); free && gone == nil { // another may have taken it for one that died
			return tmp, func() error { return errors.Join(os.RemoveAll(tmp), f.Close()) }, nil
		}
		if free {
			f.Close()
		}
	}
}

// locked locks a folder, unless another process holds it.
func locked(path string) (f *os.File, free bool) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false // it has gone
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		f.Close()
		return nil, false
	}
	return f, true
}

// spill writes digests to files that are each sorted.
func spill(dir string, digests iter.Seq2[[16]byte, error]) (runs []string, err error) {
	var some [][16]byte
	flush := func() error {
		slices.SortFunc(some, order)
		some = slices.Compact(some)
		path := filepath.Join(dir, fmt.Sprint(len(runs)))
		runs = append(runs, path)
		text := make([]byte, 0, 16*len(some))
		for _, d := range some {
			text = append(text, d[:]...)
		}
		some = some[:0]
		return os.WriteFile(path, text, 0o600)
	}
	for d, err := range digests {
		if err != nil {
			return nil, err
		}
		if some = append(some, d); len(some) == held {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return runs, flush()
}

func order(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) }

// merge writes what sorted files hold to one, sorted, each digest once.
func merge(path string, runs []string) (p Persons, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, f.Sync(), f.Close()) }()
	var from []*cursor
	for _, run := range runs {
		c, err := read(run)
		if err != nil {
			return p, err
		}
		defer c.close()
		from = append(from, c)
	}
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)
	for {
		d, more, err := least(from)
		if err != nil {
			return p, err
		}
		if !more {
			break
		}
		p.Count++
		if _, err := w.Write(d[:]); err != nil {
			return p, err
		}
	}
	err = w.Flush()
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return p, err
}

// least takes the least digest off the files that have it.
func least(from []*cursor) (d [16]byte, more bool, err error) {
	for _, c := range from {
		if !c.done && (!more || order(c.at, d) < 0) {
			d, more = c.at, true
		}
	}
	for _, c := range from {
		if !c.done && c.at == d { // of none there are two in one file
			err = errors.Join(err, c.next())
		}
	}
	return d, more, err
}

// cursor reads a sorted file of digests.
type cursor struct {
	f    *os.File
	r    *bufio.Reader
	at   [16]byte
	done bool
}

func read(path string) (*cursor, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c := &cursor{f: f, r: bufio.NewReaderSize(f, 1<<16)}
	if err := c.next(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return c, nil
}

func (c *cursor) close() { c.f.Close() }

func (c *cursor) next() error {
	_, err := io.ReadFull(c.r, c.at[:])
	if errors.Is(err, io.EOF) {
		c.done = true
		return nil
	}
	return err
}

// has returns an error unless a file of digests is there, as it was written.
func (r *Register) has(p Persons) error {
	if !digest(p.SHA256) {
		return errors.New("register: an issue without its persons; write them with Persons first")
	}
	if err := r.Intact(p); err != nil {
		return fmt.Errorf("%w; write them with Persons first", err)
	}
	return nil
}

// Intact returns an error unless a file of digests is as Persons has written it.
func (r *Register) Intact(p Persons) error {
	if !digest(p.SHA256) {
		return errors.New("register: not the name of a file of persons")
	}
	if why := r.proven(p); why != "" {
		return errors.New("register: persons: " + why)
	}
	return nil
}

// Each calls with every digest of a file, in order.
func (r *Register) Each(p Persons) iter.Seq2[[16]byte, error] {
	return func(yield func([16]byte, error) bool) {
		c, err := read(filepath.Join(r.dir, persons, p.SHA256))
		if err != nil {
			yield([16]byte{}, err)
			return
		}
		defer c.close()
		for !c.done {
			if !yield(c.at, nil) {
				return
			}
			if err := c.next(); err != nil {
				yield([16]byte{}, err)
				return
			}
		}
	}
}
