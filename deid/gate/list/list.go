// Package list reads the lists that gates stand on. A list is a CSV file whose
// first line says what it is:
//
//	#list name=objection version=1 record=one-health-and-care polarity=deny issued=2026-11-20T06:00:00Z rows=2
//	nhs_number,kind,status,recorded_on
//	9990000018,shared-record,objected,2026-03-02
//	9990000026,type-1,withdrawn,2026-03-02
//
// The reader is strict, because a list that is only nearly right would let
// people through: a list that is missing, empty, short, long, cut off, stale,
// issued in the future, foreign or of the wrong polarity is refused, and so is
// one with a byte order mark, in UTF-16, with other columns or with quoted
// fields. Lines may end in LF or CRLF; the last one must be ended.
//
// Every error is a Refusal. It names the gate, the file, the line, the field,
// the reason and what to do next, and never a value from the file.
package list

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Record is the shared care record that lists must be about unless a
// configuration names another.
const Record = "one-health-and-care"

// Want is what a gate expects of its list.
type Want struct {
	Gate       string // the gate that asks; named in every refusal
	File       string
	Name       string // the list's name
	Polarity   string // allow or deny
	Record     string // empty: the constant Record
	Columns    []string
	More       []string // columns that it may have besides: none of them, or the first few
	MaxAge     time.Duration
	Now        time.Time // zero: the clock
	AllowEmpty bool      // accept a list that says it has no rows
}

// List is what is known of a list that was read.
type List struct {
	Name   string
	File   string
	Issued time.Time
	Rows   int
	SHA256 string
}

// String describes the list in one line for the manifest and the ledger. It
// holds no identifier.
func (l List) String() string {
	return fmt.Sprintf("%s: %s, issued %s, %d rows, sha256 %s",
		l.Name, filepath.Base(l.File), l.Issued.UTC().Format(time.RFC3339), l.Rows, l.SHA256)
}

// Read reads the list that w wants and calls row with the fields of each row,
// in file order; those of columns that the list does not have are nil, and no
// others. The fields are valid until row returns. When row returns a reason, the
// list is refused with that reason and the name of the field.
func Read(w Want, row func(fields [][]byte) (field, reason string)) (List, error) {
	in, err := Open(w.Gate, w.File)
	if err != nil {
		return List{}, err
	}
	defer in.Close()
	return read(w, in, row)
}

func read(w Want, in *Lines, row func([][]byte) (string, string)) (List, error) {
	if w.Record == "" {
		w.Record = Record
	}
	if w.Now.IsZero() {
		w.Now = time.Now()
	}
	h, columns, err := readHeader(w, in)
	if err != nil {
		return List{}, err
	}
	if err := readRows(w, in, h.rows, columns, row); err != nil {
		return List{}, err
	}
	return List{Name: w.Name, File: w.File, Issued: h.issued, Rows: h.rows, SHA256: in.SHA256()}, nil
}

// readHeader reads the line that says what the list is and the line that
// names its columns, and returns how many of them there are.
func readHeader(w Want, in *Lines) (h header, columns int, err error) {
	line, err := in.Next()
	if err != nil {
		return h, 0, err
	}
	h, reason := parseHeader(string(line))
	if reason == "" {
		reason = h.check(w)
	}
	if reason != "" {
		next := "ask for the " + w.Name + " list of " + w.Record + " again, or correct its path in the configuration"
		if reason == noRows {
			next = "ask for the " + w.Name + " list again; if nobody is to be on it, set allow_empty"
		}
		return h, 0, in.Refuse("header", reason, next)
	}
	if line, err = in.Next(); err != nil && err != io.EOF {
		return h, 0, err
	}
	if columns = w.columns(string(line)); columns == 0 {
		return h, 0, in.Refuse("columns", "the second line must be "+w.spelt(), "write the list again with these columns")
	}
	return h, columns, nil
}

// columns is how many columns a line names, if they are those that are wanted;
// else 0.
func (w Want) columns(line string) int {
	all := slices.Concat(w.Columns, w.More)
	for n := len(w.Columns); n <= len(all); n++ {
		if line == strings.Join(all[:n], ",") {
			return n
		}
	}
	return 0
}

// spelt writes the line of columns; what may be left out stands in brackets.
func (w Want) spelt() string {
	text := strings.Join(w.Columns, ",")
	for _, c := range w.More {
		text += "[," + c
	}
	return text + strings.Repeat("]", len(w.More))
}

// readRows reads exactly want rows of so many columns.
func readRows(w Want, in *Lines, want, columns int, row func([][]byte) (string, string)) error {
	again := "ask for the " + w.Name + " list again; do not edit it by hand"
	fields := make([][]byte, len(w.Columns)+len(w.More))
	for n := 0; ; n++ {
		line, err := in.Next()
		if err == io.EOF && n == want {
			return nil
		}
		if err == io.EOF {
			return in.Refuse("rows", "the list is short: it has fewer rows than it says", again)
		}
		if err != nil {
			return err
		}
		if n == want {
			return in.Refuse("rows", "the list is long: it has more rows than it says", again)
		}
		if reason := split(fields[:columns], line); reason != "" {
			return in.Refuse("", reason, again)
		}
		if field, reason := row(fields); reason != "" {
			return in.Refuse(field, reason, again)
		}
	}
}

// split cuts a line into fields, as many as there is room for.
func split(fields [][]byte, line []byte) string {
	if len(line) == 0 {
		return "an empty line"
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return "a quoted field; the lists have none"
	}
	for i := range fields {
		head, rest, more := bytes.Cut(line, []byte{','})
		if last := i == len(fields)-1; more == last {
			return fmt.Sprintf("not %d fields", len(fields))
		}
		fields[i], line = head, rest
	}
	return ""
}
