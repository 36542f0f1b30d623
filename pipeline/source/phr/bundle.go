package phr

import (
	"bytes"

	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/scan"
)

// bundle is what is wanted of a Bundle, as it was written.
type bundle struct {
	written []byte   // when, a JSON string
	meta    []byte   // its labels are those of all that is in it
	entries [][]byte // each an array, if it is as it must be
}

// open looks into a Bundle, which must be valid JSON.
func (b *bundle) open(text []byte) {
	var c scan.Cursor
	c.Reset(text)
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch {
		case string(key) == "meta":
			b.meta = c.Raw()
			b.when()
		case string(key) == "timestamp" && b.written == nil:
			b.written = c.Raw()
		case string(key) == "entry":
			b.entries = append(b.entries, c.Raw())
		default:
			c.Skip()
		}
	}
}

// when reads in the meta when the Bundle was written.
func (b *bundle) when() {
	var c scan.Cursor
	if c.Reset(b.meta); !c.Object() {
		return
	}
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		if string(key) == "lastUpdated" {
			b.written = c.Raw()
		} else {
			c.Skip()
		}
	}
}

func (r *reader) bundle(b *bundle) {
	r.fhir.Within(b.meta)
	defer r.fhir.Within(nil)
	for _, list := range b.entries {
		var c scan.Cursor
		c.Reset(list)
		if c.Kind() != '[' {
			r.refuse(r.line, "entry", "not an array")
			continue
		}
		c.Array()
		for c.Elem() {
			r.entry(b, c.Raw())
		}
	}
}

// entry decodes one entry of a Bundle: a resource, or a deletion.
func (r *reader) entry(b *bundle, text []byte) {
	var c scan.Cursor
	c.Reset(text)
	if c.Kind() != '{' {
		r.refuse(r.line, "entry", "not an object")
		return
	}
	var resource, method, url []byte
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch {
		case string(key) == "resource":
			resource = c.Raw()
		case string(key) == "request" && c.Kind() == '{':
			method, url = request(&c)
		default:
			c.Skip()
		}
	}
	switch {
	case string(method) == "DELETE":
		r.deletion(b, url)
	case resource == nil:
		r.refuse(r.line, "entry.resource", "missing")
	default:
		r.resource(resource)
	}
}

func request(c *scan.Cursor) (method, url []byte) {
	c.Object()
	for key, ok := c.Next(); ok; key, ok = c.Next() {
		switch {
		case string(key) == "method" && c.Kind() == '"':
			method = c.Str()
		case string(key) == "url" && c.Kind() == '"':
			url = c.Str()
		default:
			c.Skip()
		}
	}
	return method, url
}

// deletion notes that the source has deleted a record. It is read as that
// record, entered in error when the Bundle was written. Of a Patient it is
// known with the Patients.
func (r *reader) deletion(b *bundle, url []byte) {
	typ, id, ok := bytes.Cut(url, []byte("/"))
	if r.pass == source.People {
		if string(typ) == patient && isID(id) {
			r.fhir.People(r.removed(b, id), r.block, r.line)
		}
		return
	}
	if !ok || !isID(id) || len(typ) == 0 {
		r.refuse(r.line, "entry.request.url", "names no record")
		return
	}
	switch string(typ) {
	case patient:
		r.fhir.Decode(r.removed(b, id), r.block, r.line)
	case observation:
		r.decode(r.inError(b, id), observation)
	case statement:
		r.decode(r.inError(b, id), statement)
	case answers:
		r.decode(r.inError(b, id), answers)
	default:
		r.block.Read++
		r.block.Pass("other", 1)
	}
}

// removed writes a Bundle that deletes a Patient and nothing else.
func (r *reader) removed(b *bundle, id []byte) []byte {
	from := len(r.arena)
	r.write(`{"resourceType":"Bundle"`, nil, ``)
	if b.written != nil {
		r.write(`,"meta":{"lastUpdated":`, b.written, `}`)
	}
	r.write(`,"entry":[{"request":{"method":"DELETE","url":"Patient/`, id, `"}}]}`)
	return r.arena[from:]
}

// inError writes an Observation that was entered in error.
func (r *reader) inError(b *bundle, id []byte) []byte {
	from := len(r.arena)
	r.write(`{"resourceType":"Observation","status":"entered-in-error","id":"`, id, `"`)
	if b.written != nil {
		r.write(`,"meta":{"lastUpdated":`, b.written, `}`)
	}
	r.write(`}`, nil, ``)
	return r.arena[from:]
}

func (r *reader) write(before string, text []byte, after string) {
	r.arena = append(append(append(r.arena, before...), text...), after...)
}

// isID reports whether b has the shape of a FHIR id.
func isID(b []byte) bool {
	for _, c := range b {
		if c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 64
}
