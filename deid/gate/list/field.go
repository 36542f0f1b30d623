package list

import (
	"bytes"
	"io"
	"time"
	_ "time/tzdata" // London must be known on a machine without a zone database

	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
)

// London is the zone of the care record's wall clock.
var London = london()

func london() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("list: Europe/London: " + err.Error()) // unreachable: time/tzdata is linked
	}
	return loc
}

// Number reads the number of a person, or returns why it cannot. With local it
// takes the identifier of a feed that has no NHS numbers, without check digit.
func Number(field []byte, local bool) (identity.Number, string) {
	if local {
		n, ok := identity.Local(bytes.TrimSpace(field))
		if !ok {
			return n, "no identifier"
		}
		return n, ""
	}
	n, err := identity.Parse(field)
	if err != nil {
		return n, err.Error()
	}
	return n, ""
}

// Date reads YYYY-MM-DD and nothing else. It reports false when there is no
// such day.
func Date(field []byte) (term.Time, bool) {
	if len(field) != 10 || field[4] != '-' || field[7] != '-' {
		return term.Unknown, false
	}
	n := [3]int{}
	for i, part := range [3][]byte{field[:4], field[5:7], field[8:]} {
		for _, c := range part {
			if c < '0' || c > '9' {
				return term.Unknown, false
			}
			n[i] = n[i]*10 + int(c-'0')
		}
	}
	return term.Wall(n[0], n[1], n[2], 0, 0, 0, 0)
}

// Whole reads a file of at most max bytes under the rules of Open and returns
// it with its SHA-256.
func Whole(gate, file string, max int64) ([]byte, string, error) {
	l, err := Open(gate, file)
	if err != nil {
		return nil, "", err
	}
	defer l.Close()
	data, err := io.ReadAll(io.LimitReader(l.in, max+1))
	if err != nil {
		return nil, "", l.unreadable(err)
	}
	if int64(len(data)) > max {
		return nil, "", l.Refuse("", "too big: a file of another kind", "correct the path in the configuration")
	}
	return data, l.SHA256(), nil
}
