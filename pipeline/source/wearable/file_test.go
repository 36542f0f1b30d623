package wearable

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

func TestUpload(t *testing.T) {
	for name, want := range map[string]string{
		"push-20261101T060000Z.json":             "2026-11-01T06:00:00 0",
		"a/b/20261101060000.json.gz":             "2026-11-01T06:00:00 0",
		"dailies_2026-11-01T06-00-00_0007.json":  "2026-11-01T06:00:00 7",
		"2026-11-01.json":                        "2026-11-01T00:00:00 0",
		"dailies-2026-11-01-12.json":             "2026-11-01T00:00:00 12",
		"FitbitSleepLogs_20230112-20230114.json": "2023-01-14T00:00:00 0",
		"1762000000.json":                        "2025-11-01T12:26:40 0",
		"1762000000123-3.json":                   "2025-11-01T12:26:40 3",
		"dailies-000042.json":                    "1970-01-01T00:00:00 42",
		"dailies.json":                           "1970-01-01T00:00:00 0",
		"20261101-099999.json":                   "2026-11-01T00:00:00 99999",
		"99999999.json":                          "1970-01-01T00:00:00 0",
		"2026/dailies.json":                      "1970-01-01T00:00:00 0",
	} {
		u := UploadOf(name)
		if got := u.At.Clock().Format("2006-01-02T15:04:05 ") + jsonOf(u.Number); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func jsonOf(v any) string {
	b, _ := json.Marshal(v) // a number
	return string(b)
}

// TestWindow: whatever the pieces in which a file comes, all of it comes into
// sight, once, with its lines counted.
func TestWindow(t *testing.T) {
	text := bytes.Repeat([]byte("some text\n"), 20_000)
	for name, r := range map[string]io.Reader{"whole": bytes.NewReader(text), "halves": iotest.HalfReader(bytes.NewReader(text)), "bytes": iotest.OneByteReader(bytes.NewReader(text))} {
		var w Window
		var got []byte
		w.Reset(r, io.NopCloser(nil))
		for {
			b := w.Bytes()
			if len(b) == 0 && !w.More() {
				break
			}
			b = w.Bytes()
			n := (len(b) + 1) / 2
			got = append(got, b[:n]...)
			w.Skip(n)
		}
		if !bytes.Equal(got, text) || w.Line() != 20_001 || w.Fault() != "" {
			t.Errorf("%s: %d bytes of %d, line %d, fault %q", name, len(got), len(text), w.Line(), w.Fault())
		}
	}
}

// TestWindowFull: a window does not grow beyond its limit and says so.
func TestWindowFull(t *testing.T) {
	var w Window
	w.Reset(endless{}, io.NopCloser(nil))
	for w.More() {
	}
	if !w.Full() || len(w.Bytes()) != MaxSight || w.Fault() != "" {
		t.Errorf("%d bytes, fault %q", len(w.Bytes()), w.Fault())
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestWindowFaults(t *testing.T) {
	packed := gzipped(t, strings.Repeat("text ", 1000))
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-6] ^= 1
	for name, c := range map[string]struct {
		data   []byte
		text   string
		fault  string
		length int
	}{
		"plain":     {[]byte("text"), "", "", 4},
		"mark":      {[]byte("\xef\xbb\xbftext"), "", "", 4},
		"gzip":      {packed, "", "", 5000},
		"cut":       {packed[:len(packed)-4], "", "the file is cut off", 5000},
		"damaged":   {damaged, "", "the file cannot be unpacked or read", 5000},
		"empty":     {nil, "the file is empty", "", 0},
		"gzip head": {packed[:2], "the file is cut off", "the file is cut off", 0},
		"UTF-16":    {[]byte("\xff\xfet\x00"), "the file is UTF-16", "", 4},
		"binary":    {[]byte("\x89PNG\x00"), "the file is not text", "", 5},
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		var w Window
		if err := w.Open(path); err != nil {
			t.Fatal(err)
		}
		text := w.Text()
		for w.More() {
		}
		if text != c.text || w.Fault() != c.fault || len(w.Bytes()) != c.length {
			t.Errorf("%s: %q, fault %q, %d bytes", name, text, w.Fault(), len(w.Bytes()))
		}
		w.Close()
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var shape = ShapeOf(Member{Name: "n"}, Member{Name: "text", Form: Text}, Member{Name: "raw", Form: Raw}, Member{Name: "m"})

// FuzzObject holds Object against encoding/json.
func FuzzObject(f *testing.F) {
	for _, s := range []string{`{"n":1,"text":"a\u0041","raw":[1,{}],"m":"2.5","x":null}`, `{"n":null,"text":7,"m":""}`, `{"n":"1e999"}`, `{"n":{}}`, `{}`, `[]`, `{"n":1,"n":2}`, `{"text":[]}`, ` {"raw":"x"} x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var o Object
		_, reason := o.Read(shape, text)
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil || want == nil {
			if reason == "" {
				t.Fatalf("passes: %q", text)
			}
			return
		}
		if reason != "" {
			return
		}
		for i, m := range shape.members {
			if raw, there := want[m.Name]; !agrees(&o, i, m.Form, raw, there) && !duplicated(text, m.Name) {
				t.Fatalf("%s: %q %v, want %q", m.Name, o.Text(i), o.Num(i), raw)
			}
		}
	})
}

// agrees reports whether a member is what encoding/json says it is.
func agrees(o *Object, i int, f Form, raw json.RawMessage, there bool) bool {
	switch {
	case !there || f != Raw && string(raw) == "null":
		return o.Text(i) == nil && math.IsNaN(o.Num(i))
	case f == Raw:
		return string(o.Text(i)) == string(raw)
	case f == Text && raw[0] == '"':
		var s string
		return json.Unmarshal(raw, &s) == nil && string(o.Text(i)) == s
	case f == Number && raw[0] != '"':
		var v float64
		return json.Unmarshal(raw, &v) == nil && o.Num(i) == v
	}
	return true // a text that is a number, a number that is a text
}

// duplicated reports whether a name may stand in the text more than once.
func duplicated(text []byte, name string) bool {
	return bytes.Count(text, []byte(name)) > 1 || bytes.Contains(text, []byte(`\u`))
}

func TestObjectSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		`{"n":"x"}`: "n: not a number", `{"n":[]}`: "n: not a number", `{"text":{}}`: "text: not a string", `7`: ": not an object", `{"m":1,"n":1`: ": no comma after a value",
	} {
		var o Object
		field, reason := o.Read(shape, []byte(text))
		if field+": "+reason != want {
			t.Errorf("%s: %s: %s, want %s", text, field, reason, want)
		}
	}
}

// TestSink: blocks are handed on when full and emptied, records are not torn
// apart, one that was not ended leaves nothing, and keys stay as they were.
func TestSink(t *testing.T) {
	var b record.Block
	var s Sink
	var sizes []int
	var read, rows, others int64
	s.Reset(t.Context(), "garmin", &b, func() error {
		sizes = append(sizes, len(b.Readings))
		read, rows = read+b.Read, rows+int64(len(b.Readings))
		others += b.Unused["empty"] + int64(len(b.Rejects))
		for i := range b.Readings {
			r := &b.Readings[i]
			if r.Subject.ID != "garmin|user" || r.ID.ID != "user\x1f"+letter(r.Line) || r.At > r.Row.Start || r.Until < r.Row.Start || r.Row.Vendor != "garmin" || int(r.Part) != i%3 {
				t.Fatalf("%d: %+v", i, r)
			}
		}
		return nil
	})
	for i := range int64(6000) {
		if err := sink(&s, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i, n := range sizes {
		if n%3 != 0 || i < len(sizes)-1 && n < source.BlockRows || n > source.BlockRows+3 {
			t.Errorf("block of %d rows", n)
		}
	}
	if read != rows/3+others || others == 0 {
		t.Errorf("read %d, %d rows, %d others", read, rows, others)
	}
}

// TestSinkIsBounded: records without readings do not gather keys for ever.
func TestSinkIsBounded(t *testing.T) {
	var b record.Block
	var s Sink
	yields := 0
	s.Reset(t.Context(), "garmin", &b, func() error { yields++; return nil })
	for range 3 * maxKeys / 1024 {
		s.Begin(1)
		s.Key(make([]byte, 1024))
		if err := s.End(); err != nil {
			t.Fatal(err)
		}
	}
	if yields < 2 || len(s.keys) > maxKeys {
		t.Errorf("%d yields, %d bytes of keys", yields, len(s.keys))
	}
}

func letter(i int64) string { return string(rune('a' + i%26)) }

// sink has the i-th record of three readings end in one way or another.
func sink(s *Sink, i int64) error {
	s.Begin(i)
	s.Now.Subject = s.Account([]byte("user"))
	s.Now.ID.ID = s.Key([]byte("user"), []byte(letter(i)))
	for part := range 3 {
		s.Now.Row.Start = term.Time(i + int64(part))
		s.Add(Steps, Canonical, float64(part))
	}
	switch {
	case i%7 == 0:
		return nil // forgotten
	case i%11 == 0:
		return s.Reject("f", "r")
	case i%13 == 0:
		if err := s.End(); err != nil {
			return err
		}
		s.Begin(i)
	}
	return s.End()
}

// TestSinkDoesNotAllocate: a reading costs no memory once a block has its size.
func TestSinkDoesNotAllocate(t *testing.T) {
	var b record.Block
	var s Sink
	s.Reset(t.Context(), "garmin", &b, func() error { return nil })
	user, id := []byte("user"), []byte("id")
	one := func() {
		for range 2 * source.BlockRows {
			s.Begin(1)
			s.Now.Subject = s.Account(user)
			s.Now.ID.ID = s.Key(user, id)
			s.Add(Steps, Kilometre, 1)
			s.Add(Distance, Kilometre, 1)
			if err := s.End(); err != nil {
				t.Fatal(err)
			}
		}
	}
	one()
	if n := testing.AllocsPerRun(3, one); n > 0 {
		t.Errorf("%v allocations for %d records", n, 2*source.BlockRows)
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", "a/c.json", "a/.d.json", ".git/e.json", "__MACOSX/f.json", "g.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ends := func(suffix string) func(string) bool {
		return func(s string) bool { return strings.HasSuffix(s, suffix) }
	}
	list, err := List(context.Background(), dir, source.Rows, ends(".json"))
	if err != nil || len(list) != 2 || list[0] != (source.Shard{File: "a/c.json", Bytes: 2}) || list[1] != (source.Shard{File: "b.json", Bytes: 2}) {
		t.Errorf("%v %v", list, err)
	}
	if list, err := List(context.Background(), dir, source.People, ends(".json")); err != nil || len(list) != 0 {
		t.Errorf("people: %v %v", list, err)
	}
	var w Window
	if err := w.Open(filepath.Join(dir, "acct-1", "x.json")); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "acct-1") {
		t.Errorf("missing file: %v", err)
	}
	for _, pass := range []source.Pass{source.People, source.Rows} {
		if _, err := List(context.Background(), dir, pass, ends(".xml")); err == nil {
			t.Error("no error without a file")
		}
		if _, err := List(context.Background(), filepath.Join(dir, "missing"), pass, ends(".json")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("missing folder: %v", err)
		}
	}
}
