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
// in file order. The fields are valid until row returns. When row returns a
// reason, the list is refused with that reason and the name of the field.
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
	h, err := readHeader(w, in)
	if err != nil {
		return List{}, err
	}
	if err := readRows(w, in, h.rows, row); err != nil {
		return List{}, err
	}
	return List{Name: w.Name, File: w.File, Issued: h.issued, Rows: h.rows, SHA256: in.SHA256()}, nil
}

// readHeader reads the line that says what the list is and the line that
// names its columns.
func readHeader(w Want, in *Lines) (header, error) {
	line, err := in.Next()
	if err != nil {
		return header{}, err
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
		return h, in.Refuse("header", reason, next)
	}
	line, err = in.Next()
	if err == io.EOF || (err == nil && string(line) != strings.Join(w.Columns, ",")) {
		return h, in.Refuse("columns", "the second line must be "+strings.Join(w.Columns, ","), "write the list again with these columns")
	}
	return h, err
}

// readRows reads exactly want rows.
func readRows(w Want, in *Lines, want int, row func([][]byte) (string, string)) error {
	again := "ask for the " + w.Name + " list again; do not edit it by hand"
	fields := make([][]byte, len(w.Columns))
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
		if reason := split(fields, line); reason != "" {
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
