package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// read returns every line as "number text" or "number ! fault", and how it
// ended.
func read(t testing.TB, l *Lines, base int64) (got []string, end string) {
	for l.Next() {
		if why := l.Fault(); why != "" {
			got = append(got, fmt.Sprint(base+l.Number(), " ! ", why))
			continue
		}
		got = append(got, fmt.Sprint(base+l.Number(), " ", string(l.Bytes())))
		if l.Held() > 3*block {
			l.Release()
		}
	}
	if l.Err() != nil {
		t.Fatal(l.Err())
	}
	end = l.Fault()
	if end != "" {
		end = fmt.Sprint(base+l.Number(), " ", end)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return got, end
}

func write(t testing.TB, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gz(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

func zst(text string) string {
	w, _ := zstd.NewWriter(nil)
	return string(w.EncodeAll([]byte(text), nil))
}

func TestLines(t *testing.T) {
	text := "{\"a\":1}\n\n{\"b\":2}\r\n  \n{\"c\":3}"
	want := []string{`1 {"a":1}`, "3 {\"b\":2}\r", `5 {"c":3}`}
	for name, stored := range map[string]string{
		"plain": text, "bom": "\xef\xbb\xbf" + text, "gzip": gz(text), "two gzip": gz(text[:9]) + gz(text[9:]), "zstd": zst(text),
		"end": text + "\n",
	} {
		l, err := Open(write(t, "x.ndjson", stored), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, end := read(t, l, 0); !slices.Equal(got, want) || end != "" {
			t.Errorf("%s: %q, end %q", name, got, end)
		}
	}
}

func TestFaults(t *testing.T) {
	text := strings.Repeat("{\"a\":\"some text that does not pack\"}\n", 3)
	var long strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&long, "{\"n\":%d}\n", i*7919)
	}
	packed, zpacked := gz(long.String()), zst(long.String())
	for _, c := range []struct{ name, stored, end string }{
		{"cut gzip", packed[:len(packed)/2], "gzip file is truncated"},
		{"gzip without trailer", packed[:len(packed)-8], "gzip file is truncated"},
		{"gzip head only", packed[:7], "gzip file is truncated"},
		{"gzip, then text", gz(text) + "more than a header", "gzip file is damaged"},
		{"bad gzip sum", packed[:len(packed)-6] + "xx" + packed[len(packed)-4:], "gzip file is damaged"},
		{"cut zstd", zpacked[:len(zpacked)/2], "zstd file is truncated"},
		{"UTF-16 with mark", "\xff\xfe{\x00}\x00", "UTF-16 text, UTF-8 is needed"},
		{"UTF-16 big end", "\xfe\xff\x00{\x00}", "UTF-16 text, UTF-8 is needed"},
		{"UTF-16 without mark", "{\x00}\x00\n\x00", "UTF-16 text, UTF-8 is needed"},
		{"UTF-16 in gzip", gz("\xff\xfe{\x00}\x00"), "UTF-16 text, UTF-8 is needed"},
		{"binary", "PAR1\x15\x04\x15\x00", "not a text file"},
	} {
		l, err := Open(write(t, "x", c.stored), 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, end := read(t, l, 0)
		if want := fmt.Sprint(len(got)+1, " ", c.end); end != want {
			t.Errorf("%s: ended %q after %d lines, want %q", c.name, end, len(got), want)
		}
		for i, line := range got {
			if !strings.HasPrefix(line, fmt.Sprint(i+1, " {")) || !strings.HasSuffix(line, "}") {
				t.Fatalf("%s: line %q", c.name, line)
			}
		}
	}
}

func TestLongLine(t *testing.T) {
	long := strings.Repeat("x", 3*block)
	text := "one\n" + long + "\ntwo\n" + long[:2000] + "\nthree\n" + long
	l := NewLines(strings.NewReader(text), 1000)
	want := []string{"1 one", "2 ! line too long", "3 two", "4 ! line too long", "5 three", "6 ! line too long"}
	if got, end := read(t, l, 0); !slices.Equal(got, want) || end != "" {
		t.Errorf("%q, %q", got, end)
	}
	l = NewLines(strings.NewReader(text), 3*block)
	if got, _ := read(t, l, 0); len(got) != 6 || got[1] != "2 "+long || got[5] != "6 "+long {
		t.Error("lines as long as the limit are not read")
	}
}

// A line of 50 MB is read, and its memory is that of the line, not of the file.
func TestFiftyMegabytes(t *testing.T) {
	big := strings.Repeat("y", 50<<20)
	l := NewLines(io.MultiReader(strings.NewReader("{}\n"), strings.NewReader(big), strings.NewReader("\n{}\n")), 0)
	defer l.Close()
	var sizes []int
	for l.Next() {
		sizes = append(sizes, len(l.Bytes()))
		l.Release()
	}
	if !slices.Equal(sizes, []int{2, 50 << 20, 2}) || cap(l.buf) > Limit+block {
		t.Errorf("lines of %v bytes, buffer %d", sizes, cap(l.buf))
	}
}

// However a file is cut into parts, each line is found once, whole, and with
// its number.
func TestParts(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`[a-z{}]{0,12}`), 1, 60).Draw(t, "lines")
		text := strings.Join(lines, "\n")
		if rapid.Bool().Draw(t, "end") {
			text += "\n"
		}
		size := int64(len(text))
		path := filepath.Join(dir, "x")
		if size == 0 || os.WriteFile(path, []byte(text), 0o600) != nil {
			t.Skip()
		}
		var got []string
		part := rapid.Int64Range(1, size).Draw(t, "part")
		var base int64
		for at := int64(0); at < size; at += part {
			length := min(part, size-at)
			l, err := Open(path, at, length, 0)
			if err != nil {
				t.Fatal(err)
			}
			some, _ := read(nil, l, base)
			got = append(got, some...)
			n, err := Count(path, at, length)
			if err != nil {
				t.Fatal(err)
			}
			base += n
		}
		var want []string
		for i, line := range lines {
			if line != "" {
				want = append(want, fmt.Sprint(i+1, " ", line))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("parts of %d: got %q, want %q", part, got, want)
		}
	})
}

type failing struct{}

var errDisk = errors.New("the disk failed")

func (failing) Read([]byte) (int, error) { return 0, errDisk }

func TestInputError(t *testing.T) {
	for name, head := range map[string]string{"plain": "{}\n{}", "gzip": gz("{}\n{}")[:20]} {
		l := NewLines(io.MultiReader(strings.NewReader(head), failing{}), 0)
		for l.Next() {
		}
		if !errors.Is(l.Err(), errDisk) || l.Fault() != "" {
			t.Errorf("%s: error %v, fault %q", name, l.Err(), l.Fault())
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "secret-name"), 0, 0, 0); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}

func TestWhole(t *testing.T) {
	for stored, want := range map[string]bool{"{}\n": false, "": false, gz("{}"): true, zst("{}"): true, "\xff\xfe{\x00": true, "{\x00": true} {
		got, err := Whole(write(t, "x", stored))
		if err != nil || got != want {
			t.Errorf("%q: %v %v", stored, got, err)
		}
	}
}

func TestLinesStayUntilRelease(t *testing.T) {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	l := NewLines(strings.NewReader(text.String()), 0)
	defer l.Close()
	var kept [][]byte
	for l.Next() {
		kept = append(kept, l.Bytes())
	}
	for i, line := range kept {
		if string(line) != fmt.Sprint("line ", i) {
			t.Fatalf("line %d became %q", i, line)
		}
	}
}
