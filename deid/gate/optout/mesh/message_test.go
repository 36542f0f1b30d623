package mesh_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

const report = "Mex-MessageType: REPORT\r\nMex-StatusCode: 14\r\nMex-StatusEvent: SEND\r\nMex-StatusSuccess: ERROR\r\n" +
	"Mex-LinkedMsgID: 20210311101813838554_1B8F53\r\nMex-LocalID: ohc-0001\r\nMex-StatusDescription: " + meshtest.Text + "\r\n"

const data = "Mex-MessageType: DATA\r\nMex-StatusCode: 00\r\nMex-StatusSuccess: SUCCESS\r\nMex-Chunk-Range: 1:3\r\nMex-Total-Chunks: 3\r\n" +
	"Mex-MessageID: 20210311101813838554_1B8F53\r\nMex-StatusTimestamp: 20260701120000\r\nMex-Subject: SUCCESS\r\n"

// headers reads headers as they stand in an answer.
func headers(text string) (http.Header, error) {
	h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(text + "\r\n"))).ReadMIMEHeader()
	return http.Header(h), err
}

func TestHeaders(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"a message":             {data, ""},
		"a report":              {report, ""},
		"an unchunked message":  {"Mex-MessageType: data\r\n", ""},
		"another code":          {strings.Replace(report, "14", "9434765919", 1), ""},
		"nothing":               {"", "Mex-MessageType: neither"},
		"a header twice":        {data + "Mex-Subject: other\r\n", "Mex-Subject: there twice"},
		"a long header":         {data + "Mex-LocalID: " + strings.Repeat("x", 501) + "\r\n", "Mex-LocalID: too long"},
		"not text":              {data + "Mex-FileName: \xff\r\n", "Mex-FileName: not text"},
		"a path for an id":      {strings.Replace(data, "20210311101813838554_1B8F53", "../../../../etc/passwd", 1), "Mex-MessageID: not"},
		"a number for an id":    {strings.Replace(report, "20210311101813838554_1B8F53", "9434765919", 1), "Mex-LinkedMsgID: not"},
		"a report of a success": {strings.Replace(report, "ERROR", "SUCCESS", 1), "Mex-StatusSuccess: a report of a success"},
		"time":                  {strings.Replace(data, "20260701120000", "2026-07-01", 1), "Mex-StatusTimestamp: not"},
		"the second chunk":      {strings.Replace(data, "1:3", "2:3", 1), "Mex-Chunk-Range: it does not begin"},
		"no chunks":             {strings.Replace(data, "1:3", "0:0", 1), "Mex-Chunk-Range: not"},
		"too many chunks":       {"Mex-MessageType: DATA\r\nMex-Chunk-Range: 1:100001\r\n", "Mex-Chunk-Range: not"},
		"chunks":                {strings.Replace(data, "1:3", "1:+3", 1), "Mex-Chunk-Range: not"},
		"a number with no end":  {strings.Replace(data, "1:3", "1:99999999999999999999", 1), "Mex-Chunk-Range: not"},
	} {
		h, err := headers(tc.text)
		if err != nil {
			t.Fatal(err)
		}
		m, _, _, err := mesh.Parse(h)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tc.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if tc.want == "" && m.Report != nil && strings.Contains(m.Report.Error(), "9434765919") {
			t.Errorf("%s: %v", name, m.Report)
		}
	}
}

// FuzzHeaders holds that headers of any shape give a message that can be trusted
// in its parts, or an error that repeats none of them.
func FuzzHeaders(f *testing.F) {
	f.Add(data)
	f.Add(report)
	f.Add(strings.Replace(data, "1:3", "3:1", 1))
	f.Fuzz(func(t *testing.T, text string) {
		h, err := headers(text)
		if err != nil {
			return
		}
		m, k, n, err := mesh.Parse(h)
		if err != nil {
			if name, reason, ok := strings.Cut(err.Error(), ": "); !ok || !strings.HasPrefix(name, "Mex-") || len(reason) > 60 {
				t.Fatalf("%q", err)
			}
			return
		}
		if strings.ContainsAny(m.ID, "/.\\ %?#") || m.Report == nil && (k != 1 || n < 1 || m.Chunks != n) || m.Report != nil && m.Chunks != 0 {
			t.Fatalf("%+v", m)
		}
		if m.Report != nil {
			for _, value := range []string{m.LocalID, h.Get("Mex-StatusDescription")} {
				if len(value) > 9 && strings.Contains(m.Report.Error(), value) && !strings.Contains(m.Report.About, value) && !strings.Contains((&mesh.Report{Code: m.Report.Code, Undelivered: m.Report.Undelivered}).Error(), value) {
					t.Fatalf("%q repeats %q", m.Report, value)
				}
			}
		}
	})
}

// FuzzAnswers holds that the body of no answer makes a client do or say what it
// must not.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{`{"message_id":"20210311101813838554_1B8F53"}`, `{"messages":["20210311101813838554_1B8F53"],"links":{"next":"/messageexchange/X26ABC2/inbox?a=b"}}`,
		`{"detail":[{"event":"SEND","code":"12","msg":"x"}]}`, `{"detail":"x","errorCode":"06"}`, `{"message_id":"20210311101813838554_1B8F53","status":"Accepted","expiry_time":"2026-11-27"}`} {
		f.Add(s)
	}
	us := open(f, meshtest.NewPapers(f).Config("https://mesh.example", meshtest.Ours))
	f.Fuzz(func(t *testing.T, body string) {
		status, asked := 417, 0
		us.Through(func(*http.Request) *http.Response {
			if asked++; asked > 50 {
				t.Fatal("it goes on asking")
			}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		})
		_, err := us.Send(ctx, letter(five))
		refused(t, err, mesh.ErrRefused, "mesh: send: 417 Expectation Failed: ")
		status = 200
		id, err := us.Send(ctx, letter(five))
		if err == nil && (len(id) < 12 || strings.ContainsAny(id, "/.\\ %?#")) || err != nil && !errors.Is(err, mesh.ErrUnsure) {
			t.Fatalf("%q: %v", id, err)
		}
		list, err := us.Inbox(ctx, "")
		for _, id := range list {
			if len(id) < 12 || strings.ContainsAny(id, "/.\\ %?#") {
				t.Fatalf("%q is an id", id)
			}
		}
		if err != nil {
			refused(t, err, mesh.ErrFalse)
		}
		if _, err := us.Track(ctx, "20210311101813838554_1B8F53"); err != nil {
			refused(t, err, mesh.ErrFalse)
		}
	})
}
