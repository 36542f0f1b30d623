package list

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const head = "#list name=objection version=1 record=one-health-and-care polarity=deny issued=2026-11-20T06:00:00Z rows=2\n"

const good = head + "a,b\n" + "planted1,x\n" + "planted2,\n"

// readText reads text as a list of two columns and returns the rows it was
// given.
func readText(text string, change ...func(*Want)) (l List, rows []string, err error) {
	w := Want{Gate: "test", File: "dir/list.csv", Name: "objection", Polarity: "deny", Columns: []string{"a", "b"}, MaxAge: 8 * 24 * time.Hour, Now: now}
	for _, c := range change {
		c(&w)
	}
	in := &Lines{gate: w.Gate, file: w.File}
	if err := in.begin(strings.NewReader(text)); err != nil {
		return l, nil, err
	}
	l, err = read(w, in, func(f [][]byte) (string, string) {
		rows = append(rows, fmt.Sprintf("%s|%s", f[0], f[1]))
		if string(f[1]) == "bad" {
			return "b", "is bad"
		}
		return "", ""
	})
	return l, rows, err
}

func TestRead(t *testing.T) {
	for name, text := range map[string]string{"lf": good, "crlf": strings.ReplaceAll(good, "\n", "\r\n")} {
		l, rows, err := readText(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := strings.Join(rows, " "); got != "planted1|x planted2|" {
			t.Errorf("%s: rows %q", name, got)
		}
		if l.Rows != 2 || l.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(text))) || !l.Issued.Equal(time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: %v", name, l)
		}
		if !strings.HasPrefix(l.String(), "objection: list.csv, issued 2026-11-20T06:00:00Z, 2 rows, sha256 ") {
			t.Errorf("%s: %s", name, l)
		}
	}
}

// TestRefusals holds each way a list can be wrong to its line, its field and
// its reason.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"byte order mark", "\xef\xbb\xbf" + good, "list.csv: it begins with a byte order mark"},
		{"utf-16 little endian", "\xff\xfe#\x00l\x00", "list.csv: it is UTF-16"},
		{"utf-16 big endian", "\xfe\xff\x00#\x00l", "list.csv: it is UTF-16"},
		{"utf-16 without a mark", "#\x00l\x00i\x00", "list.csv: it is UTF-16"},
		{"no bytes", "", "list.csv: empty"},
		{"no header", "a,b\nplanted1,x\n", ":1: header: not one of our lists"},
		{"only a header", head, "columns: the second line must be a,b"},
		{"other columns", strings.Replace(good, "a,b", "planted,b", 1), ":2: columns: the second line must be a,b"},
		{"word", strings.Replace(good, "version=1", "planted", 1), ":1: header: word 3 is not key=value"},
		{"empty value", strings.Replace(good, "version=1", "version=", 1), ":1: header: word 3 is not key=value"},
		{"unknown key", strings.Replace(good, "version=1", "planted=1", 1), ":1: header: word 3 has a key that is not known"},
		{"twice", strings.Replace(good, "version=1", "version=1 version=1", 1), ":1: header: version is there twice"},
		{"missing key", strings.Replace(good, " issued=2026-11-20T06:00:00Z", "", 1), ":1: header: issued is missing"},
		{"time", strings.Replace(good, "2026-11-20T06:00:00Z", "planted", 1), ":1: header: issued cannot be read"},
		{"rows", strings.Replace(good, "rows=2", "rows=-2", 1), ":1: header: rows cannot be read"},
		{"signed rows", strings.Replace(good, "rows=2", "rows=+2", 1), ":1: header: rows cannot be read"},
		{"short", strings.Replace(good, "rows=2", "rows=3", 1), ":4: rows: the list is short: it has fewer rows than it says"},
		{"long", strings.Replace(good, "rows=2", "rows=1", 1), ":4: rows: the list is long"},
		{"cut off", good[:len(good)-1], ":4: the last line is not ended"},
		{"cut off in a row", good[:len(good)-5], ":4: the last line is not ended"},
		{"cut off in the header", head[:20], ":1: the last line is not ended"},
		{"blank line", strings.Replace(good, "planted1,x", "", 1), ":3: an empty line"},
		{"one field", strings.Replace(good, "planted1,x", "planted1", 1), ":3: not 2 fields"},
		{"three fields", strings.Replace(good, "planted1,x", "planted1,x,", 1), ":3: not 2 fields"},
		{"quotes", strings.Replace(good, "planted1", `"planted1"`, 1), ":3: a quoted field"},
		{"row", strings.Replace(good, "planted1,x", "planted1,bad", 1), ":3: b: is bad"},
		{"long line", strings.Replace(good, "planted1", strings.Repeat("planted1", 9000), 1), ":3: a line of more than 64 KiB"},
		{"age", strings.Replace(good, "2026-11-20", "2026-11-12", 1), ":1: header: stale: issued 8.2 days ago, at most 8.0 days is allowed"},
		{"future", strings.Replace(good, "T06:00:00Z", "T12:05:01Z", 1), ":1: header: issued in the future"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := readText(tc.text)
			if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "planted") {
				t.Errorf("%q holds what is in the file", err)
			}
		})
	}
}

func TestEdgesOfAge(t *testing.T) {
	for issued, ok := range map[string]bool{
		"2026-11-12T12:00:00Z":      true,
		"2026-11-12T11:59:59Z":      false,
		"2026-11-20T12:05:00Z":      true,
		"2026-11-20T12:05:01Z":      false,
		"2026-11-20T13:04:00+01:00": true,
	} {
		_, _, err := readText(strings.Replace(good, "2026-11-20T06:00:00Z", issued, 1))
		if (err == nil) != ok {
			t.Errorf("issued %s: %v", issued, err)
		}
	}
}

func TestNoRowsOnlyWhenAllowed(t *testing.T) {
	text := strings.Replace(head, "rows=2", "rows=0", 1) + "a,b\n"
	if _, _, err := readText(text); !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "empty: it has no rows; next: ask for the objection list again; if nobody is to be on it, set allow_empty") {
		t.Errorf("got %v", err)
	}
	allow := func(w *Want) { w.AllowEmpty = true }
	if l, rows, err := readText(text, allow); err != nil || l.Rows != 0 || rows != nil {
		t.Errorf("allowed: %v %v %v", l, rows, err)
	}
	if _, _, err := readText("", allow); err == nil {
		t.Error("a file without a byte is a list where empty lists are allowed")
	}
}

func TestUnreadableFile(t *testing.T) {
	for name, file := range map[string]string{"missing": filepath.Join(t.TempDir(), "none.csv"), "not a regular file": t.TempDir()} {
		_, err := Open("test", file)
		if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), file) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

func TestWholeIsNoMoreThanItMayBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, sum, err := Whole("test", file, 5); err != nil || string(data) != "12345" || sum != fmt.Sprintf("%x", sha256.Sum256(data)) {
		t.Errorf("%q %s %v", data, sum, err)
	}
	if _, _, err := Whole("test", file, 4); !errors.Is(err, gate.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestDate(t *testing.T) {
	for text, ok := range map[string]bool{
		"2026-02-28": true, "2024-02-29": true, "2026-02-29": false, "2026-13-01": false, "2026-1-1": false,
		"2026-01-01T": false, "2026/01/01": false, "": false, "２０２６-01-01": false, "+026-01-01": false,
	} {
		if d, got := Date([]byte(text)); got != ok || ok && d.Clock().Format("2006-01-02") != text {
			t.Errorf("%q: %v %v", text, d, got)
		}
	}
}

func TestNumber(t *testing.T) {
	nhs, reason := Number([]byte("9990000018"), false)
	if reason != "" {
		t.Fatal(reason)
	}
	if local, reason := Number([]byte("9990000018"), true); reason != "" || local == nhs {
		t.Error("a local identifier is an NHS number")
	}
	for _, text := range []string{"9990000019", "", "999000001", "9999999999"} {
		if _, reason := Number([]byte(text), false); reason == "" {
			t.Errorf("%q is a number", text)
		}
	}
	if _, reason := Number([]byte(" "), true); reason == "" {
		t.Error("a blank is an identifier")
	}
}

// FuzzRead reads any text as a list: it is read whole, with as many rows as it
// says, or refused without a word of what it holds.
func FuzzRead(f *testing.F) {
	for _, text := range []string{good, head, "", "\xef\xbb\xbf" + good, strings.ReplaceAll(good, "\n", "\r\n"), strings.Replace(good, "rows=2", "rows=99999999999", 1)} {
		f.Add(text, "planted1")
	}
	f.Fuzz(func(t *testing.T, text, planted string) {
		l, rows, err := readText(text)
		if err == nil {
			if l.Rows != len(rows) || strings.Count(text, "\n") != l.Rows+2 {
				t.Errorf("%d rows, says %d", len(rows), l.Rows)
			}
			return
		}
		var r *Refusal
		if !errors.As(err, &r) || !errors.Is(err, gate.ErrRefused) || r.Reason == "" || r.Next == "" {
			t.Errorf("no refusal: %v", err)
		}
		if said := r.Field + r.Reason + r.Next; len(planted) > 7 && strings.Contains(text, planted) && !strings.Contains(ours, planted) && strings.Contains(said, planted) {
			t.Errorf("%q holds what is in the file", said)
		}
	})
}

// ours are words of refusals that may stand in a file as well.
const ours = "objection connection agreement one-health-and-care version polarity=deny polarity rows issued record " +
	"ask for the objection list of one-health-and-care again, or correct its path in the configuration do not edit it by hand if nobody is to be on it, set allow_empty"

// TestIssued holds that a list's age is told by its first line, whatever its age
// is, and of no list that a gate would not stand on.
func TestIssued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	w := Want{Gate: "test", File: path, Name: "objection", Polarity: "deny", MaxAge: 8 * 24 * time.Hour}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, year := range []int{1999, 2026, 2999} {
		write(strings.Replace(good, "2026", fmt.Sprint(year), 1))
		issued, until, err := Issued(w)
		if want := time.Date(year, 11, 20, 6, 0, 0, 0, time.UTC); err != nil || !issued.Equal(want) || !until.Equal(want.Add(w.MaxAge)) {
			t.Errorf("issued %v, until %v, %v", issued, until, err)
		}
	}
	for _, edit := range [][2]string{{"polarity=deny", "polarity=allow"}, {"name=objection", "name=agreement"}, {"rows=2", "rows=0"}, {"issued=2026", "issued=planted"}, {good, "planted"}, {good, ""}} {
		write(strings.Replace(good, edit[0], edit[1], 1))
		if issued, _, err := Issued(w); !errors.Is(err, gate.ErrRefused) || !issued.IsZero() || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: issued %v, %v", edit[1], issued, err)
		}
	}
}
