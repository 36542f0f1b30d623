package tabular

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func proper(err error) string {
	if err == io.EOF {
		return ""
	}
	return "broken"
}

// cut reads all records of a text; nil stands for a faulty one.
func cut(src io.Reader) (all [][]string, lines []int64, faults []string) {
	r := newRecords(src, ',', 1, proper)
	for r.next() {
		lines = append(lines, r.line)
		if r.fault != "" {
			all, faults = append(all, nil), append(faults, r.fault)
			continue
		}
		var rec []string
		for i := range r.cells {
			rec = append(rec, string(r.cell(i)))
		}
		all = append(all, rec)
	}
	if r.fault != "" {
		faults = append(faults, r.fault)
	}
	return all, lines, faults
}

// FuzzCSV holds the reader against encoding/csv: the same records and lines up
// to the first error of encoding/csv, and a fault there.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,b\r\n\"1\",\"2\r\n3\"\r\n", "\"a\"\"b\",c", "\n\r\n\na\n", "a\r", "\"a\"\r", "\"a\"\r\r\n", "a\r\r\n",
		"\"open", "a\"b,c\nd,e\n", "\"a\"b\n1\n", "\"a\n\"b\"\n", ",,\n\"\",\n", "\"\"", "\"\n\n\"\n,", "\"a\r\nb\",\"\"\"\"\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, lines, faults := cut(bytes.NewReader(text))
		slow, slowLines, slowFaults := cut(iotest.OneByteReader(bytes.NewReader(text)))
		if len(got) != len(slow) || len(faults) != len(slowFaults) {
			t.Fatalf("read byte by byte: %d records and faults %q, else %d and %q", len(slow), slowFaults, len(got), faults)
		}
		oracle := csv.NewReader(bytes.NewReader(text))
		oracle.FieldsPerRecord = -1
		for i := 0; ; i++ {
			want, err := oracle.Read()
			if err == io.EOF {
				if i != len(got) || len(faults) > 0 {
					t.Fatalf("%d records and faults %q, want %d and none", len(got), faults, i)
				}
				return
			}
			if i >= len(got) {
				t.Fatalf("%d records, want more", len(got))
			}
			if err != nil {
				if got[i] != nil {
					t.Fatalf("record %d is %q, want a fault: %v", i, got[i], err)
				}
				var pe *csv.ParseError
				if errors.As(err, &pe) && int64(pe.StartLine) != lines[i] {
					t.Fatalf("fault in line %d, want %d", lines[i], pe.StartLine)
				}
				return
			}
			if strings.Join(got[i], "\x1f") != strings.Join(want, "\x1f") || len(got[i]) != len(want) {
				t.Fatalf("record %d is %q, want %q", i, got[i], want)
			}
			if strings.Join(slow[i], "\x1f") != strings.Join(want, "\x1f") || slowLines[i] != lines[i] {
				t.Fatalf("read byte by byte, record %d is %q, want %q", i, slow[i], want)
			}
			if line, _ := oracle.FieldPos(0); int64(line) != lines[i] {
				t.Fatalf("record %d begins in line %d, want %d", i, lines[i], line)
			}
		}
	})
}

func TestStrayQuoteCostsOneRecord(t *testing.T) {
	got, lines, faults := cut(strings.NewReader("a,b\n1,\"x\n2,y\n3,z\n4,\"w\"\n"))
	want := [][]string{{"a", "b"}, nil, {"2", "y"}, {"3", "z"}, {"4", "w"}}
	if len(got) != len(want) || len(faults) != 1 {
		t.Fatalf("records %q, faults %q", got, faults)
	}
	for i := range want {
		if strings.Join(got[i], ",") != strings.Join(want[i], ",") || lines[i] != int64(i+1) {
			t.Errorf("record %d in line %d: %q, want %q", i, lines[i], got[i], want[i])
		}
	}
}

func TestRecordsBeyondTheLimit(t *testing.T) {
	long := strings.Repeat("x", 3*recordLimit)
	open := strings.Repeat("y\n", recordLimit)
	got, _, faults := cut(strings.NewReader("a\n" + long + "\nb\n\"" + open + "c\n"))
	if len(faults) != 2 || faults[0] != faultLong || faults[1] != faultOpen {
		t.Fatalf("faults %q", faults)
	}
	if got[0][0] != "a" || got[2][0] != "b" || got[len(got)-1][0] != "c" || len(got) != 4+recordLimit {
		t.Fatalf("%d records", len(got))
	}
}

func TestCutOffText(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("a,b\n1,2\n3,"), iotest.ErrReader(io.ErrUnexpectedEOF))
	got, lines, faults := cut(broken)
	if len(got) != 2 || len(faults) != 1 || faults[0] != "broken" {
		t.Fatalf("records %q in lines %v, faults %q", got, lines, faults)
	}
	broken = io.MultiReader(strings.NewReader("a,b\n1,\"2\n3,"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if got, _, faults := cut(broken); len(got) != 1 || len(faults) != 1 || faults[0] != "broken" {
		t.Fatalf("records %q, faults %q", got, faults)
	}
}
