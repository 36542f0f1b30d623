package garmin

import (
	"math"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// limit is how many seconds a summary goes on at most: more than a year.
const limit = 400 * 86_400

// samples reads the i-th member, a map from seconds after the beginning of the
// summary to values. A value that cannot be is passed over.
func (r *reader) samples(m wearable.Metric, i int) {
	if b := r.is.Text(i); b != nil && string(b) != "null" {
		r.spread(m, b, i)
	}
}

func (r *reader) spread(m wearable.Metric, b []byte, i int) {
	c := &r.cursor
	c.Reset(b)
	c.Object()
	for {
		key, ok := c.Next()
		if !ok {
			break
		}
		after, isNumber := wearable.ParseNumber(key)
		if !isNumber || !(after >= 0 && after <= limit) {
			r.wrong(i, "not seconds after the beginning")
			return
		}
		v := math.NaN()
		if !c.Null() {
			v = c.Float()
		}
		r.sample(m, r.start+int64(after), v)
	}
	if c.End() != nil {
		r.wrong(i, "not a map of numbers")
	}
}

// sample adds a value at a moment.
func (r *reader) sample(m wearable.Metric, at int64, v float64) {
	wall := r.zone.Wall(at)
	r.over(wall, wall, wearable.Sample)
	r.sink.Now.Row.Day = r.day
	if r.day == term.Unknown {
		r.sink.Now.Row.Day = wall.Day()
	}
	r.sink.Add(m, wearable.Canonical, v)
}

// sleep reads a night or a nap: how long it was, how long each stage, and when
// each was, and the breath and the oxygen during it.
func (r *reader) sleep() {
	if !r.when(startTime, startOffset) {
		return
	}
	r.sink.Now.Sections = record.Sleep
	if r.day == term.Unknown {
		r.day = r.sink.Now.Row.End.Day()
		r.sink.Now.Row.Day = r.day
	}
	r.put(wearable.Sleep, wearable.Second, r.is.Num(duration)-zeroIfNone(r.is.Num(awake)), awake)
	r.add(wearable.SleepDeep, wearable.Second, sleepDeep)
	r.add(wearable.SleepLight, wearable.Second, sleepLight)
	r.add(wearable.SleepREM, wearable.Second, sleepREM)
	r.add(wearable.Awake, wearable.Second, awake)
	if b := r.is.Text(sleepLevels); b != nil && string(b) != "null" {
		r.levels(b)
	}
	r.samples(wearable.Respiration, sleepRespiration)
	r.samples(wearable.SpO2, sleepSpO2)
}

func zeroIfNone(v float64) float64 {
	if v != v {
		return 0
	}
	return v
}

// levelMetrics are the stages of sleep, by their names in the map of levels.
var levelMetrics = map[string]wearable.Metric{
	"deep": wearable.SleepDeep, "light": wearable.SleepLight, "rem": wearable.SleepREM, "awake": wearable.Awake,
}

// levels reads the map of levels: from each stage to when it was.
func (r *reader) levels(b []byte) {
	c := &r.cursor
	c.Reset(b)
	c.Object()
	for {
		key, ok := c.Next()
		if !ok {
			break
		}
		m, known := levelMetrics[string(key)]
		if !known {
			c.Skip()
			continue
		}
		c.Array()
		for c.Elem() {
			r.level(m, c.Raw())
		}
	}
	if c.End() != nil {
		r.wrong(sleepLevels, "not a map of lists")
	}
}

const (
	levelStart = iota
	levelEnd
)

var levelShape = wearable.ShapeOf(wearable.Member{Name: "startTimeInSeconds"}, wearable.Member{Name: "endTimeInSeconds"})

// level reads when a stage was.
func (r *reader) level(m wearable.Metric, b []byte) {
	_, reason := r.part.Read(levelShape, b)
	from, to := r.part.Num(levelStart), r.part.Num(levelEnd)
	first := float64(r.start)
	if reason != "" || !(from <= to && from > first-limit && to < first+limit) {
		r.wrong(sleepLevels, "not a time from and to")
		return
	}
	r.over(r.zone.Wall(int64(from)), r.zone.Wall(int64(to)), wearable.Sample)
	r.sink.Add(m, wearable.Second, to-from)
}

const (
	snapshotType = iota
	snapshotAverage
	snapshotEpochs
)

var snapshotShape = wearable.ShapeOf(
	wearable.Member{Name: "summaryType", Form: wearable.Text},
	wearable.Member{Name: "avgValue"},
	wearable.Member{Name: "epochSummaries", Form: wearable.Raw},
)

// snapshotMetrics are what a snapshot measures.
var snapshotMetrics = map[string]wearable.Metric{
	"heart_rate": wearable.HeartRate, "respiration": wearable.Respiration, "stress": wearable.Stress,
	"spo2": wearable.SpO2, "rmssd_hrv": wearable.HeartRateVariability,
}

// snapshot reads two minutes in which several things were measured at once.
func (r *reader) snapshot() {
	offset := startOffset
	if r.is.Num(offset) != r.is.Num(offset) {
		offset = offsetStart
	}
	if !r.when(startTime, offset) || r.is.Text(summaries) == nil {
		return
	}
	from, to, day := r.sink.Now.Row.Start, r.sink.Now.Row.End, r.sink.Now.Row.Day
	c := &r.list
	c.Reset(r.is.Text(summaries))
	c.Array()
	for c.Elem() {
		if _, reason := r.part.Read(snapshotShape, c.Raw()); reason != "" {
			r.wrong(summaries, reason)
			return
		}
		m, known := snapshotMetrics[string(r.part.Text(snapshotType))]
		if !known {
			continue
		}
		r.over(from, to, wearable.Interval)
		r.sink.Now.Row.Day = day
		r.put(m, wearable.Canonical, r.part.Num(snapshotAverage), summaries)
		if b := r.part.Text(snapshotEpochs); b != nil && string(b) != "null" {
			r.spread(m, b, summaries)
		}
	}
	if c.End() != nil {
		r.wrong(summaries, "not a list")
	}
}
