package bulk

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Limit sets what a server can make us do, for tests.
func (f *Fetcher) Limit(manifest, file int64, files, pages int, stall time.Duration) *Fetcher {
	f.limits.manifest, f.limits.file, f.limits.files, f.limits.pages, f.limits.stall = manifest, file, files, pages, stall
	return f
}

// FuzzManifest holds that a manifest is read wholly or refused, and that what is
// refused is not repeated.
func FuzzManifest(f *testing.F) {
	for _, seed := range []string{
		`{"transactionTime":"2026-11-22T02:00:00Z","requiresAccessToken":true,"output":[{"type":"Patient","url":"https://a/b","count":3}],"error":[]}`,
		`{"transactionTime":"2026-11-22T02:00:00.123+01:00","requiresAccessToken":false,"output":[],"deleted":[{"type":"Bundle","url":"https://a"}],"outcome":[{"type":"OperationOutcome","url":"https://c"}],"link":[{"relation":"next","url":"https://d"}]}`,
		`{"transactionTime":"2026-11-22","requiresAccessToken":false,"output":[]}`, `{"output":null}`, `[]`, `{"transactionTime":"2026-11-22T02:00:00Z","requiresAccessToken":true,"output":[{"type":"../../etc/passwd","url":"u"}]}`,
		`{"transactionTime":"2026-11-22T02:00:00Z","requiresAccessToken":true,"output":[{"type":"Patient","url":"u","count":-1}]}`, ``, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			if m != nil || len(err.Error()) > 100 {
				t.Errorf("%v %v", m, err)
			}
			return
		}
		var loose map[string]json.RawMessage
		if json.Unmarshal(text, &loose) != nil {
			t.Fatal("what is no object was read")
		}
		if back, err := time.Parse(time.RFC3339Nano, instant(m.time)); err != nil || !back.Equal(m.time) {
			t.Errorf("the time does not come back: %v", err)
		}
		for _, i := range m.items {
			if i.url == "" || i.count < -1 || i.typ != unknown && !isType(i.typ) {
				t.Errorf("%+v", i)
			}
		}
	})
}

// TestManifest holds what is refused.
func TestManifest(t *testing.T) {
	good := `{"transactionTime":"2026-11-22T02:00:00Z","requiresAccessToken":true,"output":[{"type":"Odd","url":"u"}],"deleted":[{"type":"Odd","url":"u"}],"outcome":[{"type":"OperationOutcome","url":"u","count":0}]}`
	m, err := parseManifest([]byte(good))
	if err != nil || len(m.items) != 3 || m.items[0] != (item{"output", "Resource", "u", -1}) || m.items[1] != (item{"deleted", "Bundle", "u", -1}) || m.items[2] != (item{"outcome", "OperationOutcome", "u", 0}) {
		t.Errorf("%+v %v", m, err)
	}
	for _, cut := range []string{`"transactionTime":"2026-11-22T02:00:00Z",`, `"requiresAccessToken":true,`, `"output":[{"type":"Odd","url":"u"}],`, `,"url":"u"`, `-22T02:00:00Z`} {
		if _, err := parseManifest([]byte(strings.Replace(good, cut, "", 1))); err == nil {
			t.Errorf("accepted without %s", cut)
		}
	}
}

// FuzzRetryAfter holds that a wait is always within bounds.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "0", "-1", "1e3", "99999999999999999999", "Sun, 22 Nov 2026 02:02:00 GMT", "Sunday, 22-Nov-26 02:02:00 GMT", "tomorrow", " 5 "} {
		f.Add(seed, "")
		f.Add(seed, "Sun, 22 Nov 2026 02:01:30 GMT")
	}
	now := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text, date string) {
		wait, ok := retryAfter(http.Header{"Retry-After": {text}, "Date": {date}}, now)
		if !ok && wait != 0 || ok && (wait < time.Second || wait > longest) {
			t.Errorf("%v %v", wait, ok)
		}
	})
}

// TestRetryAfter holds how long is waited.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		text, date string
		want       time.Duration
		ok         bool
	}{
		{"", "", 0, false}, {"soon", "", 0, false}, {"-5", "", 0, false},
		{"120", "", 2 * time.Minute, true}, {" 7 ", "", 7 * time.Second, true}, {"0", "", time.Second, true},
		{"99999999999", "", longest, true}, {"2000000", "", longest, true},
		{"Sun, 22 Nov 2026 02:02:00 GMT", "", 2 * time.Minute, true},
		{"Sun, 22 Nov 2026 02:02:00 GMT", "Sun, 22 Nov 2026 02:01:30 GMT", 30 * time.Second, true}, // the server's clock is ahead
		{"Sun, 22 Nov 2026 01:00:00 GMT", "", time.Second, true},
	} {
		if wait, ok := retryAfter(http.Header{"Retry-After": {tc.text}, "Date": {tc.date}}, now); wait != tc.want || ok != tc.ok {
			t.Errorf("%q, Date %q: %v %v", tc.text, tc.date, wait, ok)
		}
	}
}

// TestClean holds that what a server says of its progress holds no number of a
// person and nothing for a terminal to act upon.
func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"50% complete": "50% complete", "\x1b[31mred\r\n": "[31mred", "at 943 476 5919 now": "at (number) now", "at 943-476-5919": "at (number)",
		"done 1234567 of 7654321": "done 1234567 of 7654321", strings.Repeat("x", 300): strings.Repeat("x", 100), "é": "",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestLines holds what is a line of a file, however it is cut into pieces, and
// of which file. The counts are of a file that is held to all of them, of one
// whose lines are not counted, and of one whose are; -1 is refused.
func TestLines(t *testing.T) {
	const r = `{"resourceType":"Patient"}`
	for text, want := range map[string][3]int64{
		"": {}, r + "\n": {1, 1, 1}, r: {1, 1, 1}, r + "\n\n " + r + " \r\n" + r: {3, 3, 3}, "{\"a\":\"resourceType\",\"resourceType\":\"A\"}\n": {1, 1, 1},
		// The end of a file, and one that is something else.
		r + "\n{": {-1, -1, -1}, r + "{}\n{}": {-1, -1, -1}, "{}": {-1, -1, -1}, "[]\n": {-1, -1, -1}, "<html>": {-1, -1, -1}, r + "\n{\"a\":": {-1, -1, -1},
		"<html>\n</html>\n": {-1, -1, -1}, "{}\n{}\n": {-1, -1, -1}, r + "\n\x00\n" + r: {-1, -1, -1}, "\xff\xfe\n" + r: {-1, -1, -1},
		// A line among others.
		r + "\n{\n" + r: {-1, 3, 3}, "no JSON\n" + r + "\n": {-1, 2, 2}, r + "\n[]\n\n": {-1, -1, 2}, r[:20] + "\n": {-1, -1, 1}, r + "\n\xff\n" + r: {-1, 3, 3},
		`{"resourceType":"A","tag":"SUBSETTED"}` + "\n": {-1, -1, -1}, `{"resourceType":"A","tag":"\"SUBSETTED\""}` + "\n": {1, 1, 1},
	} {
		for how, want := range want {
			for size := 1; size <= len(text)+1; size++ {
				c := newLineCheck(true, how == 0)
				var err error
				for rest := []byte(text); len(rest) > 0 && err == nil; rest = rest[min(size, len(rest)):] {
					_, err = c.Write(rest[:min(size, len(rest))])
				}
				if err == nil {
					err = c.close(how == 2)
				}
				if (err != nil) != (want < 0) || err == nil && c.lines != want {
					t.Errorf("%q in pieces of %d, way %d: %d lines, %v", text, size, how, c.lines, err)
				}
			}
		}
	}
}

// TestJournal holds that a torn line, and all after it, did not become true.
func TestJournal(t *testing.T) {
	for _, torn := range []string{`{"job":"feed","status":"https://a/2"`, "\x00\x00\n" + `{"job":"feed","status":"https://a/3"}` + "\n"} {
		testJournal(t, torn)
	}
}

func testJournal(t *testing.T, torn string) {
	dir := t.TempDir()
	s, err := openState(dir, "ask")
	if err != nil {
		t.Fatal(err)
	}
	s.note(event{Job: "feed", Status: "https://a/1"})
	s.note(event{Job: "feed", File: &file{Section: "output", Name: "Patient.000.ndjson", Count: 2}})
	s.file.WriteString(torn)
	s.file.Close()
	for range 2 {
		s, err = openState(dir, "ask")
		if err != nil || len(s.Jobs) != 1 || s.Jobs[0].Status != "https://a/1" || len(s.Jobs[0].Files) != 1 || s.Jobs[0].Files[0].Count != 2 {
			t.Fatalf("%+v %v", s, err)
		}
		s.file.Close()
	}
	if s, err = openState(dir, "another"); err != nil || len(s.Jobs) != 0 {
		t.Errorf("%+v %v", s, err)
	}
	s.file.Close()
}

// TestAssertion holds what a client says of itself: for minutes, once.
func TestAssertion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	k, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	der, _ := x509.MarshalPKCS8PrivateKey(k)
	os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	f, err := New(Config{URL: "https://a", Client: "us", Key: path, Token: "https://b/token"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := f.dial()
	if err != nil {
		t.Fatal(err)
	}
	l.token.found = &endpoint{URL: "https://b/token"}
	used := map[any]bool{}
	for range 3 {
		text, err := l.token.form(l, []string{"system/*.rs"})
		if err != nil {
			t.Fatal(err)
		}
		form, _ := url.ParseQuery(string(text))
		part, _ := encoding.DecodeString(strings.Split(form.Get("client_assertion"), ".")[1])
		var claims map[string]any
		if json.Unmarshal(part, &claims) != nil || claims["iss"] != "us" || claims["sub"] != "us" || claims["aud"] != "https://b/token" || used[claims["jti"]] {
			t.Errorf("%s", part)
		}
		used[claims["jti"]] = true
		exp, _ := claims["exp"].(float64)
		if left := time.Until(time.Unix(int64(exp), 0)); left < time.Minute || left > 5*time.Minute {
			t.Errorf("lasts %v", left)
		}
	}
}
