package wearable

import (
	"math"
	"strconv"

	"secondaryuse/pipeline/source/scan"
)

// Form is how the value of a member is wanted.
type Form uint8

// The forms.
const (
	Number Form = iota // a number, or a string that holds one; null and "" are none
	Text               // a string, or a number as it is written; null is none
	Raw                // the value as it stands
)

// Member is a member of a JSON object that an adapter reads.
type Member struct {
	Name string
	Form Form
}

// Shape is a list of members. All others are passed over.
type Shape struct {
	members []Member
	table   [slots]uint8 // by hash, the place of a member in the list plus one
}

// slots is several times as many as any shape has members.
const slots = 512

// ShapeOf makes a shape of fewer than 100 members; a member is named by its
// place in the list from then on.
func ShapeOf(members ...Member) *Shape {
	s := &Shape{members: members}
	for i, m := range members {
		at := slot([]byte(m.Name))
		for s.table[at] != 0 {
			at = (at + 1) % slots
		}
		s.table[at] = uint8(i + 1)
	}
	return s
}

// find returns the place of a member in the list, or -1.
func (s *Shape) find(name []byte) int {
	for at := slot(name); ; at = (at + 1) % slots {
		i := int(s.table[at]) - 1
		if i < 0 || s.members[i].Name == string(name) {
			return i
		}
	}
}

// slot hashes a name by its length and four of its bytes.
func slot(name []byte) uint32 {
	n := len(name)
	if n == 0 {
		return 0
	}
	x := uint32(name[0]) ^ uint32(name[n/2])<<7 ^ uint32(name[n-1])<<14 ^ uint32(name[n*3/4])<<21 ^ uint32(n)<<26
	return x * 0x9E3779B1 >> 23 % slots
}

// Name returns the name of the i-th member.
func (s *Shape) Name(i int) string { return s.members[i].Name }

// Object is one JSON object, read by a shape. What it returns is valid until
// it reads the next.
type Object struct {
	shape  *Shape
	values []value
	cursor scan.Cursor
}

type value struct {
	number float64
	text   []byte
}

// Read reads the object that text is. Where it is none or a member has not the
// wanted form, it returns the member's name, if known, and the reason; else
// the reason is empty.
func (o *Object) Read(s *Shape, text []byte) (field, reason string) {
	o.reset(s)
	c := &o.cursor
	c.Reset(text)
	c.Object()
	for {
		key, ok := c.Next()
		if !ok {
			break
		}
		i := s.find(key)
		if i < 0 {
			c.Skip()
			continue
		}
		field = s.members[i].Name
		if !o.take(c, s.members[i].Form, &o.values[i]) {
			return field, "not a number"
		}
		if c.Err() != nil {
			break
		}
		field = ""
	}
	if err, bad := c.End().(*scan.Error); bad {
		return field, err.Reason
	}
	return "", ""
}

func (o *Object) reset(s *Shape) {
	o.shape = s
	if cap(o.values) < len(s.members) {
		o.values = make([]value, len(s.members))
	}
	o.values = o.values[:len(s.members)]
	for i := range o.values {
		o.values[i] = value{number: math.NaN()}
	}
}

// take reads one value. It reports false for a string that is not a number.
func (o *Object) take(c *scan.Cursor, f Form, v *value) bool {
	kind := c.Kind()
	switch {
	case f == Raw:
		v.text = c.Raw()
	case kind == 'n':
		c.Null()
	case f == Text && kind == '0':
		v.text = c.Raw()
	case f == Text:
		v.text = c.Str()
	case kind == '"':
		var ok bool
		v.number, ok = ParseNumber(c.Str())
		return ok || c.Err() != nil
	default:
		v.number = c.Float()
	}
	return true
}

// Num returns the number of the i-th member of the shape, NaN where there is
// none.
func (o *Object) Num(i int) float64 { return o.values[i].number }

// Text returns the text, or the raw value, of the i-th member of the shape,
// nil where there is none.
func (o *Object) Text(i int) []byte { return o.values[i].text }

// ParseNumber reads a decimal number; an empty text is NaN.
func ParseNumber(b []byte) (float64, bool) {
	if len(b) == 0 {
		return math.NaN(), true
	}
	for _, x := range b {
		if x-'0' > 9 && x != '.' && x != '-' && x != '+' && x != 'e' && x != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(view(b), 64)
	return v, err == nil
}
