package tabular

import (
	"bytes"
	"io"
)

// records cuts text into the records and cells of a CSV table as RFC 4180 and
// encoding/csv have it, and goes on after what they call an error: a faulty
// record is given up with its first line only, so that a stray quote costs no
// other record. It copies nothing and allocates nothing once its buffers have
// grown. What cell returns is valid until next is called again.
type records struct {
	src   io.Reader
	delim byte
	buf   []byte
	p     int   // start of the next record in buf
	off   int64 // where buf begins in the file
	ended bool  // nothing more to read
	next1 int64 // line of the next record, from 1

	line   int64 // of the current record
	fault  string
	broken string // why src ended before its end
	why    func(error) string
	base   int // where the current record begins in buf
	cells  []span
}

// span is a cell of the current record, from and to relative to its start.
type span struct {
	from, to int32
	raw      bool // holds doubled quotes or line ends as they stand in the file
}

const (
	recordLimit = 1 << 20   // the longest record, in bytes
	readSize    = 256 << 10 // bytes read at a time
)

const (
	faultLong  = "line too long"
	faultQuote = "a quote in the wrong place"
	faultOpen  = "a quote that is not closed"
)

// newRecords reads a table whose first line is number line of its file. why
// turns the error that ends src into a reason, or into none at its proper end.
func newRecords(src io.Reader, delim byte, line int64, why func(error) string) *records {
	return &records{src: src, delim: delim, next1: line, why: why, buf: make([]byte, 0, readSize)}
}

// next goes on to the next record, which is faulty where fault is not empty.
// After the last one it returns false, with a fault when the rest of the text
// cannot be read.
func (r *records) next() bool {
	r.fault = ""
	for {
		first, ok := r.lineEnd()
		r.line = r.next1
		if !ok {
			r.fault = r.broken
			return false
		}
		if first < 0 {
			r.skipLine()
			r.next1++
			r.fault = faultLong
			return true
		}
		if body := trimEnd(r.buf[r.p : r.p+first]); len(body) > 0 {
			return r.record(body, first)
		}
		r.take(first)
		r.next1++
	}
}

// refuse gives the current record up. Its first line goes with it; the others
// are read anew.
func (r *records) refuse(fault string) {
	r.fault = fault
	if first := bytes.IndexByte(r.buf[r.base:], '\n'); first >= 0 {
		r.p = r.base + first + 1
	} else {
		r.p = len(r.buf)
	}
	r.next1 = r.line + 1
}

// record takes the record that begins with a line of the given body, whose
// line end lies at first. It reports false where the text breaks off within it.
func (r *records) record(body []byte, first int) bool {
	r.base, r.cells = r.p, r.cells[:0]
	if bytes.IndexByte(body, '"') < 0 {
		r.split(body)
		r.take(first)
		r.next1++
		return true
	}
	return r.quoted()
}

// span returns where the current record lies in its file, in bytes and without
// its line end.
func (r *records) span() (from, size int64) {
	return r.off + int64(r.base), int64(len(bytes.TrimRight(r.buf[r.base:r.p], "\r\n")))
}

// take passes over a line that ends at end, relative to p.
func (r *records) take(end int) { r.p = min(r.p+end+1, len(r.buf)) }

// split cuts a line without quotes.
func (r *records) split(body []byte) {
	from := 0
	for i, c := range body {
		if c == r.delim {
			r.cells = append(r.cells, span{from: int32(from), to: int32(i)})
			from = i + 1
		}
	}
	r.cells = append(r.cells, span{from: int32(from), to: int32(len(body))})
}

// quoted cuts a record with quotes, which may go on over several lines.
func (r *records) quoted() bool {
	for {
		end, lines, fault := r.parse()
		switch {
		case fault == "":
			r.p = min(r.base+end, len(r.buf))
			r.next1 += int64(lines)
			return true
		case fault == faultOpen && !r.ended && len(r.buf)-r.base < recordLimit:
			r.p = r.base
			r.more()
			r.base = r.p
		case fault == faultOpen && r.broken != "":
			r.fault, r.p = r.broken, len(r.buf)
			return false
		default:
			r.refuse(fault)
			return true
		}
	}
}

// parse cuts the record at base into cells. It returns where the next record
// begins, relative to base, and how many lines the record has.
func (r *records) parse() (end, lines int, fault string) {
	text := r.buf[r.base:]
	r.cells = r.cells[:0]
	for i := 0; ; {
		var c span
		var n int
		if i < len(text) && text[i] == '"' {
			c, i, n, fault = parseQuoted(text, i+1, r.ended)
			lines += n
		} else {
			c, i, fault = r.parseBare(text, i)
		}
		if fault != "" {
			return 0, 0, fault
		}
		r.cells = append(r.cells, c)
		if i < len(text) && text[i] == r.delim {
			i++
			continue
		}
		if i < len(text) && text[i] == '\r' {
			i++
		}
		switch {
		case i >= len(text) && r.ended:
			return i, lines + 1, ""
		case i >= len(text):
			return 0, 0, faultOpen // the line end has not been read yet
		case text[i] == '\n':
			return i + 1, lines + 1, ""
		}
		return 0, 0, faultQuote
	}
}

// parseBare cuts a cell without quotes that begins at i.
func (r *records) parseBare(text []byte, i int) (c span, end int, fault string) {
	from := i
	for ; i < len(text) && text[i] != r.delim && text[i] != '\n'; i++ {
		if text[i] == '"' {
			return c, i, faultQuote
		}
	}
	to := i
	if i >= len(text) && !r.ended {
		return c, i, faultOpen
	}
	if to > from && text[to-1] == '\r' && (i >= len(text) || text[i] == '\n') {
		to, i = to-1, i-1
	}
	return span{from: int32(from), to: int32(to)}, i, ""
}

// parseQuoted cuts a cell whose opening quote stands before i. It returns
// where the closing quote has been passed and how many line ends it holds.
func parseQuoted(text []byte, i int, ended bool) (c span, end, lines int, fault string) {
	c.from = int32(i)
	for {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return c, 0, 0, faultOpen
		}
		if k := bytes.Count(text[i:i+n], []byte{'\n'}); k > 0 {
			lines, c.raw = lines+k, true
		}
		i += n + 1
		if i < len(text) && text[i] == '"' {
			c.raw = true
			i++
			continue
		}
		if i >= len(text) && !ended {
			return c, 0, 0, faultOpen // a second quote may follow
		}
		c.to = int32(i - 1)
		return c, i, lines, ""
	}
}

// cell returns the i-th cell of the record.
func (r *records) cell(i int) []byte {
	c := &r.cells[i]
	if c.raw {
		text := r.buf[r.base+int(c.from) : r.base+int(c.to)]
		c.to, c.raw = c.from+int32(unquote(text)), false
	}
	return r.buf[r.base+int(c.from) : r.base+int(c.to)]
}

// unquote makes one quote of two and a line feed of CR LF, in place, and
// returns the new length.
func unquote(text []byte) int {
	n := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			i++ // the second of two
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			continue
		}
		text[n] = c
		n++
	}
	return n
}

// lineEnd returns how far from p the next line ends. It reports false at the
// end of the text, and returns -1 for a line beyond the limit.
func (r *records) lineEnd() (int, bool) {
	seen := r.p
	for {
		if i := bytes.IndexByte(r.buf[seen:], '\n'); i >= 0 {
			return seen + i - r.p, true
		}
		if len(r.buf)-r.p > recordLimit {
			return -1, true
		}
		held := len(r.buf) - r.p
		if !r.more() {
			// What was cut off is not a record, but all that is left of one.
			return len(r.buf) - r.p, len(r.buf) > r.p && r.broken == ""
		}
		seen = r.p + held
	}
}

// skipLine passes over a line beyond the limit.
func (r *records) skipLine() {
	for {
		if i := bytes.IndexByte(r.buf[r.p:], '\n'); i >= 0 {
			r.p += i + 1
			return
		}
		r.p = len(r.buf)
		if !r.more() {
			return
		}
	}
}

// more reads on. It moves what is left in buf to its start.
func (r *records) more() bool {
	if r.ended {
		return false
	}
	rest := r.buf[r.p:]
	r.off += int64(r.p)
	if len(rest)+readSize > cap(r.buf) {
		r.buf = make([]byte, len(rest), 2*len(rest)+readSize)
	}
	r.buf = r.buf[:copy(r.buf[:cap(r.buf)], rest)]
	r.p = 0
	n, err := 0, error(nil)
	for n == 0 && err == nil {
		n, err = r.src.Read(r.buf[len(r.buf):cap(r.buf)])
	}
	r.buf = r.buf[:len(r.buf)+n]
	if err != nil {
		r.ended, r.broken = true, r.why(err)
	}
	return n > 0
}

// trimEnd takes the CR off a line end.
func trimEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}
