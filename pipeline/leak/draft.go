package leak

import (
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
	"secondaryuse/deid/trace"
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
// somebody known. Names, addresses and numbers of a system have no form that they could be
// told by: what it returns is what Look holds to everybody.
func Draft(ctx context.Context, dir string, known func(digits []byte) bool) (Shown, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Shown{}, err
	}
	d := draft{known: known, folder: filepath.Dir(dir), shown: Shown{texts: make(map[string]place), numbers: make(map[uint64]place)}}
	for _, e := range entries {
		if ctx.Err() != nil {
			return Shown{}, ctx.Err()
		}
		d.file = e.Name()
		if err := guard.Try(func() error { return d.search(filepath.Join(dir, e.Name())) }); err != nil {
			return Shown{}, fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	if len(d.found) > 0 {
		slices.Sort(d.found)
		return Shown{}, fmt.Errorf("%s: %w", strings.Join(slices.Compact(d.found), "; "), ErrNames)
	}
	return d.shown, nil
}

type draft struct {
	known        func([]byte) bool
	folder       string // that of all snapshots, which the configuration names
	file, column string
	found        []string
	shown        Shown
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
		return d.text(f, is)
	}
	return errors.New("a file of a kind that is not published")
}

// longestText is how long a file that is no table may be.
const longestText = 64 << 20

// text looks at the words of a file that is no table.
func (d *draft) text(f io.Reader, is kind) error {
	d.column = "its text"
	b, err := io.ReadAll(io.LimitReader(f, longestText+1))
	if err != nil || len(b) > longestText {
		return errors.Join(err, errors.New("it is too long to be looked through"))
	}
	if d.holds(b) {
		d.name("NHS number")
	}
	d.words(b, is)
	for len(b) > 0 {
		n, w, _ := word(b, true)
		switch {
		case len(w) <= 8 && term.Personal(w):
			d.name("postcode")
		case dialled(w):
			d.name("telephone number")
		case mail(w):
			d.name("e-mail address")
		}
		b = b[max(n, 1):]
	}
	return nil
}

// holds reports whether ten digits of a text, with or without spaces and hyphens between
// them, are the number of somebody known. Others may stand there: it names folders.
func (d *draft) holds(b []byte) bool {
	var number []byte // with what stood between its digits left out
	row := 0          // how many digits stand in a row
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= '0' && b[i] <= '9' {
			number, row = append(number, b[i]), row+1
			continue
		}
		if row == 10 && d.known(b[i-10:i]) {
			return true
		}
		between := row > 0 && i < len(b) && (b[i] == ' ' || b[i] == '-')
		if row = 0; between {
			continue
		}
		if len(number) == 10 && d.known(number) {
			return true
		}
		number = number[:0]
	}
	return false
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
func (d *draft) Column(name string) {
	d.column = "column " + name
	d.show([]byte(name))
}

// ID takes up a whole number, or a decimal by its digits.
func (d *draft) ID(v uint64) {
	d.shown.persons = d.shown.persons || d.column == "column person_id"
	for v >= 1e9 {
		if v < 1e10 && d.known([]byte(pad(v))) {
			d.name("NHS number")
		}
		if v < 1e10 && v >= trace.Epochs {
			d.shown.numbers[v] = place{d.file, d.column}
		}
		if v%10 != 0 {
			return
		}
		v /= 10
	}
}

// Text takes up a text.
func (d *draft) Text(b []byte) {
	if !d.show(b) || len(b) < 5 {
		return
	}
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
