package term

import "time"

// Time is microseconds since 1970-01-01T00:00:00 of the wall clock where the
// event happened (Europe/London for the care record). Zero means unknown: an
// event in the very first microsecond of 1970 is stored one microsecond late,
// so that no event is lost.
type Time int64

// Unknown is the Time of an event without a date.
const Unknown Time = 0

const day = 86_400_000_000

// Wall returns the Time of a wall clock reading. It reports false when the
// reading does not exist (31 February) or lies outside the years 1850 to 2150.
func Wall(year, month, dayOfMonth, hour, minute, second, micro int) (Time, bool) {
	if year < 1850 || year > 2150 || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysIn(year, month) {
		return Unknown, false
	}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 || micro < 0 || micro > 999_999 {
		return Unknown, false
	}
	t := Time(civil(year, month, dayOfMonth)*day + int64(hour*3600+minute*60+second)*1_000_000 + int64(micro))
	return known(t), true
}

// At returns the Time that the wall clock in loc showed at t.
func At(t time.Time, loc *time.Location) Time {
	t = t.In(loc)
	_, offset := t.Zone()
	return known(Time(t.UnixMicro() + int64(offset)*1_000_000))
}

func known(t Time) Time {
	if t == Unknown {
		return 1
	}
	return t
}

// Day returns midnight of the day of t; Unknown stays Unknown.
func (t Time) Day() Time {
	if t == Unknown {
		return Unknown
	}
	d := int64(t) / day
	if int64(t) < 0 && int64(t)%day != 0 {
		d--
	}
	return known(Time(d * day))
}

// Month returns midnight of the first day of the month of t; Unknown stays
// Unknown.
func (t Time) Month() Time {
	if t == Unknown {
		return Unknown
	}
	y, m, _ := time.UnixMicro(int64(t)).UTC().Date()
	return known(Time(civil(y, int(m), 1) * day))
}

// Clock returns t as a time.Time whose UTC reading is the wall clock reading.
func (t Time) Clock() time.Time { return time.UnixMicro(int64(t)).UTC() }

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(y) {
			return 29
		}
		return 28
	}
	return 31
}

// civil returns the number of days from 1970-01-01 to the given date of the
// Gregorian calendar (Hinnant's algorithm).
func civil(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}
