package garmin

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/scan"
	"secondaryuse/pipeline/source/wearable"
)

// reader reads one file.
type reader struct {
	documents
	sink   wearable.Sink
	upload wearable.Upload
	is     wearable.Object // the summary
	part   wearable.Object // an object inside it
	list   scan.Cursor     // a list inside it
	cursor scan.Cursor     // a map inside it
	err    error           // of the sink
	known  bool            // the payload has a kind of summary that is known

	// Of the summary:
	zone         wearable.Zone
	start        int64 // seconds since 1970
	seconds      int64 // duration
	day          term.Time
	field, fault string // why it cannot be read
}

// file reads the file from the first payload to the last.
func (r *reader) file() error {
	r.broken, r.err = "", nil
	reason := r.Text()
	for reason == "" && r.err == nil && r.broken == "" {
		switch r.peek() {
		case '{':
			r.Skip(1)
			r.payload()
		case 0:
			if reason = r.Fault(); reason == "" {
				return nil
			}
		default:
			reason = "not a push payload"
		}
	}
	if reason == "" {
		reason = r.broken
	}
	if r.err == nil && reason != "" {
		r.sink.Begin(r.Line())
		r.err = r.sink.Reject("", reason)
	}
	return r.err
}

// payload reads a payload, whose opening bracket has been passed.
func (r *reader) payload() {
	r.known = false
	for first := true; r.more('}', first); first = false {
		if r.peek() != '"' {
			r.fail("no name of a member")
			return
		}
		name, ok := r.value()
		if !ok {
			return
		}
		k := unknown
		if len(name) > 2 {
			if of := kinds[string(name[1:len(name)-1])]; of != nil {
				k, r.known = of, true
			}
		}
		r.Skip(len(name))
		if r.peek() != ':' {
			r.fail("no colon after a name")
			return
		}
		r.Skip(1)
		if !r.values(k) {
			return
		}
	}
	if r.broken == "" && !r.known {
		r.fail("not a push payload")
	}
}

// values reads what a member holds.
func (r *reader) values(k *kind) bool {
	if r.peek() != '[' {
		line := r.Line()
		b, ok := r.value()
		r.Skip(len(b))
		if ok && k != unknown {
			r.sink.Begin(line)
			r.err = r.sink.Reject(k.name, "not an array")
		}
		return ok && r.err == nil
	}
	r.Skip(1)
	for first := true; r.more(']', first); first = false {
		r.peek()
		r.sink.Begin(r.Line())
		b, ok := r.value()
		if !ok {
			return false
		}
		if b == nil {
			r.err = r.sink.Reject("", "longer than a summary can be")
		} else {
			r.err = r.summary(k, b)
		}
		if r.err != nil {
			return false
		}
		r.Skip(len(b))
		r.known = true
	}
	return r.broken == ""
}

// summary reads one summary.
func (r *reader) summary(k *kind, b []byte) error {
	if field, reason := r.is.Read(shape, b); reason != "" {
		return r.sink.Reject(field, reason)
	}
	user, id := r.is.Text(userID), r.is.Text(summaryID)
	switch {
	case len(user) == 0:
		return r.sink.Reject("userId", "missing")
	case k.unused != "":
		return r.sink.Pass(k.unused)
	case len(id) == 0 && r.is.Text(callbackURL) != nil:
		return r.sink.Pass("notification")
	case len(id) == 0:
		return r.sink.Reject("summaryId", "missing")
	}
	now := &r.sink.Now
	now.Subject = r.sink.Account(user)
	now.ID = record.Ref{Kind: record.Reading, ID: r.sink.Key(user, []byte(k.name), id)}
	now.Recorded = r.upload.At
	now.Row.DeviceKind = k.device
	r.field, r.fault = "", ""
	k.read(r)
	if r.fault != "" {
		return r.sink.Reject(r.field, r.fault)
	}
	return r.sink.End()
}

// wrong keeps the first thing that is wrong with the summary, in the i-th
// member, and returns false.
func (r *reader) wrong(i int, reason string) bool {
	if r.fault == "" {
		r.field, r.fault = shape.Name(i), reason
	}
	return false
}
