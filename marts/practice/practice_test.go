package practice

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const head = "practice,name,pcn,pcn_name,icb,valid_from,valid_to\n"

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "practices.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	got, err := Read(write(t, "# a note\n"+head+"M82002,\"A, B\",U1,C,QOC,2019-11-25,2025-06-01\r\nM82002,,U2,,,2025-06-01,\n"))
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	want := []Practice{
		{"M82002", "A, B", "U1", "C", "QOC", day(2019, 11, 25), day(2025, 6, 1)},
		{Code: "M82002", PCN: "U2", From: day(2025, 6, 1)},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	if none, err := Read(""); none != nil || err != nil {
		t.Errorf("no look-up: %v %v", none, err)
	}
}

// TestRefused shows that a look-up that is not whole is told by line and
// column, without what stands there.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                      ":1: it is empty",
		head:                    ":2: it has no lines",
		"planted,name\n":        ":1: the columns are not practice,name,pcn,",
		"nhs_number\nplanted\n": ":1: the columns are not",
		"\"planted\n":           ":1: its quotes do not match",
		head + "planted,a\n":    ":2: not 7 cells",
		head + "M1,a,b,c,d,,\nplanted,a,b,c,d,,,\n": ":3: not 7 cells",
		head + "M1,a,b,c,d,planted,\n":              ":2: valid_from: not a day",
		head + "M1,a,b,c,d,,1/2/2020\n":             ":2: valid_to: not a day",
		head + ",planted,b,c,d,,\n":                 ":2: practice: it is empty",
		head + "M1,\"planted\"x,b,c,d,,\n":          ":2: its quotes do not match",
	} {
		got, err := Read(write(t, text))
		if got != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a missing look-up was read")
	}
}

// FuzzRead holds that no text breaks the reader, and that every line it takes
// is about a practice.
func FuzzRead(f *testing.F) {
	f.Add(head + "M82002,A,U1,B,QOC,2020-01-01,\n")
	f.Add(head + "\"M82002")
	f.Add("#list\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, line, err := read(strings.NewReader(text))
		if (err == nil) != (len(list) > 0) || (err == nil) != (line == 0) {
			t.Fatalf("%d lines, line %d, error %v", len(list), line, err)
		}
		for _, p := range list {
			if p.Code == "" {
				t.Fatal("a line about no practice")
			}
		}
	})
}
