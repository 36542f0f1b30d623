package apple

import (
	"encoding/hex"
	"strconv"

	"github.com/dchest/siphash"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// reader reads one export.
type reader struct {
	x        scanner
	sink     wearable.Sink
	account  []byte
	is       attributes
	exported wearable.Stamp
	text     []byte // values with entities resolved
	hashed   []byte
	device   device
	told     [2]bool // the workout has given its distance, its energy
	pending  bool    // the tag that was met last is still to be read
	lost     bool    // a tag was broken: what follows belongs to it until a record begins
}

// device remembers the device of the record before, most often the same.
type device struct {
	device, source []byte
	kind           term.Word
}

func (r *reader) begin(account string) {
	r.account = append(r.account[:0], account...)
	r.exported = wearable.Stamp{}
	r.device.device, r.device.source, r.device.kind = r.device.device[:0], r.device.source[:0], ""
	r.pending, r.lost = false, false
}

// document reads the file from the first tag to the last.
func (r *reader) document() error {
	if t := r.x.next(); t != start || string(r.x.name) != "HealthData" {
		r.sink.Begin(r.x.Line())
		return r.sink.Reject("", "the file is not an Apple Health export")
	}
	if r.x.empty {
		return r.rest()
	}
	for {
		switch r.next() {
		case eof:
			return r.cut()
		case broken:
			if err := r.broken(); err != nil {
				return err
			}
		case end:
			if string(r.x.name) == "HealthData" {
				return r.rest()
			}
		case start:
			if r.lost && !top(r.x.name) {
				continue
			}
			r.lost = false
			if err := r.element(); err != nil {
				return err
			}
		}
	}
}

// next goes on to the next tag, unless there is one that was put back.
func (r *reader) next() token {
	if r.pending {
		r.pending = false
		return start
	}
	return r.x.next()
}

// broken rejects a tag that is not well formed, once for each record.
func (r *reader) broken() error {
	if r.lost && !top(r.x.name) {
		return nil
	}
	r.lost = true
	r.sink.Begin(r.x.line)
	return r.sink.Reject("", "an element is not well formed")
}

// cut rejects the rest of a file that ends before its end.
func (r *reader) cut() error {
	reason := r.x.Fault()
	if reason == "" {
		reason = "the file is cut off"
	}
	r.sink.Begin(r.x.Line())
	return r.sink.Reject("", reason)
}

// rest reads what follows the document: nothing, in a whole file.
func (r *reader) rest() error {
	reason := ""
	if r.x.next() != eof {
		reason = "there is more after the end of the document"
	} else if r.x.cut || r.x.Fault() != "" {
		return r.cut()
	}
	if reason == "" {
		return nil
	}
	r.sink.Begin(r.x.Line())
	return r.sink.Reject("", reason)
}

// element reads the element whose start tag was met, to its end.
func (r *reader) element() error {
	var err error
	r.sink.Begin(r.x.line)
	switch name := string(r.x.name); name {
	case "Record":
		err = r.record()
	case "Workout":
		return r.workout()
	case "ActivitySummary":
		err = r.summary()
	case "Me":
	case "ExportDate":
		if r.read() == "" {
			r.exported, _ = wearable.Parse(r.is.value)
		}
	default:
		word, known := elements[name]
		if !known {
			word = "other-element"
		}
		err = r.sink.Pass(word)
	}
	if err != nil || r.x.empty {
		return err
	}
	return r.skip(string(r.x.name))
}

// skip passes over the children of an element.
func (r *reader) skip(parent string) error {
	for {
		switch r.x.next() {
		case eof:
			r.pending = false
			return nil // document meets it again
		case broken:
			return r.broken()
		case end:
			if string(r.x.name) == parent {
				return nil
			}
		case start:
			if top(r.x.name) && parent != "Correlation" {
				r.pending = true // the parent was never closed
				return nil
			}
		}
	}
}

// version is that of the export, which tells all that there is anew: of a record
// that several exports tell the newest is taken at its word.
func (r *reader) version() term.Time { return term.Time(r.exported.UTC() * 1_000_000) }

// key returns the key of a record, hashed from what makes it that record.
func (r *reader) key(what, source []byte, from, to int64) record.Ref {
	b := append(append(r.hashed[:0], what...), 0)
	b = append(strconv.AppendInt(b, from, 10), 0)
	b = append(strconv.AppendInt(b, to, 10), 0)
	b = append(b, source...)
	r.hashed = b
	h0, h1 := siphash.Hash128(0, 0, b)
	var raw [16]byte
	for i := range 8 {
		raw[i], raw[8+i] = byte(h0>>(8*i)), byte(h1>>(8*i))
	}
	var digits [32]byte
	hex.Encode(digits[:], raw[:])
	return record.Ref{Kind: record.Reading, ID: r.sink.Key(r.account, digits[:])}
}
