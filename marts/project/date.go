package project

import (
	"time"

	"github.com/goccy/go-yaml/ast"

	"secondaryuse/pipeline/strict"
)

// Date is a day, written YYYY-MM-DD.
type Date struct{ time.Time }

// UnmarshalYAML reads YYYY-MM-DD.
func (d *Date) UnmarshalYAML(n ast.Node) error {
	if s, ok := n.(*ast.StringNode); ok {
		if t, err := time.Parse(time.DateOnly, s.Value); err == nil {
			d.Time = t
			return nil
		}
	}
	return strict.Misfit{Line: n.GetToken().Position.Line, Reason: "not a date written YYYY-MM-DD"}
}

// String writes YYYY-MM-DD.
func (d Date) String() string { return d.Format(time.DateOnly) }

// MarshalText writes YYYY-MM-DD, for the digest.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalJSON writes YYYY-MM-DD, for the digest.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// day is the day of a moment, in London.
func day(now time.Time) time.Time {
	y, m, d := now.In(london).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the zones are linked into the program
	}
	return l
}()

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Date) UnmarshalJSON(text []byte) (err error) {
	d.Time, err = time.Parse(`"`+time.DateOnly+`"`, string(text))
	return err
}
