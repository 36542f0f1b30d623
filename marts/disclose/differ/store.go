package differ

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
)

// Store is the folder of what is kept of releases.
type Store struct {
	dir string
	key Key
}

// Key is the register's own, which does not lie beside the store: who can write there
// and has it not can neither make a file nor change one, nor call it as another.
type Key interface {
	MAC(label string, data []byte) [sha256.Size]byte
	Fingerprint() string
}

// Figure is a figure of a table: who is counted by any of its marks.
type Figure struct {
	Set   int      `json:"set"`   // which people of a cell: all, or some
	Level int      `json:"level"` // of totals
	Marks []uint32 `json:"marks"` // of a person in a cell of the table
	By    string   `json:"by"`    // the rules by which it is shown
	Gifts bool     `json:"gifts"` // not of people but of what each gives to it: who gives another value counts twice
}

// entry is a person's mark, as it lies in the file.
type entry struct {
	person [16]byte
	mark   uint32
}

const (
	size   = 16 + 4
	suffix = ".people"
	half   = ".half-"
)

func (e entry) compare(o entry) int {
	if c := bytes.Compare(e.person[:], o.person[:]); c != 0 {
		return c
	}
	return int(int64(e.mark) - int64(o.mark))
}

// head is the first line of a file.
type head struct {
	Version int      `json:"version"`
	Release string   `json:"release"`
	Domain  string   `json:"domain"`
	Key     string   `json:"key"`            // fingerprint of the register's key
	Bare    bool     `json:"bare,omitempty"` // what persons give to sums was not taken down
	Entries int64    `json:"entries"`
	Figures []Figure `json:"figures"`
}

const version = 2 // files of 1 have no key

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$`)

// Open opens the store in dir, which it makes where there is none. It refuses a
// folder that others may enter.
func Open(dir string, key Key) (*Store, error) {
	if err := durable.Folder(dir, 0o700); err != nil {
		return nil, fmt.Errorf("people of releases: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("people of releases: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("people of releases: %s must be a folder that nobody else may enter: chmod 700 it", dir)
	}
	s := &Store{dir, key}
	return s, s.sweep()
}

// sweep removes what a process that died has left.
func (s *Store) sweep() error {
	left, err := filepath.Glob(filepath.Join(s.dir, half+"*"))
	for _, path := range left {
		if info, e := os.Lstat(path); e == nil && time.Since(info.ModTime()) > 24*time.Hour {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// kept returns the files of the store, in the order of their names.
func (s *Store) kept() (out []string, err error) {
	all, err := os.ReadDir(s.dir)
	for _, f := range all {
		if base, ok := strings.CutSuffix(f.Name(), suffix); ok && name.MatchString(base) {
			out = append(out, f.Name())
		} else if !strings.HasPrefix(f.Name(), half) && f.Name() != lock {
			err = errors.Join(err, fmt.Errorf("people of releases: %s is not of the store: take it out of %s", f.Name(), s.dir))
		}
	}
	return out, err
}

// file is a file that is read from its beginning to its end.
type file struct {
	head
	key  Key
	f    *os.File
	r    *bufio.Reader
	sum  hash.Hash
	left int64
	at   entry
	done bool
}

var (
	errDamaged  = errors.New("people of releases: a file of the store is damaged, or somebody has changed it, and nothing can be compared with it; next: restore it from a copy, and ohc-marts verify")
	errOtherKey = errors.New("people of releases: a file of the store was made with another key of the register, by which nobody is known to be the same; next: bring that key back")
	errUnkeyed  = errors.New("people of releases: a file of the store is of an earlier program, and nobody can tell whether it was changed since; next: ohc-marts releases --accept the release that it is called by")
)

// open opens what is kept of a release, or where it is called by no name, of a sheet.
func (s *Store) open(path, release string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := &file{key: s.key, f: f, r: bufio.NewReaderSize(f, 1<<16), sum: sha256.New()}
	if err = in.first(); err == nil && in.Release != release {
		err = errDamaged
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", err, filepath.Base(path)), f.Close())
	}
	if err := in.next(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return in, nil
}

// first reads the head, and takes it for what it says where the key says so.
func (in *file) first() error {
	line, err := in.r.ReadBytes('\n')
	var digest [sha256.Size]byte
	if err == nil {
		_, err = io.ReadFull(in.r, digest[:])
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err != nil || d.Decode(&in.head) != nil || in.Entries < 0 {
		return errDamaged
	}
	in.sum.Write(line)
	in.left = in.Entries
	switch {
	case in.Version == 1 && form(in.key) != 1:
		return errUnkeyed
	case in.Version != form(in.key):
		return errDamaged
	case in.Key != in.key.Fingerprint():
		return errOtherKey
	case digest != in.key.MAC(headLabel, line):
		return errDamaged
	}
	return nil
}

// What is keyed: the head by itself, since it is believed before the rest is read, and
// the SHA-256 of all of it.
const (
	headLabel  = "figures-head"
	wholeLabel = "figures"
)

// next goes to the next entry. At the end it has checked the whole file.
func (in *file) next() error {
	var raw [size]byte
	bad := fmt.Errorf("%w: %s", errDamaged, filepath.Base(in.f.Name()))
	if in.left == 0 {
		in.done = true
		want := in.key.MAC(wholeLabel, in.sum.Sum(nil))
		if end, err := io.ReadAll(in.r); err != nil || !bytes.Equal(end, want[:]) {
			return bad
		}
		return nil
	}
	if _, err := io.ReadFull(in.r, raw[:]); err != nil {
		return bad
	}
	in.sum.Write(raw[:])
	e := entry{mark: binary.BigEndian.Uint32(raw[16:])}
	copy(e.person[:], raw[:])
	if in.left < in.Entries && in.at.compare(e) >= 0 {
		return bad
	}
	in.at = e
	in.left--
	return nil
}

// write writes a file of sorted entries, whole or not at all.
func (s *Store) write(path string, h head, entries func(func(entry) error) error) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h.Version, h.Key = version, s.key.Fingerprint()
	sum := sha256.New()
	w := bufio.NewWriterSize(f, 1<<16)
	both := io.MultiWriter(w, sum)
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	digest := s.key.MAC(headLabel, line)
	both.Write(line)
	w.Write(digest[:])
	if err := entries(func(e entry) error {
		_, err := both.Write(binary.BigEndian.AppendUint32(slices.Clone(e.person[:]), e.mark))
		return err
	}); err != nil {
		return err
	}
	digest = s.key.MAC(wholeLabel, sum.Sum(nil))
	w.Write(digest[:])
	return errors.Join(w.Flush(), f.Sync())
}
