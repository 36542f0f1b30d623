package fhir

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// oracle decodes one resource slowly and plainly, from what encoding/json
// makes of it. It holds no code in common with the decoder but the closed
// lists, the kinds of encounters and package identity.
type oracle struct {
	root     node
	bad      bool
	lookup   map[string]node // Medication/id and Organization/id
	codings  []record.Coding
	links    []record.Link
	holder   term.ODS
	strange  bool
	special  term.Code
	restrict bool
	doubtful bool
	vague    term.Time
}

// The primitives: every value that has one of the names must be of the right
// type; the last holds.

func (o *oracle) check(v node, kind byte) bool {
	if v.kind == kind || v.kind == 'n' {
		return v.kind == kind
	}
	o.bad = true
	return false
}

func (o *oracle) str(n node, names string) (s string, found bool) {
	for _, v := range n.all(names) {
		s, found = "", o.check(v, '"')
		if found {
			s = v.text
		}
	}
	return s, found
}

func (o *oracle) text(n node, names string) string {
	s, _ := o.str(n, names)
	return s
}

func (o *oracle) num(n node, name string) float64 {
	f := math.NaN()
	for _, v := range n.all(name) {
		f = math.NaN()
		if o.check(v, '0') {
			var err error
			if f, err = v.number.Float64(); err != nil {
				o.bad = true
			}
			if f == math.Trunc(f) && mod11(fmt.Sprintf("%.0f", math.Abs(f))) {
				f = math.NaN()
			}
		}
	}
	return f
}

func (o *oracle) flag(n node, name string) (any bool) {
	for _, v := range n.all(name) {
		any = o.check(v, 't') && v.truth || any
	}
	return any
}

func (o *oracle) when(n node, names string) (t term.Time) {
	for _, v := range n.all(names) {
		t = term.Unknown
		if o.check(v, '"') {
			t = o.instant(v.text, true)
			days := map[int]time.Duration{4: 366, 7: 31}[len(v.text)]
			o.vague = max(o.vague, term.Time(days*24*time.Hour/time.Microsecond))
		}
	}
	return t
}

func (o *oracle) span(n node, names string) (start, end term.Time) {
	for _, v := range n.all(names) {
		start, end = 0, 0
		if o.check(v, '{') {
			start, end = o.when(v, "start"), o.when(v, "end")
		}
	}
	return start, end
}

var shape = regexp.MustCompile(`^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?)?)?)?$`)

// instant reads a time with package time. As a wall clock, UTC becomes London;
// else everything becomes UTC.
func (o *oracle) instant(s string, wall bool) term.Time {
	if !shape.MatchString(s) {
		o.bad = true
		return 0
	}
	full := s + "0001-01-01T00:00:00"[min(len(s), 19):]
	if len(s) == 4 || len(s) == 7 || len(s) == 10 {
		full = s + "-01-01"[len(s)-4:] + "T00:00:00"
	} else if len(s) == 16 || s[16] != ':' { // no seconds
		full = s[:16] + ":00" + s[16:]
	}
	leap := len(full) > 18 && full[17:19] == "60"
	if leap {
		full = full[:17] + "59" + full[19:]
	}
	layout := "2006-01-02T15:04:05"
	zoned := strings.LastIndexAny(full, "Z+") > 0 || strings.LastIndexByte(full, '-') > 10
	if zoned {
		layout += "Z07:00"
	}
	t, err := time.Parse(layout, full)
	if err != nil || t.Year() < 1850 || t.Year() > 2150 {
		o.bad = true
		return 0
	}
	if leap {
		t = t.Add(time.Second)
	}
	if _, offset := t.Zone(); t.UnixMicro()+int64(offset)*1e6 == 0 {
		t = t.Add(time.Microsecond) // the first microsecond is read as the second: see term.Time
	}
	switch {
	case strings.HasSuffix(full, "Z") && wall:
		return term.At(t, zone)
	case wall:
		return term.At(t, t.Location())
	case zoned:
		_, offset := t.Zone()
		return term.At(t, t.Location()) - term.Time(offset)*1e6
	}
	return term.At(t, time.UTC)
}
