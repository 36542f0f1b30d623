package apple

import (
	"bytes"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// attributes are those of a tag that are read, resolved; nil where missing.
type attributes struct {
	kind, source, device, unit, created, start, end, value []byte
	date, energy, energyUnit, exercise                     []byte
	duration, durationUnit, distance, distanceUnit         []byte
	sum, average                                           []byte
}

// slot returns where an attribute of this name is kept, nil for one that is
// not read.
func (a *attributes) slot(name []byte) *[]byte {
	switch string(name) {
	case "type", "workoutActivityType":
		return &a.kind
	case "sourceName":
		return &a.source
	case "device":
		return &a.device
	case "unit":
		return &a.unit
	case "creationDate":
		return &a.created
	case "startDate":
		return &a.start
	case "endDate":
		return &a.end
	case "value":
		return &a.value
	}
	return a.total(name)
}

// total returns where an attribute that sums something up is kept.
func (a *attributes) total(name []byte) *[]byte {
	switch string(name) {
	case "dateComponents":
		return &a.date
	case "activeEnergyBurned", "totalEnergyBurned":
		return &a.energy
	case "activeEnergyBurnedUnit", "totalEnergyBurnedUnit":
		return &a.energyUnit
	case "appleExerciseTime":
		return &a.exercise
	case "duration":
		return &a.duration
	case "durationUnit":
		return &a.durationUnit
	case "totalDistance":
		return &a.distance
	case "totalDistanceUnit":
		return &a.distanceUnit
	case "sum":
		return &a.sum
	case "average":
		return &a.average
	}
	return nil
}

// read reads the attributes of the tag in sight. It returns a reason where one
// cannot be read.
func (r *reader) read() (reason string) {
	r.is = attributes{}
	r.text = r.text[:0]
	for i := range r.x.attributes {
		from := &r.x.attributes[i]
		to := r.is.slot(from.name)
		if to == nil {
			continue
		}
		var ok bool
		if *to, r.text, ok = unescape(from.value, r.text); !ok {
			return "an entity that XML does not know"
		}
	}
	return ""
}

// span is when a record was.
type span struct{ from, to wearable.Stamp }

// seconds returns how long it was.
func (s span) seconds() int64 { return s.to.UTC() - s.from.UTC() }

// when reads the times of the tag in sight, and whose and which device's
// record it is, into the sink's Now.
func (r *reader) when() (s span, field, reason string) {
	var ok bool
	if s.from, ok = wearable.Parse(r.is.start); !ok {
		return s, "startDate", "missing or not a time"
	}
	if s.to, ok = wearable.Parse(r.is.end); !ok {
		return s, "endDate", "missing or not a time"
	}
	if s.seconds() < 0 {
		return s, "endDate", "before startDate"
	}
	now := &r.sink.Now
	now.Subject = r.sink.Account(r.account)
	if created, ok := wearable.Parse(r.is.created); ok {
		now.Version, now.Recorded = created.Wall, created.Wall
	}
	if r.exported != (wearable.Stamp{}) {
		now.Version = r.version()
	}
	now.Row.Start, now.Row.End, now.Row.Day = s.from.Wall, s.to.Wall, s.from.Wall.Day()
	now.Row.DeviceKind = r.kindOf()
	return s, "", ""
}

// kindOf derives the kind of device of the tag in sight.
func (r *reader) kindOf() term.Word {
	d := &r.device
	if !bytes.Equal(d.device, r.is.device) || !bytes.Equal(d.source, r.is.source) {
		d.device, d.source = append(d.device[:0], r.is.device...), append(d.source[:0], r.is.source...)
		d.kind = deviceKind(r.is.device)
		if d.kind == "" {
			d.kind = deviceKind(r.is.source)
		}
	}
	return d.kind
}

// record reads a Record.
func (r *reader) record() error {
	if reason := r.read(); reason != "" {
		return r.sink.Reject("", reason)
	}
	if len(r.is.kind) == 0 {
		return r.sink.Reject("type", "missing")
	}
	if name, ok := bytes.CutPrefix(r.is.kind, []byte(quantityPrefix)); ok {
		if k, mapped := quantities[string(name)]; mapped {
			return r.quantity(k)
		}
	}
	if string(r.is.kind) == categoryPrefix+"SleepAnalysis" {
		return r.sleep()
	}
	return r.sink.Pass(groupOf(r.is.kind))
}

// quantity reads a record of a quantity.
func (r *reader) quantity(k kind) error {
	s, field, reason := r.when()
	if reason != "" {
		return r.sink.Reject(field, reason)
	}
	v, ok := wearable.ParseNumber(r.is.value)
	if !ok || v != v {
		return r.sink.Reject("value", "missing or not a number")
	}
	unit, ok := wearable.UnitOf(r.is.unit)
	if !ok {
		return r.sink.Reject("unit", "missing or not a unit that is known")
	}
	canonical, verdict := k.metric.In(unit, v)
	r.sink.Now.ID = r.key(r.is.kind, r.is.source, s.from.UTC(), s.to.UTC())
	r.sink.Now.Row.Span = k.span
	switch verdict {
	case wearable.Misfit:
		return r.sink.Reject("unit", "not a unit of this type")
	case wearable.Absent, wearable.Impossible:
		return r.sink.Reject("value", "beyond what can be")
	}
	r.sink.Add(k.metric, wearable.Canonical, canonical)
	return r.sink.End()
}

// evening is when sleep begins to count towards the next day.
const evening = 18 * 3_600_000_000

// sleep reads a piece of sleep.
func (r *reader) sleep() error {
	s, field, reason := r.when()
	if reason != "" {
		return r.sink.Reject(field, reason)
	}
	stage, _ := bytes.CutPrefix(r.is.value, []byte(sleepPrefix))
	metrics, known := stages[string(stage)]
	if !known {
		return r.sink.Reject("value", "not a stage of sleep that is known")
	}
	if len(metrics) == 0 {
		return r.sink.Pass("in-bed")
	}
	now := &r.sink.Now
	now.ID = r.key(r.is.value, r.is.source, s.from.UTC(), s.to.UTC())
	now.Row.Day = (s.to.Wall + (24*3_600_000_000 - evening)).Day()
	now.Row.Span = wearable.Interval
	for _, m := range metrics {
		if r.sink.Add(m, wearable.Second, float64(s.seconds())) != wearable.Fine {
			return r.sink.Reject("endDate", "longer than sleep can be")
		}
	}
	return r.sink.End()
}

// summary reads an ActivitySummary, which is what the watch's rings showed for
// a day.
func (r *reader) summary() error {
	if reason := r.read(); reason != "" {
		return r.sink.Reject("", reason)
	}
	day, ok := wearable.Parse(r.is.date)
	if !ok {
		return r.sink.Reject("dateComponents", "missing or not a date")
	}
	now := &r.sink.Now
	now.Subject = r.sink.Account(r.account)
	now.ID = record.Ref{Kind: record.Reading, ID: r.sink.Key(r.account, []byte("ActivitySummary"), r.is.date)}
	now.Version, now.Recorded = r.version(), r.exported.Wall
	now.Row.Start, now.Row.End, now.Row.Day = day.Wall, day.Wall+24*3_600_000_000, day.Wall.Day()
	now.Row.Span, now.Row.DeviceKind = wearable.Day, "watch"
	if field, reason := r.add(wearable.EnergyActive, "activeEnergyBurned", r.is.energy, r.is.energyUnit); reason != "" {
		return r.sink.Reject(field, reason)
	}
	if field, reason := r.add(wearable.ActiveMinutes, "appleExerciseTime", r.is.exercise, nil); reason != "" {
		return r.sink.Reject(field, reason)
	}
	return r.sink.End()
}

// add adds a value of the record, if it is there, in the given unit or else
// that of the metric.
func (r *reader) add(m wearable.Metric, field string, value, unit []byte) (_, reason string) {
	u := wearable.Canonical
	v, ok := wearable.ParseNumber(value)
	if !ok {
		return field, "not a number"
	}
	if len(unit) > 0 {
		if u, ok = wearable.UnitOf(unit); !ok {
			return field, "not in a unit that is known"
		}
	}
	switch r.sink.Add(m, u, v) {
	case wearable.Impossible:
		return field, "beyond what can be"
	case wearable.Misfit:
		return field, "not in a unit of this metric"
	}
	return "", ""
}
