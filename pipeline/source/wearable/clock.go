package wearable

import (
	"time"

	"secondaryuse/deid/term"
)

// Stamp is a date and time as a text gives it.
type Stamp struct {
	Wall   term.Time // what the clock showed
	Offset int64     // seconds that it was ahead of UTC, if Zoned
	Zoned  bool
}

// UTC returns the seconds since 1970 of a Zoned stamp.
func (s Stamp) UTC() int64 { return int64(s.Wall)/1_000_000 - s.Offset }

// Parse reads "2025-10-26", with a time after a space or a "T", with or
// without seconds and their fraction, with or without an offset from UTC. A
// date alone is its midnight.
func Parse(b []byte) (s Stamp, ok bool) {
	year, okY := digits(b, 0, 4)
	month, okM := digits(b, 5, 2)
	day, okD := digits(b, 8, 2)
	if !okY || !okM || !okD || b[4] != '-' || b[7] != '-' {
		return s, false
	}
	c, rest, ok := parseClock(b[10:])
	if !ok || !s.parseOffset(rest) {
		return s, false
	}
	s.Wall, ok = term.Wall(year, month, day, c.hour, c.minute, c.second, c.micro)
	return s, ok
}

// Clock reads a time of day, "14:28" or "14:28:00", as microseconds since
// midnight.
func Clock(b []byte) (term.Time, bool) {
	c, ok := readClock(&b)
	if !ok || len(b) > 0 || c.hour > 23 || c.minute > 59 || c.second > 60 {
		return 0, false
	}
	return term.Time(((c.hour*60+c.minute)*60+c.second)*1_000_000 + c.micro), true
}

type clock struct{ hour, minute, second, micro int }

// parseClock reads what follows a date.
func parseClock(b []byte) (c clock, rest []byte, ok bool) {
	if len(b) == 0 {
		return c, b, true
	}
	if b[0] != ' ' && b[0] != 'T' {
		return c, b, false
	}
	b = b[1:]
	c, ok = readClock(&b)
	return c, b, ok
}

func readClock(b *[]byte) (c clock, ok bool) {
	t := *b
	var okH, okM bool
	c.hour, okH = digits(t, 0, 2)
	c.minute, okM = digits(t, 3, 2)
	if !okH || !okM || t[2] != ':' {
		return c, false
	}
	t = t[5:]
	if len(t) > 0 && t[0] == ':' {
		if c.second, ok = digits(t, 1, 2); !ok {
			return c, false
		}
		t = t[3:]
		if len(t) > 1 && t[0] == '.' {
			c.micro, t = micros(t[1:])
		}
	}
	*b = t
	return c, true
}

// micros reads the digits of a fraction of a second and drops those below a
// microsecond.
func micros(b []byte) (v int, rest []byte) {
	for scale := 100_000; len(b) > 0 && b[0]-'0' <= 9; b = b[1:] {
		v += int(b[0]-'0') * scale
		scale /= 10
	}
	return v, b
}

// parseOffset reads "", "Z", "+01:00", "-0700", each perhaps after a space.
func (s *Stamp) parseOffset(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if b[0] == ' ' {
		b = b[1:]
	}
	s.Zoned = true
	if len(b) == 1 && b[0] == 'Z' {
		return true
	}
	if len(b) < 5 || b[0] != '+' && b[0] != '-' {
		return false
	}
	sign, at := int64(1), 3
	if b[0] == '-' {
		sign = -1
	}
	if b[3] == ':' {
		at = 4
	}
	hours, okH := digits(b, 1, 2)
	minutes, okM := digits(b, at, 2)
	s.Offset = sign * int64(hours*3600+minutes*60)
	return okH && okM && len(b) == at+2 && hours <= 15 && minutes <= 59
}

// digits reads the n digits at b[at:].
func digits(b []byte, at, n int) (v int, ok bool) {
	if len(b) < at+n {
		return 0, false
	}
	for _, x := range b[at : at+n] {
		if x-'0' > 9 {
			return 0, false
		}
		v = v*10 + int(x-'0')
	}
	return v, true
}

// Zone says what a person's clock shows during one record, of which a vendor
// tells only how far that clock was ahead of UTC when the record began.
//
// Where that is what the clocks of the United Kingdom showed at the time, the
// person is taken to live by them, so that a record that runs over the night of
// a clock change keeps the right wall time on both sides of it. Anywhere else
// the offset holds for the whole record.
type Zone struct{ offset, change, after int64 }

// ZoneAt returns the zone of a record that begins at start, in seconds since
// 1970, with a clock that is offset seconds ahead of UTC. It reports false for
// an offset that no clock has and for a start beyond the years 1900 to 2150.
func ZoneAt(start, offset int64) (Zone, bool) {
	if offset < -50_400 || offset > 54_000 || start < -2_208_988_800 || start > 5_680_281_600 {
		return Zone{}, false
	}
	year := time.Unix(start, 0).UTC().Year()
	spring, autumn := lastSunday(year, time.March), lastSunday(year, time.October)
	switch {
	case start < spring && offset == 0:
		return Zone{0, spring, 3600}, true
	case start >= spring && start < autumn && offset == 3600:
		return Zone{3600, autumn, 0}, true
	}
	return Zone{offset, 1 << 62, offset}, true
}

// lastSunday returns when the clocks of the United Kingdom change: one o'clock
// UTC on the last Sunday of the month.
func lastSunday(year int, m time.Month) int64 {
	last := time.Date(year, m, 31, 1, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, -int(last.Weekday())).Unix()
}

// Wall returns what the clock shows at a moment, in seconds since 1970.
func (z Zone) Wall(at int64) term.Time {
	offset := z.offset
	if at >= z.change {
		offset = z.after
	}
	if t := term.Time((at + offset) * 1_000_000); t != term.Unknown {
		return t
	}
	return 1
}
