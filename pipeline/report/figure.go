package report

import (
	"errors"
	"strconv"
)

// Figure is a count as it may be told.
type Figure int64

// The figures that are no numbers.
const (
	Few    Figure = -1 // under 8
	Hidden Figure = -2 // not told, because others could be computed by it
)

const (
	least = 8 // what is below is not told
	step  = 5 // what is told is a multiple
)

// Rounded tells a count.
func Rounded(n int64) Figure {
	switch {
	case n == 0:
		return 0
	case n < least:
		return Few
	}
	return Figure((n + step/2) / step * step)
}

// number returns a figure that is one.
func (f Figure) number() (int64, bool) { return int64(f), f >= 0 }

// String writes a figure with its thousands apart.
func (f Figure) String() string {
	switch f {
	case Few:
		return "<8"
	case Hidden:
		return "*"
	}
	return thousands(int64(f))
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// MarshalJSON writes a number, "<8" or "*".
func (f Figure) MarshalJSON() ([]byte, error) {
	if n, ok := f.number(); ok {
		return strconv.AppendInt(nil, n, 10), nil
	}
	return []byte(`"` + f.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Figure) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"<8"`, `"\u003c8"`:
		*f = Few
		return nil
	case `"*"`:
		*f = Hidden
		return nil
	}
	n, err := strconv.ParseUint(string(b), 10, 62)
	if err != nil {
		return errors.New("not a figure")
	}
	*f = Figure(n)
	return nil
}
