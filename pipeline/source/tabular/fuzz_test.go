package tabular

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// FuzzTable reads whatever stands below a good header: every record ends in
// exactly one tally, and further rows of a record are those of a first one.
func FuzzTable(f *testing.F) {
	header, rest, _ := strings.Cut(admissions, "\n")
	f.Add([]byte(rest))
	f.Add([]byte("\"\",\n9000000041,\"E\r\n1\",S,20240101,,,,,,,,,,,,,,,,\n"))
	f.Add([]byte("9000000041,E,S,2024-01-01T00:00:00+25:00,3000,RJE,,,,,,,,-,&,I10X,X151,,O,\x00\n"))
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "person.csv"), []byte(persons), 0o600); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, "apc.csv")
	s, err := open(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, append([]byte(header+"\n"), text...), 0o600); err != nil {
			t.Fatal(err)
		}
		var b record.Block
		err := s.Read(context.Background(), source.Rows, source.Shard{File: "apc.csv"}, &b, func() error {
			if b.Read != int64(len(b.Encounters)+len(b.Rejects)) {
				t.Errorf("%d read, %d encounters, %d rejects", b.Read, len(b.Encounters), len(b.Rejects))
			}
			ids := map[string]int{}
			for _, e := range b.Encounters {
				ids[e.ID.ID] = len(e.Codings)
			}
			for _, p := range b.Problems {
				if n, ok := ids[p.ID.ID]; !ok || p.Part == 0 || n == 0 {
					t.Errorf("a problem without its encounter: %+v", p.Head)
				}
			}
			for _, r := range b.Rejects {
				if r.Line < 2 && !bytes.Contains(text, []byte{0}) || r.Reason == "" {
					t.Errorf("reject %+v", r)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// FuzzMoment holds the reading of dates against package time.
func FuzzMoment(f *testing.F) {
	for _, s := range []string{"2024-02-29", "20240229", "29/02/2024", "2023-02-29", "2024-06-01T12:34:56Z", "2024-06-01 12:34",
		"2024-06-01T12:34:56.123456+05:30", "2024-10-27T01:30:00Z", "0000-00-00", "2024-06-01T", "1801-01-01", "9999999999"} {
		f.Add(s)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		f.Fatal(err)
	}
	layouts := []string{"2006-01-02", "20060102", "02/01/2006"}
	for _, day := range layouts[:3] {
		for _, sep := range []string{" ", "T"} {
			for _, clock := range []string{"15:04", "1504", "15:04:05", "15:04Z07:00", "15:04:05Z07:00", "15:04:05.000000Z07:00"} {
				layouts = append(layouts, day+sep+clock)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var m moment
		got, ok := term.Unknown, m.date([]byte(text))
		if ok {
			got, ok = m.time(london)
		}
		for _, layout := range layouts {
			at, err := time.Parse(layout, text)
			if err != nil || at.Year() < 1851 || at.Year() > 2149 || at.Format(layout) != text {
				continue // not a date, or written as only package time would
			}
			want := term.At(at, time.UTC)
			if strings.HasSuffix(layout, "Z07:00") {
				want = term.At(at, london)
			}
			if !ok || got != want {
				t.Errorf("%q is %v, %t; want %v", text, got.Clock(), ok, want.Clock())
			}
			return
		}
		if ok && m.second != 60 && !regexp.MustCompile(`^[0-9/ T:.Z+-]+$`).MatchString(text) {
			t.Errorf("%q is no date but was read as %v", text, got.Clock())
		}
	})
}

// FuzzCodes: the canonical form has its shape, and is its own canonical form.
func FuzzCodes(f *testing.F) {
	for _, s := range []string{"F321", "f32.1", "R54X", "E103D", "H360A", "O721", "X15", "X151", "Z94.2", "", "-", "M0600", "M45X6", "0000"} {
		f.Add(s)
	}
	icdShape := regexp.MustCompile(`^[A-Z][0-9][0-9A-Z](\.[0-9X][0-9A-Z]{0,2})?$`)
	opcsShape := regexp.MustCompile(`^[A-Z][0-9]{2}(\.[0-9])?$`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range []struct {
			canonical func(dst, text []byte) ([]byte, bool)
			shape     *regexp.Regexp
		}{{icd10, icdShape}, {opcs4, opcsShape}} {
			once, ok := k.canonical([]byte("before"), []byte(text))
			code := strings.TrimPrefix(string(once), "before")
			if ok != k.shape.MatchString(code) {
				t.Errorf("%q: %q, %t", text, code, ok)
			}
			if twice, again := k.canonical(nil, []byte(code)); ok && (!again || string(twice) != code) {
				t.Errorf("%q: %q, and again %q", text, code, twice)
			}
			if !ok && code != string(upper(nil, []byte(text))) {
				t.Errorf("%q is no code, but was changed to %q", text, code)
			}
		}
	})
}

func TestCanonicalCodes(t *testing.T) {
	for text, want := range map[string]string{"F321": "F32.1", "I10X": "I10", "E103D": "E10.3", "H360A": "H36.0", "r54x": "R54", "A09": "A09", "M0600": "M06.00"} {
		if got, ok := icd10(nil, []byte(text)); string(got) != want || !ok {
			t.Errorf("ICD-10 %s: %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"X151": "X15.1", "Z94.2": "Z94.2", "A81": "A81"} {
		if got, ok := opcs4(nil, []byte(text)); string(got) != want || !ok {
			t.Errorf("OPCS-4 %s: %s, want %s", text, got, want)
		}
	}
}

func TestBirthDates(t *testing.T) {
	for text, want := range map[string]string{"1950-03-04": "19500304", "19500304": "19500304", "04/03/1950": "19500304", "1950-03": "195003",
		"195003": "195003", "031950": "195003", "121912": "191212", "201012": "201012", "1950": "1950", "011801": "", "1801-01-01": ""} {
		if got, ok := birthDate(nil, []byte(text)); string(got) != want || !ok {
			t.Errorf("%s: %s, %t, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"3", "13/13/1950x", "ab", "19x0", "1950-3", "12-1950", "999999x"} {
		if got, ok := birthDate(nil, []byte(text)); ok {
			t.Errorf("%s was read as %s", text, got)
		}
	}
}
