package clock

// AppendDate appends 2026-06-01.
func (d Day) AppendDate(b []byte) []byte {
	y, m, day := d.Civil()
	b = append(two(two(b, y/100), y%100), '-')
	return two(append(two(b, m), '-'), day)
}

// AppendDate appends the date of w.
func (w Wall) AppendDate(b []byte) []byte { return w.Day().AppendDate(b) }

// AppendClock appends 10:15:00.
func (w Wall) AppendClock(b []byte) []byte {
	s := int(int64(w) - int64(w.Day())*daySeconds)
	b = append(two(b, s/3600), ':')
	b = append(two(b, s/60%60), ':')
	return two(b, s%60)
}

// AppendLocal appends 2026-06-01T10:15:00, without a zone.
func (w Wall) AppendLocal(b []byte) []byte {
	return w.AppendClock(append(w.AppendDate(b), 'T'))
}

// AppendZoned appends 2026-06-01T10:15:00+01:00.
func (w Wall) AppendZoned(b []byte) []byte {
	b = w.AppendLocal(b)
	if w.Offset() == 0 {
		return append(b, "+00:00"...)
	}
	return append(b, "+01:00"...)
}

// AppendUTC appends the same moment as 2026-06-01T09:15:00Z.
func (w Wall) AppendUTC(b []byte) []byte {
	return append(Wall(w.UTC()).AppendLocal(b), 'Z')
}

func two(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }
