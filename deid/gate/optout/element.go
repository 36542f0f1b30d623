package optout

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// known are the elements of a control file (uk-rules.md section 1), those of
// its status record with a dot. Clients of other versions add more: an element
// that is not known is passed over when it holds text and nothing else.
var known = []string{
	"Version", "AddressType", "MessageType", "From_DTS", "To_DTS", "Subject", "LocalId", "DTSId", "Compress", "Encrypted",
	"WorkflowId", "IsCompressed", "AllowChunking", "StatusRecord",
	"StatusRecord.DateTime", "StatusRecord.Event", "StatusRecord.Status", "StatusRecord.StatusCode", "StatusRecord.Description",
}

// elements returns the text of each known element of a control file, without
// the white space around it. The file is one DTSControl of elements that hold
// text, but for StatusRecord, which holds such elements. Beside them there is
// white space, comments and the XML declaration in front, and nothing else.
func elements(data []byte) (map[string]string, fault) {
	r := reader{in: xml.NewDecoder(bytes.NewReader(data)), got: make(map[string]string)}
	for {
		at := r.in.InputOffset()
		t, err := r.in.Token()
		if err == io.EOF && r.ended {
			return r.got, fault{}
		}
		if err != nil { // its words may quote the file
			return nil, fault{line: lineOf(data, r.in.InputOffset()), reason: "not a DTSControl file that can be read"}
		}
		if field, reason := r.take(t, at); reason != "" {
			return nil, fault{line: lineOf(data, at), field: field, reason: reason}
		}
	}
}

// reader is how far a control file was read.
type reader struct {
	in    *xml.Decoder
	open  []string // the elements that the next token is in, DTSControl the first
	text  []byte   // of the innermost of them
	got   map[string]string
	ended bool // DTSControl has ended
}

// take takes one token, and returns the field and the reason if it may not be
// there.
func (r *reader) take(t xml.Token, at int64) (field, reason string) {
	switch t := t.(type) {
	case xml.Comment:
		return "", ""
	case xml.ProcInst:
		if at > 0 {
			return "", "an instruction to another program, which a control file has none of"
		}
		return "", ""
	case xml.StartElement:
		return r.begin(t.Name)
	case xml.EndElement:
		return r.end()
	case xml.CharData:
		if r.leaf() {
			r.text = append(r.text, t...)
		} else if len(bytes.TrimSpace(t)) > 0 {
			return "", "text outside the elements that hold it"
		}
		return "", ""
	}
	return "", "a document type, which a control file has none of"
}

// leaf reports whether the next token is in an element that holds text.
func (r *reader) leaf() bool {
	return len(r.open) == 3 || len(r.open) == 2 && r.open[1] != "StatusRecord"
}

func (r *reader) begin(name xml.Name) (field, reason string) {
	switch {
	case len(r.open) == 0 && r.ended:
		return "", "more than one document in the file"
	case len(r.open) == 0 && name != (xml.Name{Local: "DTSControl"}):
		return "", "foreign: not a DTSControl file"
	case r.leaf():
		return r.field(), "an element within one that holds text"
	}
	if name.Space != "" {
		name.Local = "" // another vocabulary: not known
	}
	r.open, r.text = append(r.open, name.Local), nil
	return "", ""
}

func (r *reader) end() (field, reason string) {
	name := strings.Join(r.open[1:], ".")
	r.open = r.open[:len(r.open)-1]
	r.ended = len(r.open) == 0
	if !slices.Contains(known, name) {
		r.text = nil
		return "", ""
	}
	if _, twice := r.got[name]; twice {
		return name, "there twice"
	}
	r.got[name], r.text = strings.TrimSpace(string(r.text)), nil
	return "", ""
}

// field is the known element that the next token is in, or none.
func (r *reader) field() string {
	if name := strings.Join(r.open[1:], "."); slices.Contains(known, name) {
		return name
	}
	return ""
}
