package optout

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"time"

	"secondaryuse/deid/gate/list"
)

// control is what is read of a MESH control file. Each element must be there
// once.
type control struct {
	XMLName     xml.Name       `xml:"DTSControl"`
	MessageType []string       `xml:"MessageType"`
	WorkflowID  []string       `xml:"WorkflowId"`
	Status      []statusRecord `xml:"StatusRecord"`
}

type statusRecord struct {
	DateTime   []string `xml:"DateTime"`
	Event      []string `xml:"Event"`
	Status     []string `xml:"Status"`
	StatusCode []string `xml:"StatusCode"`
}

// readControl reads the control file and returns when the reply was issued.
func readControl(c Config) (time.Time, error) {
	data, _, err := list.Whole("optout", c.Control, 64<<10)
	if err != nil {
		return time.Time{}, err
	}
	issued, field, reason := parseControl(data, c.Workflow)
	if reason == "" {
		field, reason = "StatusRecord.DateTime", list.Age(issued, c.Now, c.MaxAge)
	}
	if reason != "" {
		return time.Time{}, &list.Refusal{Gate: "optout", File: c.Control, Field: field, Reason: reason,
			Next: "send the request to the service again, and put its new reply and control file here"}
	}
	return issued, nil
}

// parseControl returns when a reply was issued, or the field that speaks
// against it and why.
func parseControl(data []byte, workflow string) (issued time.Time, field, reason string) {
	d := xml.NewDecoder(bytes.NewReader(data))
	var c control
	if err := d.Decode(&c); err != nil {
		return issued, "", "not a DTSControl file"
	}
	if !ended(d) {
		return issued, "", "more than one document in the file"
	}
	if len(c.Status) != 1 {
		return issued, "StatusRecord", "not there once"
	}
	s := c.Status[0]
	for _, want := range []struct {
		field, value string
		got          []string
		reason       string
	}{
		{"MessageType", "Data", c.MessageType, "the message is not a reply with data; a report says that the request failed"},
		{"WorkflowId", workflow, c.WorkflowID, "foreign: a message of another workflow"},
		{"StatusRecord.Event", "TRANSFER", s.Event, "not TRANSFER: the reply has not arrived"},
		{"StatusRecord.Status", "SUCCESS", s.Status, "not SUCCESS: the transfer failed"},
		{"StatusRecord.StatusCode", "00", s.StatusCode, "not 00: the transfer failed"},
	} {
		if len(want.got) != 1 || !strings.EqualFold(strings.TrimSpace(want.got[0]), want.value) {
			return issued, want.field, want.reason
		}
	}
	issued, ok := stamp(s.DateTime)
	if !ok {
		return issued, "StatusRecord.DateTime", "not yyyymmddhhmmss"
	}
	return issued, "", ""
}

// stamp reads the time of a status record. The format has no zone; it is taken
// for London's wall clock, which is never ahead of the time that is meant.
func stamp(texts []string) (time.Time, bool) {
	if len(texts) != 1 {
		return time.Time{}, false
	}
	text := strings.TrimSpace(texts[0])
	if len(text) != 14 || strings.Trim(text, "0123456789") != "" {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation("20060102150405", text, list.London)
	return t, err == nil
}

// ended reports whether only white space and comments follow.
func ended(d *xml.Decoder) bool {
	for {
		t, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		switch t := t.(type) {
		case xml.Comment:
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return false
			}
		default:
			return false
		}
	}
}
