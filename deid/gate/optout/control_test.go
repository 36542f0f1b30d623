package optout

import (
	"strings"
	"testing"
	"time"
)

const good = `<?xml version="1.0"?>
<!-- from the client -->
<DTSControl><Version>1.0</Version><MessageType>Data</MessageType><LocalId>planted</LocalId>
<WorkflowId>SPINE_NTT_UPHOLDING</WorkflowId>
<StatusRecord><DateTime>20260701120000</DateTime><Event>TRANSFER</Event><Status>SUCCESS</Status><StatusCode>00</StatusCode></StatusRecord>
</DTSControl>
<!-- end -->
`

func TestControl(t *testing.T) {
	for _, text := range []string{good, strings.ReplaceAll(good, "\n", "\r\n"), strings.Replace(good, "Data", " DATA ", 1)} {
		issued, field, reason := parseControl([]byte(text), "SPINE_NTT_UPHOLDING")
		if reason != "" {
			t.Fatalf("%s: %s", field, reason)
		}
		// In July London's clock is an hour ahead, so noon there is eleven.
		if want := time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC); !issued.Equal(want) {
			t.Errorf("issued %v, want %v", issued, want)
		}
	}
}

func TestControlRefusals(t *testing.T) {
	for _, tc := range []struct{ name, old, new, field string }{
		{"not xml", good, "planted", ""},
		{"another root", "DTSControl>", "planted>", ""},
		{"cut off", "</DTSControl>\n", "", ""},
		{"another encoding", `version="1.0"`, `version="1.0" encoding="planted"`, ""},
		{"two documents", "<!-- end -->", "<planted/>", ""},
		{"text behind", "<!-- end -->", "planted", ""},
		{"report", ">Data<", ">Report<", "MessageType"},
		{"no type", "<MessageType>Data</MessageType>", "", "MessageType"},
		{"two types", "<MessageType>Data</MessageType>", "<MessageType>Data</MessageType><MessageType>Data</MessageType>", "MessageType"},
		{"workflow", "SPINE_NTT_UPHOLDING", "planted", "WorkflowId"},
		{"event", "TRANSFER", "COLLECT", "StatusRecord.Event"},
		{"status", "SUCCESS", "ERROR", "StatusRecord.Status"},
		{"code", ">00<", ">14<", "StatusRecord.StatusCode"},
		{"time", "20260701120000", "2026-07-01T12:00:00", "StatusRecord.DateTime"},
		{"no such time", "20260701120000", "20260231120000", "StatusRecord.DateTime"},
		{"no record", "StatusRecord>", "planted>", "StatusRecord"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, field, reason := parseControl([]byte(strings.ReplaceAll(good, tc.old, tc.new)), "SPINE_NTT_UPHOLDING")
			if reason == "" || field != tc.field {
				t.Errorf("got field %q, reason %q; want field %q", field, reason, tc.field)
			}
			if strings.Contains(field+reason, "planted") {
				t.Errorf("%q holds what is in the file", reason)
			}
		})
	}
}

// FuzzControl reads any bytes: a time comes with no reason, and a reason with
// nothing of the file.
func FuzzControl(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("<DTSControl/>"))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b \"c\">]><DTSControl>&b;</DTSControl>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		issued, _, reason := parseControl(data, "SPINE_NTT_UPHOLDING")
		if (reason == "") == issued.IsZero() {
			t.Errorf("issued %v with reason %q", issued, reason)
		}
		if reason == "" && !strings.Contains(string(data), "DTSControl") {
			t.Error("read what is no control file")
		}
	})
}
