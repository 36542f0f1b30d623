package fitbit

import (
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/scan"
	"secondaryuse/pipeline/source/wearable"
)

// reader reads one file.
type reader struct {
	sink   wearable.Sink
	window wearable.Window
	upload wearable.Upload
	folder []byte // the account by the file's path
	is     wearable.Object
	part   wearable.Object // an object inside it
	deep   wearable.Object // an object inside that
	list   scan.Cursor     // a list inside it
	dates  []dates         // of the answer's series
	name   []byte          // of a collection
	date   []byte          // of a key

	doc          scan.Cursor // an answer
	found        bool        // it has a collection that is known
	single       bool        // it is itself an entry
	from         int64       // the line on which it begins
	counted      int         // up to where its line ends are counted
	postponed    []intraday
	field, fault string // why the record cannot be read

	path  string
	shard source.Shard
	lines *scan.Lines // nil where the file is one document
}

// file reads a shard.
func (r *reader) file(path string, sh source.Shard) error {
	lines, err := scan.Open(path, sh.Offset, sh.Length, wearable.MaxSight)
	if err != nil {
		return err
	}
	defer lines.Close()
	r.path, r.shard, r.lines = path, sh, lines
	more := lines.Next()
	fault := lines.Fault()
	switch {
	case lines.Err() != nil:
		return lines.Err()
	case !more && fault == "" && sh.Offset > 0:
		return nil // no line begins in this block
	case !more && fault == "":
		fault = "the file is empty"
	case more && fault == "" && sh.Offset+sh.Length == 0 && !oneObject(lines.Bytes()):
		r.lines = nil
		return r.whole()
	}
	for ; more; more = lines.Next() {
		if err := r.line(); err != nil {
			return err
		}
		fault = ""
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if end := lines.Fault(); end != "" {
		fault = end
	}
	if fault == "" {
		return nil
	}
	r.sink.Begin(lines.Number())
	return r.reject("", fault)
}

// line reads the line that has been met.
func (r *reader) line() error {
	defer r.lines.Release()
	number := r.lines.Number()
	if r.shard.Offset > 0 {
		number = 0
	}
	r.sink.Begin(number)
	if fault := r.lines.Fault(); fault != "" {
		return r.reject("", fault)
	}
	text := r.lines.Bytes()
	if field, reason := r.is.Read(rowShape, text); reason != "" {
		return r.reject(field, reason)
	}
	if len(r.is.Text(participant)) > 0 {
		return r.row()
	}
	if reason, err := r.answer(text, number); reason != "" || err != nil {
		if err == nil {
			err = r.reject("", reason)
		}
		return err
	}
	return nil
}

// whole reads a file that is one document.
func (r *reader) whole() error {
	w := &r.window
	if err := w.Open(r.path); err != nil {
		return err
	}
	defer w.Close()
	reason := w.Text()
	if reason == "" {
		for w.More() {
		}
		if w.Full() {
			reason = "longer than an answer can be"
		}
	}
	var err error
	if reason == "" {
		if reason, err = r.answer(w.Bytes(), w.Line()); w.Fault() != "" {
			reason = w.Fault()
		}
	}
	if reason == "" || err != nil {
		return err
	}
	return r.reject("", reason)
}

// reject rejects the record. field and reason are constants.
func (r *reader) reject(field, reason string) error {
	if r.lines != nil && r.shard.Offset > 0 {
		before, err := scan.Count(r.path, 0, r.shard.Offset)
		if err != nil {
			return err
		}
		r.sink.Now.Line = before + r.lines.Number()
	}
	return r.sink.Reject(field, reason)
}

// finish ends the record: rejected, where something was wrong with it.
func (r *reader) finish() error {
	if r.fault != "" {
		return r.reject(r.field, r.fault)
	}
	return r.sink.End()
}

// wrong keeps the first thing that is wrong with the record and returns false.
func (r *reader) wrong(field, reason string) bool {
	if r.fault == "" {
		r.field, r.fault = field, reason
	}
	return false
}

// put adds a value that comes of the named member.
func (r *reader) put(m wearable.Metric, u wearable.Unit, v float64, field string) {
	if r.sink.Add(m, u, v) == wearable.Impossible {
		r.wrong(field, "beyond what can be")
	}
}

// number reads a number as it stands in a document, with or without quotes. A
// text that is none is wrong.
func (r *reader) number(raw []byte, field string) float64 {
	if len(raw) > 1 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	if string(raw) == "null" {
		raw = nil
	}
	v, ok := wearable.ParseNumber(raw)
	if !ok {
		r.wrong(field, "not a number")
	}
	return v
}
