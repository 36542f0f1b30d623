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
	for name, text := range map[string]string{
		"as it is":                  good,
		"with CRLF":                 strings.ReplaceAll(good, "\n", "\r\n"),
		"spaced":                    strings.Replace(good, "Data", " DATA ", 1),
		"without a declaration":     strings.TrimPrefix(good, `<?xml version="1.0"?>`),
		"an element more":           strings.Replace(good, "<Version>", "<ProcessId>7</ProcessId><ProcessId>8</ProcessId><Version>", 1),
		"more of the status":        strings.Replace(good, "<Event>", "<Description>Transferred</Description><Note/><Event>", 1),
		"a comment within a value":  strings.Replace(good, ">00<", ">0<!-- planted -->0<", 1),
		"quoted":                    strings.Replace(good, ">00<", "><![CDATA[00]]><", 1),
		"of another vocabulary too": strings.Replace(good, "<Version>", `<a:WorkflowId xmlns:a="b">planted</a:WorkflowId><Version>`, 1),
	} {
		issued, f := parseControl([]byte(text), "SPINE_NTT_UPHOLDING")
		if f != (fault{}) {
			t.Fatalf("%s: %+v", name, f)
		}
		// In July London's clock is an hour ahead, so noon there is eleven.
		if want := time.Date(2026, 7, 1, 11, 0, 0, 0, time.UTC); !issued.Equal(want) {
			t.Errorf("issued %v, want %v", issued, want)
		}
	}
}

func TestControlRefusals(t *testing.T) {
	for _, tc := range []struct {
		name, old, new string
		line           int64
		field          string
	}{
		{"not xml", good, "planted", 1, ""},
		{"nothing but a declaration", good, `<?xml version="1.0"?>`, 1, ""},
		{"another root", "DTSControl>", "planted>", 3, ""},
		{"a root of another vocabulary", "<DTSControl>", `<DTSControl xmlns="planted">`, 3, ""},
		{"cut off", "</DTSControl>\n", "", 7, ""},
		{"another encoding", `version="1.0"`, `version="1.0" encoding="planted"`, 1, ""},
		{"two documents", "<!-- end -->", "<planted/>", 7, ""},
		{"two controls", good, good + "<DTSControl/>", 8, ""},
		{"text in front", "<!-- from the client -->", "planted", 1, ""},
		{"text before all", `<?xml version="1.0"?>`, `planted <?xml version="1.0"?>`, 1, ""},
		{"text behind", "<!-- end -->", "planted", 6, ""},
		{"text between the elements", "<MessageType>", "planted<MessageType>", 3, ""},
		{"text between the status's", "<Event>", "planted<Event>", 5, ""},
		{"an instruction", "<!-- end -->", "<?planted?>", 7, ""},
		{"a second declaration", "<!-- end -->", `<?xml version="1.0"?>`, 7, ""},
		{"a document type", "<!-- from the client -->", `<!DOCTYPE DTSControl [<!ENTITY planted "x">]>`, 2, ""},
		{"an entity", ">00<", ">&planted;<", 5, ""},
		{"an element within a value", ">00<", "><planted>00</planted><", 5, "StatusRecord.StatusCode"},
		{"an element within what is not known", ">planted<", "><Event>TRANSFER</Event><", 3, "LocalId"},
		{"report", ">Data<", ">Report<", 0, "MessageType"},
		{"no type", "<MessageType>Data</MessageType>", "", 0, "MessageType"},
		{"two types", "<MessageType>Data</MessageType>", "<MessageType>Data</MessageType><MessageType>Report</MessageType>", 3, "MessageType"},
		{"two subjects", "<LocalId>planted</LocalId>", "<LocalId>planted</LocalId><LocalId>planted</LocalId>", 3, "LocalId"},
		{"workflow", "SPINE_NTT_UPHOLDING", "planted", 0, "WorkflowId"},
		{"a workflow of another vocabulary", "<WorkflowId>SPINE_NTT_UPHOLDING</WorkflowId>", `<a:WorkflowId xmlns:a="b">SPINE_NTT_UPHOLDING</a:WorkflowId>`, 0, "WorkflowId"},
		{"event", "TRANSFER", "COLLECT", 0, "StatusRecord.Event"},
		{"event elsewhere", "<Event>TRANSFER</Event>", "", 0, "StatusRecord.Event"},
		{"status", "SUCCESS", "ERROR", 0, "StatusRecord.Status"},
		{"code", ">00<", ">14<", 0, "StatusRecord.StatusCode"},
		{"time", "20260701120000", "2026-07-01T12:00:00", 0, "StatusRecord.DateTime"},
		{"no such time", "20260701120000", "20260231120000", 0, "StatusRecord.DateTime"},
		{"no record", "StatusRecord>", "planted>", 5, ""},
		{"two records", "</DTSControl>", "<StatusRecord></StatusRecord></DTSControl>", 6, "StatusRecord"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !strings.Contains(good, tc.old) {
				t.Fatal("there is nothing to replace")
			}
			_, f := parseControl([]byte(strings.ReplaceAll(good, tc.old, tc.new)), "SPINE_NTT_UPHOLDING")
			if f.reason == "" || f.field != tc.field || f.line != tc.line {
				t.Errorf("got %+v; want line %d, field %q", f, tc.line, tc.field)
			}
			if strings.Contains(f.field+f.reason, "planted") {
				t.Errorf("%q holds what is in the file", f.reason)
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
		issued, fault := parseControl(data, "SPINE_NTT_UPHOLDING")
		if (fault.reason == "") == issued.IsZero() {
			t.Errorf("issued %v with reason %q", issued, fault.reason)
		}
		if fault.reason == "" && (!strings.HasPrefix(strings.TrimSpace(string(data)), "<") || !strings.HasSuffix(strings.TrimSpace(string(data)), ">")) {
			t.Error("read what is no control file")
		}
	})
}
