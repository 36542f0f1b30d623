package wearable

import (
	"path"
	"strconv"

	"secondaryuse/deid/term"
)

// Upload is what a file's name tells of when it was written: a date or a time,
// and a number among others of that time. Payloads do not say it themselves.
type Upload struct {
	At     term.Time // Unknown where the name has none
	Number int64
}

// UploadOf reads a file's name: "20261101T060000Z", "2026-11-01T06-00-00",
// "20261101_060000", "2026-11-01", seconds or milliseconds since 1970, each
// among any other text, the last one counting; and of the other numbers the
// last, up to six digits.
func UploadOf(file string) (u Upload) {
	runs := numbersIn(path.Base(file))
	for len(runs) > 0 {
		n := u.take(runs)
		runs = runs[n:]
	}
	return u
}

// take reads the first of the runs and says how many belonged to it.
func (u *Upload) take(runs []string) int {
	switch first := runs[0]; {
	case len(first) == 14 && u.set(first[:8], first[8:]):
		return 1
	case len(first) == 8 && len(runs) > 1 && len(runs[1]) == 6 && u.set(first, runs[1]):
		return 2
	case len(first) == 8 && u.set(first, "000000"):
		return 1
	case len(first) == 10, len(first) == 13:
		seconds, err := strconv.ParseInt(first[:10], 10, 64)
		if err == nil && seconds > 0 {
			u.At = term.Time(seconds * 1_000_000)
		}
		return 1
	case widths(runs, 4, 2, 2, 2, 2, 2) && u.set(runs[0]+runs[1]+runs[2], runs[3]+runs[4]+runs[5]):
		return 6
	case widths(runs, 4, 2, 2) && u.set(runs[0]+runs[1]+runs[2], "000000"):
		return 3
	case len(first) <= 6:
		u.Number, _ = strconv.ParseInt(first, 10, 64) // at most six digits
	}
	return 1
}

func (u *Upload) set(date, clock string) bool {
	s, ok := Parse([]byte(date[:4] + "-" + date[4:6] + "-" + date[6:8] + " " +
		clock[:2] + ":" + clock[2:4] + ":" + clock[4:6]))
	if ok {
		u.At = s.Wall
	}
	return ok
}

// Version returns the version of a record: the newer file wins, within it the
// record that covers more. Where files say nothing of their time, what counts
// is up to when the record can know, its end, so that of two the longer one
// wins; and then the number of the file.
func (u Upload) Version(end term.Time, seconds int64) term.Time {
	if u.At != term.Unknown {
		return u.At + term.Time(u.Number%1000*1000+min(max(seconds, 0)/100, 999))
	}
	return end + term.Time(u.Number)
}

func widths(runs []string, want ...int) bool {
	if len(runs) < len(want) {
		return false
	}
	for i, n := range want {
		if len(runs[i]) != n {
			return false
		}
	}
	return true
}

// numbersIn returns the runs of digits in a name.
func numbersIn(name string) (runs []string) {
	for i := 0; i < len(name); i++ {
		from := i
		for i < len(name) && name[i]-'0' <= 9 {
			i++
		}
		if i > from {
			runs = append(runs, name[from:i])
		}
	}
	return runs
}
