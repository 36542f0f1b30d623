package sourcetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"secondaryuse/pipeline/source"
)

// bench is a feed whose target can be replaced by a damaged one.
type bench struct {
	f      Fixture
	dir    string
	target *reading
	others []seen
}

func newBench(f Fixture, dir string) (*bench, error) {
	all, err := good(f, dir)
	if err != nil {
		return nil, err
	}
	return &bench{f, dir, all.of(f.Target), part(all.rows, func(s seen) bool { return s.file != f.Target })}, nil
}

// with reads the feed with data as its target. Whatever the damage, both
// passes go through, the other files are read as before, and rejects stand in
// the target alone.
func (b *bench) with(data []byte) (r *reading, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := write(b.dir, map[string][]byte{b.f.Target: data}); err != nil {
		return nil, err
	}
	if _, err := readAll(b.f, b.dir, source.People); err != nil {
		return nil, fmt.Errorf("pass People: %w", err)
	}
	all, err := readAll(b.f, b.dir, source.Rows)
	if err != nil {
		return nil, err
	}
	if err := same(part(all.rows, func(s seen) bool { return s.file != b.f.Target }), b.others); err != nil {
		return nil, fmt.Errorf("the other files are not read as before: %w", err)
	}
	mine, last := all.of(b.f.Target), int64(bytes.Count(data, []byte("\n")))+1
	if len(mine.rejects) != len(all.rejects) {
		return nil, fmt.Errorf("a reject in a file that is not damaged")
	}
	for _, x := range mine.rejects {
		if x.Line > last && b.text() {
			return nil, fmt.Errorf("a reject at line %d of a file with %d", x.Line, last)
		}
	}
	return mine, nil
}

// text reports whether the target's own bytes are lines.
func (b *bench) text() bool {
	packed := slices.ContainsFunc(b.f.Packed, func(ending string) bool { return strings.HasSuffix(b.f.Target, ending) })
	return b.f.Format != Opaque && !packed
}

// onlyReject wants one reject and no rows.
func (b *bench) onlyReject(data []byte) error {
	r, err := b.with(data)
	if err != nil {
		return err
	}
	if len(r.rejects) != 1 || len(r.rows) != 0 {
		return fmt.Errorf("%d rejects and %d rows, want 1 reject for the file", len(r.rejects), len(r.rows))
	}
	return nil
}

// anotherKind: a file that is empty, of another kind or of another encoding is
// one reject.
func anotherKind(f Fixture, dir string) error {
	b, err := newBench(f, dir)
	if err != nil {
		return err
	}
	whole := f.Files[f.Target]
	kinds := []struct {
		name string
		data []byte
	}{
		{"empty", nil},
		{"PNG", append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), bytes.Repeat([]byte("\x00\x01"+canary+"\n"), 50)...)},
		{"UTF-16LE", wide(whole, false)},
		{"UTF-16BE", wide(whole, true)},
		{"zeros", make([]byte, 4096)},
	}
	for _, k := range kinds {
		if err := b.onlyReject(k.data); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return nil
}

// wide encodes text as UTF-16 with a byte order mark.
func wide(text []byte, big bool) []byte {
	var out []byte
	for _, u := range append([]uint16{0xFEFF}, utf16.Encode([]rune(string(text)))...) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

const huge = 50 << 20

// hugeValue: a line of 50 MB is one reject at its line and all else is read;
// in a document a value of 50 MB harms no other file.
func hugeValue(f Fixture, dir string) error {
	b, err := newBench(f, dir)
	if err != nil {
		return err
	}
	filler := bytes.Repeat([]byte("x"), huge)
	whole := f.Files[f.Target]
	switch f.Format {
	case Lines:
		return b.badLine(bytes.Join([][]byte{[]byte(`{"` + canary + `":"`), filler, []byte("\"}\n")}, nil))
	case Table:
		return b.badLine(append(filler, '\n'))
	case Document:
		at := bytes.IndexByte(whole, '{') + 1
		_, err = b.with(bytes.Join([][]byte{whole[:at], []byte(`"` + canary + `":"`), filler, []byte(`",`), whole[at:]}, nil))
	case XML:
		at := bytes.LastIndex(whole, []byte("</"))
		_, err = b.with(bytes.Join([][]byte{whole[:at], []byte(`<` + canary + ` value="`), filler, []byte(`"/>`), whole[at:]}, nil))
	}
	return err
}

// truncated: the target cut off at every 97th byte; where lines are records,
// those of the whole lines are read as before and the last is at most one
// reject.
func truncated(f Fixture, dir string) error {
	b, err := newBench(f, dir)
	if err != nil {
		return err
	}
	whole := f.Files[f.Target]
	for n := 97; n < len(whole); n += 97 {
		r, err := b.with(whole[:n])
		if err != nil {
			return fmt.Errorf("cut off at byte %d: %w", n, err)
		}
		if byLine(f) {
			if len(r.rejects) > 1 {
				return fmt.Errorf("cut off at byte %d: %d rejects", n, len(r.rejects))
			}
			if err := b.wholeLines(r, whole[:n]); err != nil {
				return fmt.Errorf("cut off at byte %d: %w", n, err)
			}
		}
	}
	return nil
}

// wholeLines checks that every line that is whole was read as before.
func (b *bench) wholeLines(r *reading, data []byte) error {
	n := int64(bytes.Count(data, []byte("\n")))
	before := func(s seen) bool { return s.line <= n }
	return same(part(r.rows, before), part(b.target.rows, before))
}

// flippedBytes: the target with a byte changed. Where the names of columns are
// packed away in the file, another name may be another table, which Shards
// may refuse.
func flippedBytes(f Fixture, dir string) error {
	b, err := newBench(f, dir)
	if err != nil {
		return err
	}
	whole := f.Files[f.Target]
	for i, n := 0, 0; n < len(whole); i, n = i+1, n+97 {
		if f.Format == Table && n < bytes.IndexByte(whole, '\n') {
			continue // another header is another table
		}
		data := bytes.Clone(whole)
		data[n] = []byte{'"', 0, 0xFF, '\\', '{', '\n', ','}[i%7]
		if _, err := b.with(data); err != nil && !(f.Format == Opaque && errors.Is(err, errShards)) {
			return fmt.Errorf("byte %d changed: %w", n, err)
		}
	}
	return nil
}

// badLines: a line that is no record, put between the lines, is a reject at
// its line and all else is read as before; an empty line is nothing.
func badLines(f Fixture, dir string) error {
	b, err := newBench(f, dir)
	if err != nil {
		return err
	}
	bad := []string{canary, `{"` + canary, `"` + canary + `,` + canary + `",`, "\x01", "\xff\xfe"}
	if f.Format == Lines {
		bad = append(bad, `{}`, `[1,2]`, `"`+canary+`"`, `{"`+canary+`":}`, `{"resourceType":7}`, canaryDigit)
	}
	for _, line := range bad {
		if err := b.badLine([]byte(line + "\n")); err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
	}
	header, body := lines(f)
	r, err := b.with(bytes.Join([][]byte{header, body[0], []byte("\n\r\n"), bytes.Join(body[1:], nil)}, nil))
	if err != nil {
		return fmt.Errorf("empty lines: %w", err)
	}
	if len(r.rejects) > 0 {
		return fmt.Errorf("empty lines: a reject at line %d", r.rejects[0].Line)
	}
	return same(r.rows, b.target.rows)
}

// badLine puts a line after the first.
func (b *bench) badLine(bad []byte) error {
	header, body := lines(b.f)
	at := int64(2)
	if header != nil {
		at++
	}
	r, err := b.with(bytes.Join([][]byte{header, body[0], bad, bytes.Join(body[1:], nil)}, nil))
	if err != nil {
		return err
	}
	if len(r.rejects) != 1 || r.rejects[0].Line != at {
		return fmt.Errorf("rejects %v, want one at line %d", r.rejects, at)
	}
	return same(r.rows, b.target.rows)
}
