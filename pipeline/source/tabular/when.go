package tabular

import (
	"time"

	"secondaryuse/deid/term"
)

// moment is a wall clock reading, as far as a cell gives one.
type moment struct {
	year, month, day     int
	hour, minute, second int
	micro                int
	timed                bool // a time was given
	zoned                bool // it is UTC plus offset
	offset               int  // seconds
}

// date reads YYYY-MM-DD, YYYYMMDD or DD/MM/YYYY, with a time behind a space or
// a T. It reports false for any other text. Whether the day exists is not
// looked at.
func (m *moment) date(b []byte) bool {
	var ok [3]bool
	switch {
	case len(b) >= 10 && b[4] == '-' && b[7] == '-':
		m.year, ok[0] = number(b[0:4])
		m.month, ok[1] = number(b[5:7])
		m.day, ok[2] = number(b[8:10])
		b = b[10:]
	case len(b) >= 10 && b[2] == '/' && b[5] == '/':
		m.day, ok[0] = number(b[0:2])
		m.month, ok[1] = number(b[3:5])
		m.year, ok[2] = number(b[6:10])
		b = b[10:]
	case len(b) >= 8:
		m.year, ok[0] = number(b[0:4])
		m.month, ok[1] = number(b[4:6])
		m.day, ok[2] = number(b[6:8])
		b = b[8:]
	}
	if !ok[0] || !ok[1] || !ok[2] {
		return false
	}
	if len(b) == 0 {
		return true
	}
	if b[0] != ' ' && b[0] != 'T' {
		return false
	}
	return m.clock(b[1:])
}

// clock reads HHMM, HH:MM or HH:MM:SS, the latter with a fraction of a second
// and with Z or +hh:mm behind it.
func (m *moment) clock(b []byte) bool {
	var ok1, ok2 bool
	m.timed = true
	if len(b) == 4 {
		m.hour, ok1 = number(b[0:2])
		m.minute, ok2 = number(b[2:4])
		return ok1 && ok2
	}
	if len(b) < 5 || b[2] != ':' {
		return false
	}
	m.hour, ok1 = number(b[0:2])
	m.minute, ok2 = number(b[3:5])
	if b = b[5:]; !ok1 || !ok2 {
		return false
	}
	if len(b) >= 3 && b[0] == ':' {
		if m.second, ok1 = number(b[1:3]); !ok1 {
			return false
		}
		if b, ok2 = m.fraction(b[3:]); !ok2 {
			return false
		}
	}
	return m.zone(b)
}

func (m *moment) fraction(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' {
		return b, true
	}
	n := 1
	for scale := 100_000; n < len(b) && isDigit(b[n]); n++ {
		m.micro += int(b[n]-'0') * scale
		scale /= 10
	}
	return b[n:], n > 1
}

func (m *moment) zone(b []byte) bool {
	switch {
	case len(b) == 0:
		return true
	case len(b) == 1 && b[0] == 'Z':
		m.zoned = true
		return true
	case len(b) == 6 && (b[0] == '+' || b[0] == '-') && b[3] == ':':
		h, ok1 := number(b[1:3])
		min, ok2 := number(b[4:6])
		m.zoned, m.offset = true, h*3600+min*60
		if b[0] == '-' {
			m.offset = -m.offset
		}
		return ok1 && ok2 && h < 24 && min < 60
	}
	return false
}

// time returns the reading as a wall clock time in England. It reports false
// for one that does not exist.
func (m *moment) time(london *time.Location) (term.Time, bool) {
	t, ok := term.Wall(m.year, m.month, m.day, m.hour, m.minute, m.second, m.micro)
	if !ok || !m.zoned {
		return t, ok
	}
	utc := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, m.micro*1000, time.UTC)
	return term.At(utc.Add(-time.Duration(m.offset)*time.Second), london), true
}

// fillerDate reports whether a date stands for none (HES: null, invalid).
func (m *moment) fillerDate() bool {
	return m.year >= 1800 && m.year <= 1802 && m.month == 1 && (m.day == 1 || m.day == 0)
}

// fillerTime reports whether a time stands for none (HES).
func fillerTime(b []byte) bool { return string(b) == "3000" || string(b) == "4000" }

// birthDate rewrites a date of birth as identity.ParseBirth wants it: YYYY,
// YYYYMM or YYYYMMDD. Besides what date reads it takes YYYY-MM, YYYYMM and
// MMYYYY, which cannot be taken for each other: no month is 18 to 21. It
// returns nothing for a filler.
func birthDate(dst, b []byte) ([]byte, bool) {
	var m moment
	var ok1, ok2 bool
	switch {
	case len(b) == 4:
		m.year, ok1 = number(b)
		ok2 = true
	case len(b) == 7 && b[4] == '-':
		m.year, ok1 = number(b[0:4])
		m.month, ok2 = number(b[5:7])
	case len(b) == 6:
		if m.month, ok1 = number(b[0:2]); m.month >= 1 && m.month <= 12 {
			m.year, ok2 = number(b[2:6])
		} else {
			m.year, ok1 = number(b[0:4])
			m.month, ok2 = number(b[4:6])
		}
	default:
		ok1 = m.date(b)
		ok2 = ok1 && m.day > 0
	}
	if !ok1 || !ok2 {
		return dst, false
	}
	if m.fillerDate() {
		return dst, true
	}
	dst = append(dst, byte('0'+m.year/1000), byte('0'+m.year/100%10), byte('0'+m.year/10%10), byte('0'+m.year%10))
	if len(b) > 4 {
		dst = append(dst, byte('0'+m.month/10), byte('0'+m.month%10))
	}
	if m.day > 0 {
		dst = append(dst, byte('0'+m.day/10), byte('0'+m.day%10))
	}
	return dst, true
}

// number reads digits and nothing else.
func number(b []byte) (n int, ok bool) {
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}
