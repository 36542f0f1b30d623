package fitbit

import (
	"bytes"
	"math"
	"strconv"

	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/scan"
	"secondaryuse/pipeline/source/wearable"
)

// intraday is a member that waits until the answer's day is known.
type intraday struct {
	name, text []byte
	line       int64
}

// dates are the days that a series of the answer has entries for: the last of
// them, and how many there are.
type dates struct {
	series []byte
	last   term.Time
	days   int
}

// dated notes that a series has an entry for a day.
func (r *reader) dated(series []byte, day term.Time) {
	if n := len(r.dates); n == 0 || !bytes.Equal(r.dates[n-1].series, series) {
		r.dates = append(r.dates, dates{series: series})
	}
	d := &r.dates[len(r.dates)-1]
	d.last = day
	d.days++
}

// day returns the one day that a series has an entry for.
func (r *reader) day(series []byte) (day term.Time, ok bool) {
	for _, d := range r.dates {
		if bytes.Equal(d.series, series) {
			day, ok = d.last, d.days == 1 && day == term.Unknown
		}
	}
	return day, ok
}

// answer reads an answer of the API that begins on the given line. A reason
// says why it, or the rest of it, cannot be read; the sink is then where that
// is to be rejected.
func (r *reader) answer(text []byte, line int64) (reason string, err error) {
	if len(r.folder) == 0 {
		r.sink.Begin(line)
		return "in no folder that says whose it is", nil
	}
	r.from, r.counted, r.dates, r.postponed = line, 0, r.dates[:0], r.postponed[:0]
	c := &r.doc
	c.Reset(text)
	switch c.Kind() {
	case '{':
		reason, err = r.collections(text)
	case '[':
		reason, err = r.bare(text)
	default:
		reason = "not a Fitbit answer"
	}
	if bad, failed := c.End().(*scan.Error); failed && reason == "" {
		reason = bad.Reason
	}
	for _, p := range r.postponed {
		if err != nil {
			return "", err
		}
		if _, ok := r.day(p.name); !ok && reason != "" {
			continue // what is cut off may have said the day
		}
		r.begin(p.line)
		err = r.intraday(p)
	}
	if reason != "" && err == nil {
		r.sink.Begin(r.lineOf(text, c.Pos()))
	}
	return reason, err
}

// begin begins a record.
func (r *reader) begin(line int64) {
	if r.shard.Offset > 0 {
		line = 0
	}
	r.sink.Begin(line)
	r.field, r.fault = "", ""
}

// lineOf returns the line of a byte of the answer; it goes forward only.
func (r *reader) lineOf(text []byte, at int) int64 {
	if at > r.counted {
		r.from += int64(bytes.Count(text[r.counted:at], []byte{'\n'}))
		r.counted = at
	}
	return r.from
}

// collections reads the members of an answer.
func (r *reader) collections(text []byte) (reason string, err error) {
	c := &r.doc
	first := r.from
	r.found, r.single = false, false
	c.Object()
	for err == nil {
		name, ok := c.Next()
		if !ok {
			break
		}
		err = r.member(name, text)
	}
	switch {
	case err != nil || c.Err() != nil:
		return "", err
	case r.single:
		r.begin(first)
		return "", r.oxygen(text)
	case !r.found:
		return "not a Fitbit answer", nil
	}
	return "", nil
}

// member reads a member of an answer. It notes in found that its collection is
// known, in single that the answer is itself an entry.
func (r *reader) member(name, text []byte) error {
	c := &r.doc
	kind := c.Kind()
	line := r.lineOf(text, c.Pos())
	unused, isPassed := passed[string(name)]
	switch {
	case string(name) == "dateTime", string(name) == "value", string(name) == "minutes":
		r.single = true
	case about[string(name)]:
	case kind == '[':
		r.found = r.found || isPassed || readers[string(name)] != nil
		return r.entries(name, text)
	case isPassed:
		r.found = true
		if c.Skip(); c.Err() == nil {
			r.begin(line)
			return r.sink.Pass(unused)
		}
		return nil
	case kind == '{' && bytes.HasSuffix(name, suffix):
		r.found = true
		if raw := c.Raw(); raw != nil {
			r.postponed = append(r.postponed, intraday{bytes.TrimSuffix(name, suffix), raw, line})
		}
		return nil
	}
	c.Skip()
	return nil
}

var suffix = []byte("-intraday")

// readers are the collections that readings are taken from.
var readers = func() map[string]func(*reader, []byte) error {
	m := map[string]func(*reader, []byte) error{
		"sleep": (*reader).sleep, "weight": (*reader).body, "fat": (*reader).body, "activities": (*reader).activity,
	}
	for name := range days {
		m[name] = (*reader).dayEntry
	}
	return m
}()

// entries reads the entries of a collection.
func (r *reader) entries(name, text []byte) error {
	c := &r.doc
	read, unused := readers[string(name)], passed[string(name)]
	if unused == "" {
		unused = "other-collection"
	}
	c.Array()
	for c.Elem() {
		c.Kind()
		r.begin(r.lineOf(text, c.Pos()))
		raw := c.Raw()
		if raw == nil {
			return nil // answer says why
		}
		if err := r.entry(name, raw, read, unused); err != nil {
			return err
		}
	}
	return nil
}

// entry reads one entry of a collection.
func (r *reader) entry(name, raw []byte, read func(*reader, []byte) error, unused term.Word) error {
	if read == nil {
		return r.sink.Pass(unused)
	}
	if field, reason := r.is.Read(entryShape, raw); reason != "" {
		return r.reject(field, reason)
	}
	return read(r, name)
}

// bare reads an answer that is a list without a name: days of SpO2, or
// devices.
func (r *reader) bare(text []byte) (reason string, err error) {
	c := &r.doc
	c.Array()
	for err == nil && c.Elem() {
		c.Kind()
		r.begin(r.lineOf(text, c.Pos()))
		if raw := c.Raw(); raw != nil {
			err = r.oxygen(raw)
		}
	}
	return "", err
}

// oxygen reads a day of SpO2, or passes a device.
func (r *reader) oxygen(raw []byte) error {
	if field, reason := r.is.Read(entryShape, raw); reason != "" {
		return r.reject(field, reason)
	}
	switch {
	case r.is.Text(entryDevice) != nil:
		return r.sink.Pass("device")
	case r.is.Text(entryDateTime) == nil:
		return r.reject("", "not a Fitbit answer")
	}
	return r.dayEntry([]byte("spo2"))
}

// intraday reads the samples of the answer's day.
func (r *reader) intraday(p intraday) error {
	s, mapped := intradays[string(p.name)]
	switch {
	case !mapped:
		return r.sink.Pass("other-series")
	case s.unused != "":
		return r.sink.Pass(s.unused)
	}
	day, ok := r.day(p.name)
	if !ok {
		return r.reject("dataset", "of which day, the answer does not say")
	}
	if field, reason := r.is.Read(entryShape, p.text); reason != "" {
		return r.reject(field, reason)
	}
	length := r.length(s.span)
	r.over(day, day+aDay, day, s.span, s.device)
	r.identify(r.folder, r.within(p.name), r.dateKey(day), nil)
	c := &r.list
	c.Reset(r.is.Text(entryDataset))
	c.Array()
	for c.Elem() {
		clock, v, ok := sample(c)
		if !ok {
			return r.reject("dataset", "not a time and a value")
		}
		from := day + clock
		r.over(from, from+length, day, s.span, s.device)
		r.put(s.metric, s.unit, v, "dataset")
	}
	if c.End() != nil {
		r.wrong("dataset", "not a list")
	}
	return r.finish()
}

// sample reads a time of day and a value.
func sample(c *scan.Cursor) (clock term.Time, v float64, ok bool) {
	v = math.NaN()
	c.Object()
	for {
		name, more := c.Next()
		switch {
		case !more:
			return clock, v, ok && c.Err() == nil
		case string(name) == "time":
			clock, ok = wearable.Clock(c.Str())
		case string(name) == "value" && c.Kind() == '0':
			v = c.Float()
		default:
			c.Skip()
		}
	}
}

// length returns how long the intervals of a dataset are.
func (r *reader) length(span term.Word) term.Time {
	n := r.is.Num(entryInterval)
	switch {
	case span == wearable.Sample, !(n > 0 && n <= 1440):
		return 0
	case string(r.is.Text(entryUnit)) == "second":
		return term.Time(n * 1_000_000)
	}
	return term.Time(n * minute)
}

// within returns the name of the collection of a series' samples.
func (r *reader) within(series []byte) []byte {
	r.name = append(append(r.name[:0], series...), suffix...)
	return r.name
}

// dateKey tells a day as the part of a key.
func (r *reader) dateKey(day term.Time) []byte {
	r.date = strconv.AppendInt(r.date[:0], int64(day/aDay), 10)
	return r.date
}
