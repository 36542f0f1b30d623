package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// search looks for identifiers in bytes: NHS numbers in any spelling, as binary
// numbers and as plain hashes, and words (names, postcodes, accounts) in any
// case. What it reports is a kind and a place, never what it found.
type search struct {
	numbers map[uint64]bool
	words   map[uint64][]string // by their first bytes, in lower case
	starts  [1 << 16]bool       // which pairs of bytes a word begins with
}

// gram is how many bytes of a word are looked up at once: shorter words are
// too common to mean anything.
const gram = 6

func newSearch(numbers, words []string) *search {
	s := &search{numbers: make(map[uint64]bool), words: make(map[uint64][]string)}
	for _, n := range numbers {
		n = strings.NewReplacer(" ", "", "-", "").Replace(n)
		v, err := strconv.ParseUint(n, 10, 64)
		if err != nil {
			panic("a number that is none")
		}
		s.numbers[v] = true
		a, b, c := md5.Sum([]byte(n)), sha1.Sum([]byte(n)), sha256.Sum256([]byte(n))
		for _, sum := range [][]byte{a[:], b[:], c[:]} {
			s.add(hex.EncodeToString(sum[:8]))
		}
	}
	for _, w := range words {
		s.add(w)
	}
	return s
}

func (s *search) add(word string) {
	w := strings.ToLower(word)
	if len(w) < gram || slices.Contains(s.words[key(w)], w) {
		return
	}
	s.words[key(w)] = append(s.words[key(w)], w)
	s.starts[uint16(w[0])<<8|uint16(w[1])] = true
}

func key[T string | []byte](b T) (k uint64) {
	for i := range gram {
		k = k<<8 | uint64(b[i])
	}
	return k
}

// in returns what it finds in b: a kind and an offset, never the value.
func (s *search) in(b []byte) []string {
	return slices.Concat(s.binary(b), s.spelt(b), s.word(b))
}

// binary finds numbers as integers of 8 bytes and as floating point numbers.
func (s *search) binary(b []byte) (found []string) {
	for i := 0; i+8 <= len(b); i++ {
		if first, last := b[i], b[i+7]; first != 0 && last != 0 && first != 0x42 && last != 0x42 {
			continue // neither an integer of ten digits nor a double
		}
		for _, v := range [...]uint64{binary.LittleEndian.Uint64(b[i:]), binary.BigEndian.Uint64(b[i:])} {
			if s.value(v) || s.double(math.Float64frombits(v)) {
				found = append(found, fmt.Sprintf("a number in binary at byte %d", i))
			}
		}
	}
	return found
}

func (s *search) value(v uint64) bool { return v < 1e10 && s.numbers[v] }

func (s *search) double(f float64) bool {
	return f >= 1e9 && f < 1e10 && f == math.Trunc(f) && s.numbers[uint64(f)]
}

// spelt finds numbers written as digits, with or without single separators
// between them.
func (s *search) spelt(b []byte) (found []string) {
	value, digits, gap := uint64(0), 0, 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			value, digits, gap = value%1e9*10+uint64(c-'0'), digits+1, 0
			if digits >= 10 && s.numbers[value] {
				found = append(found, fmt.Sprintf("a number ending at byte %d", i))
			}
		case (c == ' ' || c == '-' || c == '.' || c == '_' || c == 0) && gap == 0 && digits > 0:
			gap = 1
		default:
			value, digits, gap = 0, 0, 0
		}
	}
	return found
}

func (s *search) word(b []byte) (found []string) {
	lower := bytes.ToLower(b)
	for i := 0; i+gram <= len(lower); i++ {
		if !s.starts[uint16(lower[i])<<8|uint16(lower[i+1])] {
			continue
		}
		for _, w := range s.words[key(lower[i:])] {
			if bytes.HasPrefix(lower[i:], []byte(w)) {
				found = append(found, fmt.Sprintf("a word at byte %d", i))
			}
		}
	}
	return found
}

// told is a path without the parts of it that tell anything.
func (s *search) told(path string) string {
	parts := strings.Split(path, string(filepath.Separator))
	for i, p := range parts {
		if len(s.in([]byte(p))) > 0 {
			parts[i] = "(withheld)"
		}
	}
	return filepath.Join(parts...)
}

// found is what a search of folders came to.
type found struct {
	where []string       // kinds and places
	bytes int64          // looked at
	files map[string]int // by kind
	seen  map[uint64]bool
}

// tree searches every file below root, what is packed in it as well, and every
// name. A file that is there twice is searched once.
func (s *search) tree(root string, f *found) error {
	if f.files == nil {
		f.files, f.seen = make(map[string]int), make(map[uint64]bool)
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = s.told(name)
		f.add(name+": in its name", s.in([]byte(d.Name()+"\n")))
		if target, err := os.Readlink(path); err == nil {
			f.add(name+": in what it links to", s.in([]byte(target)))
		}
		info, err := d.Info()
		if err != nil || !d.Type().IsRegular() || f.seen[info.Sys().(*syscall.Stat_t).Ino] {
			return err
		}
		f.seen[info.Sys().(*syscall.Stat_t).Ino] = true
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f.bytes += int64(len(raw))
		f.add(name, s.in(raw))
		kind, err := s.unpack(path, raw, func(what string, hits []string) { f.add(name+": "+what, hits) })
		f.files[kind]++
		if err != nil {
			return fmt.Errorf("%s: %s", name, s.told(err.Error()))
		}
		return nil
	})
}

func (f *found) add(where string, hits []string) {
	for _, h := range hits {
		f.where = append(f.where, where+": "+h)
	}
}

// TestSearchFinds shows that the search finds what it is there to find.
func TestSearchFinds(t *testing.T) {
	s := newSearch([]string{"9434765919"}, []string{"Featherstone", "ZZ99 3WZ", "garmin-7f3a"})
	sum := sha256.Sum256([]byte("9434765919"))
	for _, text := range []string{"n=9434765919.", "943 476 5919", "943-476-5919", "9 4 3 4 7 6 5 9 1 9", "x00009434765919x",
		"20261101_9434765919", "9\x004\x003\x004\x007\x006\x005\x009\x001\x009", hex.EncodeToString(sum[:]),
		string(binary.LittleEndian.AppendUint64([]byte("xx"), 9434765919)), string(binary.BigEndian.AppendUint64([]byte("x"), 9434765919)),
		string(binary.LittleEndian.AppendUint64([]byte("x"), math.Float64bits(9434765919))),
		"mr FEATHERSTONE", "zz99 3wz", "acc garmin-7F3A"} {
		if len(s.in([]byte(text))) == 0 {
			t.Errorf("nothing found in %q", text)
		}
	}
	for _, text := range []string{"9434765918", "943476591", "943, 476, 5919", "943  476 5919", "feathers", "zz99", ""} {
		if f := s.in([]byte(text)); len(f) != 0 {
			t.Errorf("%v found in %q", f, text)
		}
	}
	if got := s.told("in/9434765919_featherstone/x"); got != "in/(withheld)/x" {
		t.Errorf("a path is told as %q", got)
	}
}
