package differ

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"secondaryuse/pipeline/durable"
)

// held is how many entries are sorted in memory at once: 20 MB.
var held = 1 << 20

const lock = ".lock"

// Sheet takes down who is counted in a new table.
type Sheet struct {
	store  *Store
	domain string
	dir    string // of its own, below the store
	some   []entry
	runs   []string
	saw    []string // the releases that were kept when it was compared
}

// Begin begins a sheet for a table of a domain. End it with Close.
func (s *Store) Begin(domain string) (*Sheet, error) {
	dir, err := os.MkdirTemp(s.dir, half)
	if err != nil {
		return nil, fmt.Errorf("people of releases: %w", err)
	}
	return &Sheet{store: s, domain: domain, dir: dir}, nil
}

// Close removes what the sheet has written, except what was kept.
func (s *Sheet) Close() error { return os.RemoveAll(s.dir) }

// Add says that a person has a mark. The order is free.
func (s *Sheet) Add(person [16]byte, mark uint32) error {
	s.some = append(s.some, entry{person, mark})
	if len(s.some) < held {
		return nil
	}
	return s.spill()
}

func (s *Sheet) spill() error {
	slices.SortFunc(s.some, entry.compare)
	some := slices.Compact(s.some)
	path := filepath.Join(s.dir, fmt.Sprint(len(s.runs)))
	s.runs = append(s.runs, path)
	s.some = s.some[:0]
	return s.store.write(path, head{Entries: int64(len(some))}, func(put func(entry) error) error {
		for _, e := range some {
			if err := put(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// sorted is the one file of all entries, in order, each once.
func (s *Sheet) sorted() (string, error) {
	whole := filepath.Join(s.dir, "whole")
	if s.runs == nil || len(s.some) > 0 {
		if err := s.spill(); err != nil {
			return "", err
		}
	}
	if len(s.runs) == 1 {
		return s.runs[0], nil
	}
	var n int64
	count := func(entry) error { n++; return nil }
	if err := s.store.merged(s.runs, count); err != nil {
		return "", err
	}
	err := s.store.write(whole, head{Entries: n}, func(put func(entry) error) error { return s.store.merged(s.runs, put) })
	s.runs = []string{whole}
	return whole, err
}

// merged calls f with the entries of sorted files, in order, each once.
func (s *Store) merged(paths []string, f func(entry) error) error {
	var files []*file
	for _, path := range paths {
		in, err := s.open(path, "")
		if err != nil {
			return errors.Join(err, closed(files))
		}
		files = append(files, in)
	}
	return together(files, func(files []*file, least entry) error {
		for _, in := range files {
			for !in.done && in.at == least {
				if err := in.next(); err != nil {
					return err
				}
			}
		}
		return f(least)
	})
}

// together calls f with the least entry that any of sorted files is at, until all are
// at their end, and closes them. f goes on in them.
func together(files []*file, f func(files []*file, least entry) error) (err error) {
	defer func() { err = errors.Join(err, closed(files)) }()
	for {
		var least *file
		for _, in := range files {
			if !in.done && (least == nil || in.at.compare(least.at) < 0) {
				least = in
			}
		}
		if least == nil {
			return nil
		}
		if err := f(files, least.at); err != nil {
			return err
		}
	}
}

func closed(files []*file) (err error) {
	for _, in := range files {
		err = errors.Join(err, in.f.Close())
	}
	return err
}

// ErrMeanwhile says that another table was kept since this one was compared.
var ErrMeanwhile = errors.New("another table was released since this one was compared: ask for it again")

// Kept returns the SHA-256 of the file that Keep keeps the sheet as, under id and with
// the figures that are shown: the same table of the same people has the same.
func (s *Sheet) Kept(id string, figures []Figure) (string, error) {
	if !name.MatchString(id) {
		return "", errors.New("people of releases: that is not a name for a release")
	}
	whole, err := s.sorted()
	if err != nil {
		return "", err
	}
	in, err := s.store.open(whole, "")
	if err != nil {
		return "", err
	}
	n := in.Entries
	if err := in.f.Close(); err != nil {
		return "", err
	}
	path := filepath.Join(s.dir, "kept")
	if err := errors.Join(gone(path), s.store.write(path, head{Release: id, Domain: s.domain, Entries: n, Figures: figures},
		func(put func(entry) error) error { return s.store.merged([]string{whole}, put) })); err != nil {
		return "", err
	}
	return summed(path)
}

func gone(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func summed(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Keep keeps the sheet under id, with the figures that are shown, so that later
// tables are compared with it. It is durable when Keep returns.
func (s *Sheet) Keep(id string, figures []Figure) error {
	if _, err := s.Kept(id, figures); err != nil {
		return err
	}
	unlock, err := s.store.lock()
	if err != nil {
		return err
	}
	defer unlock()
	kept, err := s.store.kept()
	if err != nil {
		return err
	}
	if !slices.Equal(kept, s.saw) {
		return ErrMeanwhile
	}
	if err := os.Link(filepath.Join(s.dir, "kept"), filepath.Join(s.store.dir, id+suffix)); err != nil { // and not in the place of another
		return fmt.Errorf("people of releases: %w", err)
	}
	return durable.Sync(s.store.dir)
}

// lock keeps other processes from keeping a table at the same time.
func (s *Store) lock() (func(), error) {
	f, err := os.OpenFile(filepath.Join(s.dir, lock), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}
