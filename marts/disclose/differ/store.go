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
type Store struct{ dir string }

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
	Entries int64    `json:"entries"`
	Figures []Figure `json:"figures"`
}

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$`)

// Open opens the store in dir, which it makes where there is none. It refuses a
// folder that others may enter.
func Open(dir string) (*Store, error) {
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
	s := &Store{dir}
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
	f    *os.File
	r    *bufio.Reader
	sum  hash.Hash
	left int64
	at   entry
	done bool
}

var errDamaged = errors.New("people of releases: a file of the store is damaged, and nothing can be compared with it: restore the folder")

func open(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := &file{f: f, r: bufio.NewReaderSize(f, 1<<16), sum: sha256.New()}
	line, err := in.r.ReadBytes('\n')
	var digest [sha256.Size]byte
	if err == nil {
		_, err = io.ReadFull(in.r, digest[:])
	}
	if err == nil && digest != sha256.Sum256(line) {
		err = errDamaged
	}
	if err == nil {
		in.sum.Write(line)
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		err = d.Decode(&in.head)
	}
	if err != nil || in.Version != 1 || in.Entries < 0 {
		return nil, errors.Join(fmt.Errorf("%w: %s", errDamaged, filepath.Base(path)), f.Close())
	}
	in.left = in.Entries
	if err := in.next(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return in, nil
}

// next goes to the next entry. At the end it has checked the whole file.
func (in *file) next() error {
	var raw [size]byte
	bad := fmt.Errorf("%w: %s", errDamaged, filepath.Base(in.f.Name()))
	if in.left == 0 {
		in.done = true
		end, err := io.ReadAll(in.r)
		if err != nil || !bytes.Equal(end, in.sum.Sum(nil)) {
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
func write(path string, h head, entries func(func(entry) error) error) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	w := bufio.NewWriterSize(f, 1<<16)
	both := io.MultiWriter(w, sum)
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	digest := sha256.Sum256(line)
	both.Write(line)
	w.Write(digest[:])
	if err := entries(func(e entry) error {
		_, err := both.Write(binary.BigEndian.AppendUint32(slices.Clone(e.person[:]), e.mark))
		return err
	}); err != nil {
		return err
	}
	w.Write(sum.Sum(nil))
	return errors.Join(w.Flush(), f.Sync())
}
