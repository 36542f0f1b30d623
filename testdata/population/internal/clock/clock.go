// Package clock counts days and wall clock seconds in London, and writes them
// as the feeds do. It needs no time zone database, so that the bytes written
// are the same on every machine.
package clock

// Day is days since 1970-01-01.
type Day int32

// Wall is seconds since 1970-01-01T00:00:00 as a clock in London shows them.
// In the hour that happens twice in October it means the first.
type Wall int64

const daySeconds = 86_400

// Date returns the day of a date of the Gregorian calendar.
func Date(year, month, day int) Day {
	if month <= 2 {
		year--
	}
	era := year / 400
	yoe := year - era*400
	doy := (153*((month+9)%12)+2)/5 + day - 1
	return Day(era*146_097 + yoe*365 + yoe/4 - yoe/100 + doy - 719_468)
}

// Civil returns the date of a day.
func (d Day) Civil() (year, month, day int) {
	z := int(d) + 719_468
	era := z / 146_097
	doe := z - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	month = (mp+2)%12 + 1
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, doy - (153*mp+2)/5 + 1
}

// Weekday returns 0 for Sunday to 6 for Saturday.
func (d Day) Weekday() int { return int(((d+4)%7 + 7) % 7) }

// Months returns the day n months later, or the last of that month where it
// has no such day.
func (d Day) Months(n int) Day {
	y, m, day := d.Civil()
	m += n - 1
	y += m / 12
	if m %= 12; m < 0 {
		m, y = m+12, y-1
	}
	if last := Date(y+(m+1)/12, (m+1)%12+1, 1) - Date(y, m+1, 1); day > int(last) {
		day = int(last)
	}
	return Date(y, m+1, day)
}

// At returns the wall clock reading of a day.
func (d Day) At(hour, minute, second int) Wall {
	return Wall(int64(d)*daySeconds + int64(hour*3600+minute*60+second))
}

// Age returns the completed years of life on a day.
func Age(birth, on Day) int {
	y, m, d := birth.Civil()
	ty, tm, td := on.Civil()
	age := ty - y
	if tm < m || (tm == m && td < d) {
		age--
	}
	return age
}

// Day returns the day of a wall clock reading.
func (w Wall) Day() Day {
	d := w / daySeconds
	if w%daySeconds < 0 {
		d--
	}
	return Day(d)
}

// Second returns the seconds since midnight of a wall clock reading.
func (w Wall) Second() int { return int(w - w.Day().At(0, 0, 0)) }

// Month returns year*100 + month.
func (w Wall) Month() int32 {
	y, m, _ := w.Day().Civil()
	return int32(y*100 + m)
}

// LastSunday returns the last Sunday of a month.
func LastSunday(year, month int) Day {
	last := Date(year+month/12, month%12+1, 1) - 1
	return last - Day(last.Weekday())
}

// Offset returns how many seconds London was ahead of UTC.
func (w Wall) Offset() int {
	y, m, _ := w.Day().Civil()
	switch {
	case m > 3 && m < 10:
		return 3600
	case m == 3 && w >= LastSunday(y, 3).At(2, 0, 0), m == 10 && w < LastSunday(y, 10).At(2, 0, 0):
		return 3600
	}
	return 0
}

// UTC returns seconds since 1970-01-01T00:00:00Z.
func (w Wall) UTC() int64 { return int64(w) - int64(w.Offset()) }

// OfUTC returns what a clock in London shows at a time in UTC.
func OfUTC(s int64) Wall {
	w := Wall(s)
	y, _, _ := w.Day().Civil()
	if w >= LastSunday(y, 3).At(1, 0, 0) && w < LastSunday(y, 10).At(1, 0, 0) {
		return w + 3600
	}
	return w
}
