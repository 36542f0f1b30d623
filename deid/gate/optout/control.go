package optout

import (
	"bytes"
	"strings"
	"time"

	"secondaryuse/deid/gate/list"
)

// readControl reads the control file and returns when the reply was issued.
func readControl(c Config) (time.Time, error) {
	data, _, err := list.Whole("optout", c.Control, 64<<10)
	if err != nil {
		return time.Time{}, err
	}
	issued, f := parseControl(data, c.Workflow)
	if f.reason == "" {
		f = fault{field: "StatusRecord.DateTime", reason: list.Age(issued, c.Now, c.MaxAge)}
	}
	if f.reason != "" {
		return time.Time{}, &list.Refusal{Gate: "optout", File: c.Control, Line: f.line, Field: f.field, Reason: f.reason,
			Next: "send the request to the service again, and put its new reply and control file here"}
	}
	return issued, nil
}

// Issued returns when the reply was issued, and until when it may be used. It
// reads the control file alone.
func Issued(c Config) (issued, until time.Time, err error) {
	c = c.defaults()
	span := c.MaxAge
	c.Now, c.MaxAge = time.Now(), 1<<62 // of any age
	if issued, err = readControl(c); err != nil {
		return issued, until, err
	}
	return issued, issued.Add(span), nil
}

// fault is what speaks against a control file: no fault has no reason.
type fault struct {
	line   int64 // 0 where none can be named
	field  string
	reason string
}

// parseControl returns when a reply was issued, or what speaks against it.
func parseControl(data []byte, workflow string) (issued time.Time, f fault) {
	got, f := elements(data)
	if f.reason != "" {
		return issued, f
	}
	for _, want := range []struct{ field, value, reason string }{
		{"MessageType", "Data", "the message is not a reply with data; a report says that the request failed"},
		{"WorkflowId", workflow, "foreign: a message of another workflow"},
		{"StatusRecord", "", "not there once"},
		{"StatusRecord.Event", "TRANSFER", "not TRANSFER: the reply has not arrived"},
		{"StatusRecord.Status", "SUCCESS", "not SUCCESS: the transfer failed"},
		{"StatusRecord.StatusCode", "00", "not 00: the transfer failed"},
	} {
		text, there := got[want.field]
		if !there || !strings.EqualFold(text, want.value) {
			return issued, fault{field: want.field, reason: want.reason}
		}
	}
	issued, ok := stamp(got["StatusRecord.DateTime"])
	if !ok {
		return issued, fault{field: "StatusRecord.DateTime", reason: "not yyyymmddhhmmss"}
	}
	return issued, fault{}
}

// stamp reads the time of a status record. The format has no zone; it is taken
// for London's wall clock, which is never ahead of the time that is meant.
func stamp(text string) (time.Time, bool) {
	if len(text) != 14 || strings.Trim(text, "0123456789") != "" {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation("20060102150405", text, list.London)
	return t, err == nil
}

// lineOf is the line, from 1, in which the byte at an offset stands.
func lineOf(data []byte, at int64) int64 {
	return int64(bytes.Count(data[:min(at, int64(len(data)))], []byte("\n"))) + 1
}
