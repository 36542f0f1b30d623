package fhir

import (
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

// parseInstant reads as ParseTime does, but returns the time in UTC, so that
// of two versions the newer one is later even when the clocks go back.
func parseInstant(b []byte) (term.Time, bool) {
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
	n := len(b)
	if n < 4 || n > 4 && (n < 7 || b[4] != '-') || n > 7 && (n < 10 || b[7] != '-') {
		return m, false
	}
	m.year = pair(b, 0)*100 + pair(b, 2)
	if n > 4 {
		c.month = pair(b, 5)
	}
	if n > 7 {
		c.day = pair(b, 8)
	}
	if n > 10 {
		if b, ok = c.time(b[10:]); !ok {
			return m, false
		}
		if ok = m.in(b); !ok {
			return m, false
		}
	}
	m.wall, ok = term.Wall(m.year, c.month, c.day, c.hour, c.minute, c.second, c.micro)
	return m, ok
}

// pair reads two digits at p; it returns what is too much for any field where
// there is something else.
func pair(b []byte, p int) int {
	tens, units := b[p]-'0', b[p+1]-'0'
	if tens > 9 || units > 9 {
		return 10_000
	}
	return int(tens)*10 + int(units)
}

type clock struct{ month, day, hour, minute, second, micro int }

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
	if b = b[3:]; len(b) == 0 || b[0] != '.' {
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
