package apple

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// tags tells every tag that the scanner meets in one line.
func tags(r io.Reader) (out []string, whole bool) {
	var x scanner
	x.Reset(r, io.NopCloser(nil))
	if x.Text() != "" {
		return nil, false
	}
	for {
		switch x.next() {
		case eof:
			return out, !x.cut
		case broken:
			return out, false
		case end:
			out = append(out, "</"+string(x.name))
		case start:
			s := "<" + string(x.name)
			for _, a := range x.attributes {
				v, _, ok := unescape(a.value, nil)
				if !ok {
					return out, false
				}
				s += " " + string(a.name) + "=" + strings.ReplaceAll(string(v), "\r\n", "\n")
			}
			if out = append(out, s); x.empty {
				out = append(out, "</"+string(x.name))
			}
		}
	}
}

// theirs tells the same of encoding/xml; false where that finds a fault.
func theirs(text []byte) (out []string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			return out, true
		}
		if err != nil {
			return out, false
		}
		name := func(n xml.Name) string {
			if n.Space != "" {
				return n.Space + ":" + n.Local
			}
			return n.Local
		}
		switch t := t.(type) {
		case xml.StartElement:
			s := "<" + name(t.Name)
			for _, a := range t.Attr {
				s += " " + name(a.Name) + "=" + a.Value
			}
			out = append(out, s)
		case xml.EndElement:
			out = append(out, "</"+name(t.Name))
		}
	}
}

// FuzzScanner holds the scanner against encoding/xml: what that takes without
// complaint, the scanner reads alike, however small the pieces it is given.
// Document types are left out: the scanner looks at less of them on purpose.
func FuzzScanner(f *testing.F) {
	whole, err := os.ReadFile("testdata/export.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, s := range []string{
		`<a b="1" c='2'/>`, `<a b = "&lt;&#x41;&#66;&quot;">x > y</a >`, "<a\n\tb\r=\n'\"'/ >", `<!-- < > --><a/><?p <b> ?><![CDATA[<c>]]>`,
		`<a b="<"/>`, `<a b="1"c="2"/>`, `<a:b c:d="1"></a:b>`, "<é ü='\r\n'/>", "\xef\xbb\xbf<a/>", `<a b="x>y"/>`, `<a`, `<a b="`, `</a b>`, `<a/`, `&lt;`, `<a b="&unknown;"/>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte("<!")) && bytes.Count(text, []byte("<!")) != bytes.Count(text, []byte("<!--")) {
			return
		}
		want, ok := theirs(text)
		got, whole := tags(bytes.NewReader(text))
		pieces, piecesWhole := tags(iotest.OneByteReader(bytes.NewReader(text)))
		if strings.Join(got, "\n") != strings.Join(pieces, "\n") || whole != piecesWhole {
			t.Fatalf("in pieces %q %v, at once %q %v", pieces, piecesWhole, got, whole)
		}
		if ok && len(want) > 0 && (!whole || strings.Join(got, "\n") != strings.Join(want, "\n")) {
			t.Fatalf("got  %q %v\nwant %q", got, whole, want)
		}
	})
}

// TestDocumentType: what exports declare is passed over, also where it is not
// well formed.
func TestDocumentType(t *testing.T) {
	for _, text := range []string{
		`<!DOCTYPE HealthData><a/>`,
		`<!DOCTYPE HealthData [<!ELEMENT a (b,c)> <!-- don't ] > --> <!ATTLIST a b CDATA #REQUIRED>]><a/>`,
		`<!DOCTYPE HealthData [ <!ATTLIST a b CDATA #REQUIRED < c ] > <a/>`,
		`<!DOCTYPE HealthData [<!ENTITY x "y">] ><a/>`,
	} {
		if got, whole := tags(strings.NewReader(text)); !whole || strings.Join(got, " ") != "<a </a" {
			t.Errorf("%s: %q %v", text, got, whole)
		}
	}
	if _, whole := tags(strings.NewReader(`<!DOCTYPE HealthData [<!ELEMENT a (b)>`)); whole {
		t.Error("a document type without an end passes")
	}
}

// FuzzExport: whatever a file holds, every record ends in one tally and
// nothing of the file is in a reject.
func FuzzExport(f *testing.F) {
	whole, err := os.ReadFile("testdata/export.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`<HealthData><Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" startDate="2026-03-28 08:00:00 +0000" endDate="2026-03-28 08:00:00 +0000" value="75"><Workout/></HealthData>`))
	f.Add([]byte(`<HealthData><Workout><Record/></Workout><Correlation><Record/></HealthData>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r reader
		var b record.Block
		var sum, read int64
		r.sink.Reset(t.Context(), "apple", &b, func() error {
			for i := range b.Readings {
				if b.Readings[i].Part == 0 {
					sum++
				}
			}
			for _, n := range b.Unused {
				sum += n
			}
			sum += int64(len(b.Rejects))
			read += b.Read
			return nil
		})
		r.begin("a")
		r.x.Reset(bytes.NewReader(text), io.NopCloser(nil))
		if err := r.document(); err != nil {
			t.Fatal(err)
		}
		if err := r.sink.Close(); err != nil {
			t.Fatal(err)
		}
		if sum != read {
			t.Fatalf("%d read, %d in tallies", read, sum)
		}
	})
}

// endless gives the inside of an export over and over.
type endless struct {
	head, body, tail []byte
	times            int
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.head) == 0 {
		if e.times < 0 {
			return 0, io.EOF
		}
		if e.times--; e.times < 0 {
			e.head = e.tail
		} else {
			e.head = e.body
		}
	}
	n := copy(p, e.head)
	e.head = e.head[n:]
	return n, nil
}

func long(t testing.TB, times int) (*endless, int64) {
	text := sample(t)
	from := strings.Index(text, "<HealthData")
	from += strings.Index(text[from:], ">") + 1
	to := strings.LastIndex(text, "</HealthData>")
	return &endless{[]byte(text[:from]), []byte(text[from:to]), []byte(text[to:]), times}, int64(to - from)
}

// TestConstantMemory: a file of any length is read through one small buffer
// and one block.
func TestConstantMemory(t *testing.T) {
	e, size := long(t, 3000)
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var r reader
	var b record.Block
	r.sink.Reset(t.Context(), "apple", &b, func() error { return nil })
	r.begin("a")
	r.x.Reset(e, io.NopCloser(nil))
	if err := r.document(); err != nil {
		t.Fatal(err)
	}
	if cap(b.Readings) > 4*source.BlockRows {
		t.Errorf("a block grew to %d rows", cap(b.Readings))
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
		t.Errorf("%d bytes allocated for a file of %d", n, 3000*size)
	}
}

func BenchmarkExport(b *testing.B) {
	var r reader
	var block record.Block
	const times = 200
	_, n := long(b, times)
	b.SetBytes(n * times)
	b.ReportAllocs()
	for b.Loop() {
		e, _ := long(b, times)
		r.sink.Reset(b.Context(), "apple", &block, func() error { return nil })
		r.begin("a")
		r.x.Reset(e, io.NopCloser(nil))
		if err := r.document(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodingXML(b *testing.B) {
	const times = 10
	_, n := long(b, times)
	b.SetBytes(n * times)
	for b.Loop() {
		e, _ := long(b, times)
		d := xml.NewDecoder(e)
		for {
			if _, err := d.RawToken(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
