package fhir

import (
	"encoding/binary"
	"time"
	_ "time/tzdata" // the zone is there on every machine

	"secondaryuse/deid/term"
)

// ParseTime reads a FHIR date, dateTime or instant. A partial date is the first
// instant of its month or year. A time with an offset is what the clock on the
// wall showed; a time in UTC is turned into what the clock in London showed.
// It reports false for any other text and for a date that does not exist.
func ParseTime(b []byte) (term.Time, bool) {
	m, ok := read(b)
	if ok && m.zone == 'Z' {
		return london(m.wall, m.year), true
	}
	return m.wall, ok
}

// ParseInstant reads as ParseTime does, but returns the time in UTC, so that
// of two versions the newer one is later even when the clocks go back.
func ParseInstant(b []byte) (term.Time, bool) {
	m, ok := read(b)
	return m.wall - term.Time(m.offset)*60_000_000, ok
}

// moment is a time as it was written.
type moment struct {
	wall   term.Time
	year   int
	zone   byte // 'Z', '+' or '-'; 0 where none was given
	offset int  // minutes east
}

func read(b []byte) (m moment, ok bool) {
	c := clock{month: 1, day: 1}
	switch n := len(b); {
	case c.second19(b):
		b, ok = c.fraction(b[19:])
	case n < 4 || n > 4 && (n < 7 || b[4] != '-') || n > 7 && (n < 10 || b[7] != '-'):
	default:
		b, ok = c.parts(b)
	}
	if !ok || !m.in(b) {
		return m, false
	}
	m.year = c.year
	m.wall, ok = term.Wall(c.year, c.month, c.day, c.hour, c.minute, c.second, c.micro)
	return m, ok
}

// parts reads a date, which may end with its month or year, and a time of day
// if one follows, and returns the rest.
func (c *clock) parts(b []byte) (rest []byte, ok bool) {
	n := len(b)
	c.year = pair(b, 0)*100 + pair(b, 2)
	if n > 4 {
		c.month = pair(b, 5)
	}
	if n > 7 {
		c.day = pair(b, 8)
	}
	if n > 10 {
		return c.time(b[10:])
	}
	return nil, true
}

// second19 reads a date and a time of day to the second, if b begins with
// both. It looks at eight bytes at a time: with the form taken off, a digit is
// 9 or less and what stands between digits is 0.
func (c *clock) second19(b []byte) bool {
	if len(b) < 19 {
		return false
	}
	date := binary.LittleEndian.Uint64(b) ^ formYear
	day := binary.LittleEndian.Uint64(b[8:]) ^ formDay
	time := binary.LittleEndian.Uint64(b[11:]) ^ formTime
	const high = 0x8080808080808080
	if (date|(date+roomYear)|day|(day+roomDay)|time|(time+roomTime))&high != 0 {
		return false
	}
	c.year, c.month, c.day = two(date)*100+two(date>>16), two(date>>40), two(day)
	c.hour, c.minute, c.second = two(time), two(time>>24), two(time>>48)
	return true
}

// two returns the number of two digits, the tens in the lowest byte.
func two(x uint64) int { return int(x&15)*10 + int(x>>8&15) }

// The forms of eight bytes of a time, the first byte lowest, and by how much
// each byte may grow until it reaches 128: 118 for a digit, 127 for a zero.
const (
	formYear = 0x2d30302d30303030 // 0000-00-
	formDay  = 0x30303a3030543030 // 00T00:00
	formTime = 0x30303a30303a3030 // 00:00:00
	roomYear = 0x7f76767f76767676
	roomDay  = 0x76767f76767f7676
	roomTime = 0x76767f76767f7676
)

// pair reads two digits at p; it returns what is too much for any field where
// there is something else.
func pair(b []byte, p int) int {
	tens, units := b[p]-'0', b[p+1]-'0'
	if tens > 9 || units > 9 {
		return 10_000
	}
	return int(tens)*10 + int(units)
}

type clock struct{ year, month, day, hour, minute, second, micro int }

// time reads the time of day, from the T on, and returns the rest.
func (c *clock) time(b []byte) (rest []byte, ok bool) {
	if len(b) < 6 || b[0] != 'T' || b[3] != ':' {
		return nil, false
	}
	c.hour, c.minute = pair(b, 1), pair(b, 4)
	b = b[6:]
	if len(b) == 0 || b[0] != ':' {
		return b, true
	}
	if len(b) < 3 {
		return nil, false
	}
	c.second = pair(b, 1)
	return c.fraction(b[3:])
}

// fraction reads the fraction of a second, if there is one, and returns the
// rest.
func (c *clock) fraction(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' {
		return b, true
	}
	n := 1
	for ; n < len(b) && b[n]-'0' <= 9; n++ {
		if n <= 6 {
			c.micro = c.micro*10 + int(b[n]-'0')
		}
	}
	for i := n; i <= 6; i++ {
		c.micro *= 10
	}
	return b[n:], n > 1
}

// in reads the zone.
func (m *moment) in(b []byte) bool {
	switch {
	case len(b) == 0:
		return true
	case len(b) == 1 && b[0] == 'Z':
		m.zone = 'Z'
		return true
	case len(b) != 6 || b[3] != ':' || (b[0] != '+' && b[0] != '-'):
		return false
	}
	hours, minutes := pair(b, 1), pair(b, 4)
	m.zone, m.offset = b[0], hours*60+minutes
	if m.zone == '-' {
		m.offset = -m.offset
	}
	return hours <= 14 && minutes <= 59
}

const hour = term.Time(3_600_000_000)

// london turns a reading of a clock in UTC into that of one in London. Since
// 1996 summer time is from the last Sunday in March to the last Sunday in
// October, both at 01:00 UTC; before, the zone data are asked.
func london(utc term.Time, year int) term.Time {
	if year < firstRule {
		return term.At(utc.Clock(), zone)
	}
	if s := &summers[year-firstRule]; utc >= s.from && utc < s.to {
		return utc + hour
	}
	return utc
}

const firstRule, lastYear = 1996, 2150

type summer struct{ from, to term.Time }

var summers = func() (s [lastYear + 1 - firstRule]summer) {
	for i := range s {
		s[i] = summer{lastSunday(firstRule+i, time.March), lastSunday(firstRule+i, time.October)}
	}
	return s
}()

// lastSunday returns 01:00 on the last Sunday of a month of 31 days.
func lastSunday(year int, m time.Month) term.Time {
	last := time.Date(year, m, 31, 1, 0, 0, 0, time.UTC)
	return term.At(last.AddDate(0, 0, -int(last.Weekday())), time.UTC)
}

var zone = func() *time.Location {
	z, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("fhir: " + err.Error()) // unreachable: the zone data are embedded
	}
	return z
}()
