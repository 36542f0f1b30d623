package fhir

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/term"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2024":                           "2024-01-01 00:00:00",
		"2024-02":                        "2024-02-01 00:00:00",
		"2024-02-29":                     "2024-02-29 00:00:00",
		"2024-02-29T10:11":               "2024-02-29 10:11:00",
		"2024-02-29T10:11:12":            "2024-02-29 10:11:12",
		"2024-02-29T10:11:12.5+00:00":    "2024-02-29 10:11:12.5",
		"2024-07-01T10:11:12.123456789Z": "2024-07-01 11:11:12.123456", // summer in London
		"2024-07-01T10:11:12-05:00":      "2024-07-01 10:11:12",        // the clock on the wall
		"2024-03-31T00:59:59Z":           "2024-03-31 00:59:59",
		"2024-03-31T01:00:00Z":           "2024-03-31 02:00:00", // the clock goes forward
		"2024-10-27T00:30:00Z":           "2024-10-27 01:30:00",
		"2024-10-27T01:30:00Z":           "2024-10-27 01:30:00", // the clock has gone back
		"1995-10-22T00:30:00Z":           "1995-10-22 01:30:00", // before the rule of today
		"1970-01-01T12:00:00Z":           "1970-01-01 13:00:00", // British Standard Time
		"2016-12-31T23:59:60+00:00":      "2017-01-01 00:00:00",
	} {
		got, ok := ParseTime([]byte(text))
		if s := got.Clock().Format("2006-01-02 15:04:05.999999"); !ok || s != want {
			t.Errorf("%s: %s %v, want %s", text, s, ok, want)
		}
	}
	for _, text := range []string{"", "24", "2024-", "2024-1", "2024-13", "2024-00-01", "2023-02-29", "2024-02-30", "20240229", "2024-02-29 10:00:00",
		"2024-02-29T", "2024-02-29T10", "2024-02-29T24:00:00Z", "2024-02-29T10:60:00Z", "2024-02-29T10:00:61Z", "2024-02-29T10:00:00.Z",
		"2024-02-29T10:00:00+1", "2024-02-29T10:00:00+0100", "2024-02-29T10:00:00+15:00", "2024-02-29T10:00:00+01:60", "2024-02-29T10:00:00z",
		"2024-02-29T10:00:00Z ", " 2024", "2O24-02-29", "1849-12-31", "2151-01-01", "0001-01-01", "-2024", "2024-02-29T10:00:00ZZ"} {
		if got, ok := ParseTime([]byte(text)); ok {
			t.Errorf("%q is a time: %v", text, got.Clock())
		}
	}
}

// A time in UTC becomes what the zone data say that a clock in London showed.
func TestLondon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-3_500_000_000, 5_600_000_000).Draw(t, "seconds"), 0).UTC()
		if rapid.Bool().Draw(t, "near a change") {
			month := rapid.SampledFrom([]time.Month{time.March, time.October}).Draw(t, "month")
			at = time.Date(at.Year(), month, rapid.IntRange(24, 31).Draw(t, "day"), rapid.IntRange(0, 3).Draw(t, "hour"), at.Minute(), at.Second(), 0, time.UTC)
		}
		if at.Unix() == 0 {
			t.Skip() // the first microsecond of 1970 is stored as the second
		}
		got, ok := ParseTime([]byte(at.Format("2006-01-02T15:04:05Z")))
		if want := term.At(at, zone); !ok || got != want {
			t.Fatalf("%v: %v, want %v", at, got.Clock(), want.Clock())
		}
	})
}

// Of two versions the later one is newer, even while the clocks go back.
func TestVersionsInOrder(t *testing.T) {
	texts := []string{"2024-10-27T01:10:00+01:00", "2024-10-27T00:20:00Z", "2024-10-27T01:50:00+01:00", "2024-10-27T01:00:00+00:00", "2024-10-27T01:05:00Z"}
	last := term.Unknown
	for _, text := range texts {
		v, ok := ParseInstant([]byte(text))
		if !ok || v <= last {
			t.Errorf("%s: %v is not later", text, v.Clock())
		}
		last = v
	}
}

// However one byte of a time is spoiled, reading eight at a time says what
// reading one after the other says.
func TestSecond19(t *testing.T) {
	for _, text := range []string{"2024-02-29T10:11:12", "1999-12-31T23:59:59"} {
		for i := range text {
			for x := range 256 {
				b := []byte(text)
				b[i] = byte(x)
				fast, slow := clock{month: 1, day: 1}, clock{month: 1, day: 1}
				got := fast.second19(b)
				rest, ok := slow.parts(b)
				want := ok && len(rest) == 0 && b[4] == '-' && b[7] == '-' && slow.within()
				if got != want || got && fast != slow {
					t.Fatalf("byte %d is %q: %v %+v, want %v %+v", i, b[i], got, fast, want, slow)
				}
			}
		}
	}
}

// within reports whether each part of c was two digits, or four.
func (c clock) within() bool {
	for _, n := range []int{c.year / 100, c.month, c.day, c.hour, c.minute, c.second} {
		if n > 99 {
			return false
		}
	}
	return true
}
