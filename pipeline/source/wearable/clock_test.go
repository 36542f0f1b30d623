package wearable

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/term"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-28":                     "2026-03-28T00:00:00 false 0",
		"2026-03-28 08:00:00 +0000":      "2026-03-28T08:00:00 true 0",
		"2019-06-11 15:00:00 -0700":      "2019-06-11T15:00:00 true -25200",
		"2023-01-13T03:04:49Z":           "2023-01-13T03:04:49 true 0",
		"2023-01-08T13:30:27.000-05:00":  "2023-01-08T13:30:27 true -18000",
		"2023-01-04T00:00:00.000":        "2023-01-04T00:00:00 false 0",
		"2023-01-04T00:00:00.1234567":    "2023-01-04T00:00:00.123456 false 0",
		"2023-01-04T05:30":               "2023-01-04T05:30:00 false 0",
		"2024-02-29T23:59:59.5 +05:45":   "2024-02-29T23:59:59.5 true 20700",
		"2026-03-29T02:30:00 +0100":      "2026-03-29T02:30:00 true 3600",
		"1970-01-01T00:00:00Z":           "1970-01-01T00:00:00.000001 true 0",
		"2023-01-04T00:00:00.000000001Z": "2023-01-04T00:00:00 true 0",
	} {
		s, ok := Parse([]byte(text))
		got := fmt.Sprint(s.Wall.Clock().Format("2006-01-02T15:04:05.999999"), " ", s.Zoned, " ", s.Offset)
		if !ok || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "2026", "2026-02-31", "2026-13-01", "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01T", "2026-01-01x08:00", "2026-01-01T24:00:00", "2026-01-01T08:60",
		"2026-01-01T08", "2026-01-01T08:00:00.", "2026-01-01T08:00:00 ", "2026-01-01T08:00:00 BST", "2026-01-01T08:00:00+1", "2026-01-01T08:00:00+01:00x", "2026-01-01T08:00:00+99:00",
		"1849-01-01", "2151-01-01", "2026-01-01Z0800", "２026-01-01",
	} {
		if s, ok := Parse([]byte(text)); ok {
			t.Errorf("%q passes as %v", text, s)
		}
	}
}

func TestClock(t *testing.T) {
	for text, want := range map[string]time.Duration{"00:00": 0, "14:28": 868 * time.Minute, "23:59:59": 86399 * time.Second, "00:00:01.5": 1500 * time.Millisecond} {
		if got, ok := Clock([]byte(text)); !ok || time.Duration(got)*time.Microsecond != want {
			t.Errorf("%s: %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "7:00", "24:00", "12:60", "12:00:", "12:00:61", "12:00Z", "noon"} {
		if _, ok := Clock([]byte(text)); ok {
			t.Errorf("%q passes", text)
		}
	}
}

// FuzzParse holds Parse against package time.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-03-28", "2026-03-28 08:00:00 +0000", "2023-01-08T13:30:27.000-05:00", "2023-01-04T05:30", "2023-01-13T03:04:49Z"} {
		f.Add(s)
	}
	layouts := []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05 -0700"}
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := Parse([]byte(text))
		if ok && (s.Wall.Clock().Year() < 1850 || s.Wall.Clock().Year() > 2150) {
			t.Fatalf("%q is %v", text, s.Wall.Clock())
		}
		for _, layout := range layouts {
			want, err := time.Parse(layout, text)
			if err != nil || want.Year() < 1850 || want.Year() > 2150 {
				continue
			}
			_, offset := want.Zone()
			if want.Format(layout) != text || offset < -15*3600 || offset > 15*3600 || want.Unix()+int64(offset) == 0 {
				continue // time.Parse takes more than the layout
			}
			if !ok || s.Wall.Clock().Format("2006-01-02T15:04:05") != want.Format("2006-01-02T15:04:05") || s.Zoned && s.UTC() != want.Unix() {
				t.Fatalf("%q is %v %v, want %v", text, s, ok, want)
			}
		}
	})
}

// TestZoneIsLondon: who has the offset of the United Kingdom when a record
// begins is taken by its clocks, across every change.
func TestZoneIsLondon(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	first, last := time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(first, last).Draw(t, "start")
		at := start + rapid.Int64Range(0, 3*86400).Draw(t, "after")
		_, offset := time.Unix(start, 0).In(london).Zone()
		z, ok := ZoneAt(start, int64(offset))
		if want := term.At(time.Unix(at, 0), london); !ok || z.Wall(at) != want {
			t.Fatalf("%v, want %v", z.Wall(at).Clock(), want.Clock())
		}
		for _, elsewhere := range []int64{-18000, 7200, 20700} {
			z, _ := ZoneAt(start, elsewhere)
			if z.Wall(at) != term.Time((at+elsewhere)*1_000_000) {
				t.Fatalf("offset %d: %v", elsewhere, z.Wall(at).Clock())
			}
		}
	})
}

func TestZoneRefuses(t *testing.T) {
	for _, c := range [][2]int64{{0, 86400}, {0, -86400}, {1 << 40, 0}, {-1 << 40, 0}} {
		if _, ok := ZoneAt(c[0], c[1]); ok {
			t.Errorf("%v passes", c)
		}
	}
}
