package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// search looks for identifiers in bytes: NHS numbers in any spelling and as
// binary integers, and words (names, postcodes, accounts) in any case.
type search struct {
	numbers map[uint64]bool
	words   map[uint64][]string // by their first bytes, in lower case
}

// gram is how many bytes of a word are looked up at once: shorter words are
// too common to mean anything.
const gram = 6

func newSearch(numbers, words []string) *search {
	s := &search{make(map[uint64]bool), make(map[uint64][]string)}
	for _, n := range numbers {
		v, err := strconv.ParseUint(strings.NewReplacer(" ", "", "-", "").Replace(n), 10, 64)
		if err != nil {
			panic(err)
		}
		s.numbers[v] = true
	}
	for _, w := range words {
		if w = strings.ToLower(w); len(w) >= gram {
			s.words[key(w)] = append(s.words[key(w)], w)
		}
	}
	return s
}

func key[T string | []byte](b T) (k uint64) {
	for i := range gram {
		k = k<<8 | uint64(b[i])
	}
	return k
}

// in returns what it finds in b: a kind and an offset, never the value.
func (s *search) in(b []byte) (found []string) {
	for i := 0; i+8 <= len(b); i++ {
		if s.numbers[binary.LittleEndian.Uint64(b[i:])] || s.numbers[binary.BigEndian.Uint64(b[i:])] {
			found = append(found, fmt.Sprintf("a number as an integer at byte %d", i))
		}
	}
	lower := bytes.ToLower(b)
	for i := 0; i+gram <= len(lower); i++ {
		for _, w := range s.words[key(lower[i:])] {
			if bytes.HasPrefix(lower[i:], []byte(w)) {
				found = append(found, fmt.Sprintf("a word at byte %d", i))
			}
		}
	}
	return append(found, s.spelt(b)...)
}

// spelt finds numbers written as digits, with or without single separators
// between them.
func (s *search) spelt(b []byte) (found []string) {
	var digits []byte
	gap := 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits, gap = append(digits, c), 0
			if len(digits) > 10 {
				digits = digits[1:]
			}
			if len(digits) == 10 {
				if v, _ := strconv.ParseUint(string(digits), 10, 64); s.numbers[v] {
					found = append(found, fmt.Sprintf("a number at byte %d", i-9))
				}
			}
		case (c == ' ' || c == '-' || c == '.' || c == '_') && gap == 0 && len(digits) > 0:
			gap = 1
		default:
			digits, gap = digits[:0], 0
		}
	}
	return found
}

// tree searches every file below root, Parquet decoded as well, and returns
// where it found something and how many bytes it looked at.
func (s *search) tree(root string) (found []string, looked int64, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, f := range s.in([]byte(d.Name() + "\n")) {
			found = append(found, path+": in its name: "+f)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if filepath.Ext(path) == ".parquet" {
			decoded, err := decode(text)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			text = append(text, decoded...)
		}
		looked += int64(len(text))
		for _, f := range s.in(text) {
			found = append(found, path+": "+f)
		}
		return nil
	})
	return found, looked, err
}

// decode prints every value of a Parquet file on a line of its own.
func decode(data []byte) ([]byte, error) {
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var out []byte
	values := make([]parquet.Value, 1024)
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		for {
			row := make([]parquet.Row, 64)
			n, err := rows.ReadRows(row)
			for _, r := range row[:n] {
				values = append(values[:0], r...)
				for _, v := range values {
					out = append(append(out, v.String()...), '\n')
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TestSearchFinds shows that the search finds what it is there to find.
func TestSearchFinds(t *testing.T) {
	s := newSearch([]string{"9434765919"}, []string{"Featherstone", "ZZ99 3WZ", "garmin-7f3a"})
	binaryNumber := binary.LittleEndian.AppendUint64([]byte("xx"), 9434765919)
	for _, text := range []string{"n=9434765919.", "943 476 5919", "943-476-5919", "9 4 3 4 7 6 5 9 1 9", "x00009434765919x",
		string(binaryNumber), "mr FEATHERSTONE", "zz99 3wz", "acc garmin-7F3A"} {
		if len(s.in([]byte(text))) == 0 {
			t.Errorf("nothing found in %q", text)
		}
	}
	for _, text := range []string{"9434765918", "943476591", "943, 476, 5919", "feathers", "zz99"} {
		if f := s.in([]byte(text)); len(f) != 0 {
			t.Errorf("%v found in %q", f, text)
		}
	}
}
