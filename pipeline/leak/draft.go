package leak

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/deid/term"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/stage"
)

// ErrNames says that what is about to be published could name somebody.
var ErrNames = errors.New("it could name somebody; nothing is published, and what was published before stays served; " +
	"next: see with ohc-pipeline verify leak what stands there, and correct the feed that it comes from")

// Draft looks through what is about to be published, before it is: every file of a
// folder, every value of every column. It needs no list of anybody, so that it costs
// little: it goes by what identifiers look like. It returns an error that wraps ErrNames
// where a value of a table is, or holds, ten digits with the check digit of an NHS
// number, is a postcode or a telephone number, or holds an e-mail address; and where a
// whole number, an identifier of SNOMED CT, or a word of a text, is the NHS number of
// somebody known. Names have no form
// that they could be told by: no column of the stage takes them, and Search finds them.
func Draft(ctx context.Context, dir string, known func(digits []byte) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	d := draft{known: known, seen: make(map[string]bool)}
	for _, e := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.file = e.Name()
		if err := guard.Try(func() error { return d.search(filepath.Join(dir, e.Name())) }); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	if len(d.found) > 0 {
		slices.Sort(d.found)
		return fmt.Errorf("%s: %w", strings.Join(slices.Compact(d.found), "; "), ErrNames)
	}
	return nil
}

type draft struct {
	known        func([]byte) bool
	file, column string
	found        []string
	seen         map[string]bool // texts that name nobody
}

func (d *draft) search(path string) error {
	f, is, _, err := opened(path)
	if err != nil {
		return err
	}
	defer f.Close()
	switch is {
	case parquet:
		_, err = stage.Search(path, d)
		return err
	case plain, duckdb:
		return d.text(f)
	}
	return errors.New("a file of a kind that is not published")
}

// text looks at the words of a file that is no table.
func (d *draft) text(f io.Reader) error {
	d.column = "its text"
	words := bufio.NewScanner(f)
	words.Buffer(make([]byte, 1<<16), 1<<24)
	words.Split(word)
	for words.Scan() {
		b := words.Bytes()
		switch {
		case len(b) >= 10 && d.holds(b):
			d.name("NHS number")
		case len(b) <= 8 && term.Personal(b):
			d.name("postcode")
		case dialled(b):
			d.name("telephone number")
		case mail(b):
			d.name("e-mail address")
		}
	}
	return words.Err()
}

// holds reports whether ten digits of a word are the number of somebody known. In a text
// others may stand: it names folders.
func (d *draft) holds(b []byte) bool {
	for i := 0; i+10 <= len(b); i++ {
		if n := digits(b[i:]); n == 10 && d.known(b[i:i+10]) {
			return true
		} else if n > 0 {
			i += n - 1
		}
	}
	return false
}

// digits is how many digits a text begins with.
func digits(b []byte) (n int) {
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// word splits a text where anything stands that no identifier has in it.
func word(data []byte, end bool) (advance int, token []byte, err error) {
	from := 0
	for from < len(data) && !inWord(data[from]) {
		from++
	}
	for i := from; i < len(data); i++ {
		if !inWord(data[i]) {
			return i + 1, data[from:i], nil
		}
	}
	if end && from < len(data) {
		return len(data), data[from:], nil
	}
	return from, nil, nil
}

func inWord(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || bytes.IndexByte([]byte("@.-_+"), c) >= 0
}

func (d *draft) name(what string) {
	d.found = append(d.found, d.file+", "+d.column+": "+what)
}

// Column, ID and Text take up the values of a table.
func (d *draft) Column(name string) { d.column = "column " + name }

// ID takes up a whole number, or a decimal by its digits.
func (d *draft) ID(v uint64) {
	for v >= 1e9 {
		if v < 1e10 && d.known([]byte(pad(v))) {
			d.name("NHS number")
		}
		if v%10 != 0 {
			return
		}
		v /= 10
	}
}

// Text takes up a text.
func (d *draft) Text(b []byte) {
	if len(b) < 5 || d.seen[string(b)] {
		return
	}
	before := len(d.found)
	switch {
	case term.Personal(b):
		d.name("NHS number, or postcode")
	case dialled(b):
		d.name("telephone number")
	case len(b) == 10 && d.known(b):
		d.name("NHS number")
	case mail(b):
		d.name("e-mail address")
	}
	if len(d.found) == before && len(d.seen) < 1<<16 {
		d.seen[string(b)] = true
	}
}

// dialled reports whether a text is a telephone number as it is written in this
// country: a 0 or +44, and ten digits, and nothing else.
func dialled(b []byte) bool {
	v, n := 0, 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			if n++; n == 1 {
				v = int(c - '0')
			}
		case c != ' ' && c != '-' && c != '(' && c != ')' && c != '+':
			return false
		}
	}
	return n == 11 && v == 0 || n == 12 && bytes.HasPrefix(b, []byte("+44"))
}

// mail reports whether a text holds an e-mail address.
func mail(b []byte) bool {
	at := bytes.IndexByte(b, '@')
	return at > 0 && at < len(b)-3 && inWord(b[at-1]) && inWord(b[at+1]) && bytes.IndexByte(b[at:], '.') > 0
}
