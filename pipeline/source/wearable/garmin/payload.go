package garmin

import "secondaryuse/pipeline/source/wearable"

// documents is a window on a run of JSON documents, looked at a value at a time.
type documents struct {
	wearable.Window
	broken string // why the rest of the file cannot be read
}

// fail keeps the first fault, where the file itself has none.
func (d *documents) fail(reason string) bool {
	if d.broken == "" {
		if d.broken = d.Fault(); d.broken == "" {
			d.broken = reason
		}
	}
	return false
}

// peek passes over white space and returns the next byte, 0 at the end of the
// file.
func (d *documents) peek() byte {
	for {
		b := d.Bytes()
		for i, c := range b {
			if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				d.Skip(i)
				return c
			}
		}
		d.Skip(len(b))
		if !d.More() {
			return 0
		}
	}
}

// more goes to the next member or element of a container, whose opening
// bracket or last value has just been passed. At the closing bracket, which it
// passes over, and on a fault it returns false.
func (d *documents) more(closing byte, first bool) bool {
	c := d.peek()
	if c == closing {
		d.Skip(1)
		return false
	}
	if first {
		return c != 0 || d.fail("the file is cut off")
	}
	if c != ',' {
		return d.fail(cutOr(c, "no comma after a value"))
	}
	d.Skip(1)
	if c = d.peek(); c == 0 || c == closing {
		return d.fail(cutOr(c, "no value after a comma"))
	}
	return true
}

func cutOr(c byte, reason string) string {
	if c == 0 {
		return "the file is cut off"
	}
	return reason
}

// value brings the value that comes next into sight as a whole and returns its
// bytes, to be passed over by Skip. It looks only for the value's end: whether
// it is well formed shows when it is read. Where a value is longer than any
// window, it is passed over and nil is returned. It reports false where the
// file ends first.
func (d *documents) value() (b []byte, ok bool) {
	d.peek()
	var e extent
	long := false
	for {
		b = d.Bytes()
		if e.end(b) {
			if long {
				d.Skip(e.at)
				return nil, true
			}
			return b[:e.at], true
		}
		if d.More() {
			continue
		}
		if !d.Full() {
			return nil, d.fail("the file is cut off")
		}
		long = true
		d.Skip(len(b))
		e.at -= len(b)
	}
}

// extent finds the end of a JSON value, in pieces.
type extent struct {
	at     int // up to where has been looked
	depth  int
	quoted bool
}

// end goes on through b, from where it was left. It reports true when the
// value is whole: b[:e.at].
func (e *extent) end(b []byte) bool {
	for i := e.at; i < len(b); i++ {
		c := b[i]
		switch turn := turns[c]; {
		case turn == 0:
		case e.quoted && c == '\\':
			i++
		case c == '"':
			if e.quoted = !e.quoted; !e.quoted && e.depth == 0 {
				e.at = i + 1
				return true
			}
		case e.quoted:
		case turn == opens:
			e.depth++
		case turn == closes && e.depth > 1:
			e.depth--
		case turn == closes && e.depth == 1:
			e.at = i + 1
			return true
		case e.depth == 0: // the end of a number or of a word
			e.at = i
			return true
		}
		e.at = i + 1
	}
	return false
}

const (
	opens  = 1
	closes = 2
	other  = 3
)

// turns are the bytes at which something may happen.
var turns = [256]uint8{
	'{': opens, '[': opens, '}': closes, ']': closes,
	'"': other, '\\': other, ',': other, ':': other, ' ': other, '\n': other, '\r': other, '\t': other,
}
