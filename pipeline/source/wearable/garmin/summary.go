package garmin

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// when reads when a summary begins and for how long it goes on, and the local
// day it names, if it does. The members that hold the moment and the offset
// differ between kinds.
func (r *reader) when(moment, offset int) bool {
	at, ahead := r.is.Num(moment), r.is.Num(offset)
	if at != at {
		return r.wrong(moment, "missing")
	}
	if ahead != ahead {
		return r.wrong(offset, "missing")
	}
	if at < -1e12 || at > 1e12 || ahead < -1e6 || ahead > 1e6 {
		return r.wrong(moment, "not a time")
	}
	var ok bool
	if r.zone, ok = wearable.ZoneAt(int64(at), int64(ahead)); !ok {
		return r.wrong(moment, "not a time, or its offset is none")
	}
	r.start = int64(at)
	if !r.length() || !r.date() {
		return false
	}
	end := r.zone.Wall(r.start + r.seconds)
	r.over(r.zone.Wall(r.start), end, wearable.Interval)
	r.sink.Now.Row.Day = r.day
	if r.day == term.Unknown {
		r.sink.Now.Row.Day = r.sink.Now.Row.Start.Day()
	}
	r.sink.Now.Version = r.upload.Version(end, r.seconds)
	return true
}

// length reads the duration, none being zero.
func (r *reader) length() bool {
	r.seconds = 0
	if d := r.is.Num(duration); d == d {
		if d < 0 || d > limit {
			return r.wrong(duration, "beyond what can be")
		}
		r.seconds = int64(d)
	}
	return true
}

// date reads the local day, if the summary names it.
func (r *reader) date() bool {
	r.day = term.Unknown
	if b := r.is.Text(calendarDate); len(b) > 0 {
		s, ok := wearable.Parse(b)
		if !ok {
			return r.wrong(calendarDate, "not a date")
		}
		r.day = s.Wall.Day()
	}
	return true
}

// over says when the readings that are added next were.
func (r *reader) over(from, to term.Time, span term.Word) {
	row := &r.sink.Now.Row
	row.Start, row.End, row.Span = from, to, span
}

// add adds the value of the i-th member, if there is one.
func (r *reader) add(m wearable.Metric, u wearable.Unit, i int) {
	r.put(m, u, r.is.Num(i), i)
}

// put adds a value that comes of the i-th member.
func (r *reader) put(m wearable.Metric, u wearable.Unit, v float64, i int) {
	if r.sink.Add(m, u, v) == wearable.Impossible {
		r.wrong(i, "beyond what can be")
	}
}

// daily reads the totals of a day and the heart rate over it.
func (r *reader) daily() {
	if !r.when(startTime, startOffset) {
		return
	}
	r.sink.Now.Row.Span = wearable.Day
	r.add(wearable.Steps, wearable.Canonical, steps)
	r.add(wearable.Distance, wearable.Canonical, distance)
	r.add(wearable.EnergyActive, wearable.Canonical, energy)
	r.add(wearable.Floors, wearable.Canonical, floors)
	if m, v := r.is.Num(moderate), r.is.Num(vigorous); m == m || v == v {
		r.put(wearable.ActiveMinutes, wearable.Second, zeroIfNone(m)+zeroIfNone(v), moderate)
	}
	r.add(wearable.RestingHeartRate, wearable.Canonical, heartResting)
	r.add(wearable.HeartRate, wearable.Canonical, heartAverage)
	for _, i := range [...]int{stressAverage, stressAverageOld} {
		if r.is.Num(i) >= 0 { // negative: too little was measured
			r.add(wearable.Stress, wearable.Canonical, i)
		}
	}
	r.day = r.sink.Now.Row.Day
	r.samples(wearable.HeartRate, heartSamples)
}

// epoch reads what was done in a quarter of an hour in one way.
func (r *reader) epoch() {
	if !r.when(startTime, startOffset) {
		return
	}
	r.add(wearable.Steps, wearable.Canonical, steps)
	r.add(wearable.Distance, wearable.Canonical, distance)
	r.add(wearable.EnergyActive, wearable.Canonical, energy)
	if level := string(r.is.Text(intensity)); level == "ACTIVE" || level == "HIGHLY_ACTIVE" {
		r.add(wearable.ActiveMinutes, wearable.Second, activeTime)
	}
}

// stress reads how stress went; a negative value says why there is none.
func (r *reader) stress() {
	if r.when(startTime, startOffset) {
		r.samples(wearable.Stress, stressSamples)
	}
}

func (r *reader) pulseOx() {
	if r.when(startTime, startOffset) {
		r.samples(wearable.SpO2, spo2Samples)
	}
}

func (r *reader) respiration() {
	if r.when(startTime, startOffset) {
		r.samples(wearable.Respiration, breathSamples)
	}
}

// variability reads the heart rate variability of a night.
func (r *reader) variability() {
	if !r.when(startTime, startOffset) {
		return
	}
	r.sink.Now.Sections = record.Sleep // it is measured in the night alone
	r.sink.Now.Row.Span = wearable.Day
	r.add(wearable.HeartRateVariability, wearable.Canonical, lastNight)
	r.day = r.sink.Now.Row.Day
	r.samples(wearable.HeartRateVariability, hrvSamples)
}

// bodyComposition reads what a scale measured.
func (r *reader) bodyComposition() {
	if !r.when(measurementTime, measurementOffset) {
		return
	}
	r.sink.Now.Row.Span = wearable.Sample
	r.add(wearable.Weight, wearable.Gram, weight)
	r.add(wearable.BodyFat, wearable.Canonical, bodyFat)
}

// bloodPressure reads a measurement of blood pressure, by a device or typed in.
func (r *reader) bloodPressure() {
	if !r.when(measurementTime, measurementOffset) {
		return
	}
	r.sink.Now.Row.Span = wearable.Sample
	r.add(wearable.Systolic, wearable.Canonical, systolic)
	r.add(wearable.Diastolic, wearable.Canonical, diastolic)
	r.add(wearable.HeartRate, wearable.Canonical, pulse)
}

// userMetric reads the fitness of a day.
func (r *reader) userMetric() {
	switch {
	case !r.date():
		return
	case r.day == term.Unknown:
		r.wrong(calendarDate, "missing")
		return
	}
	r.over(r.day, r.day+86_400_000_000, wearable.Day)
	r.sink.Now.Row.Day = r.day
	r.sink.Now.Version = r.upload.Version(r.day, 0)
	r.add(wearable.VO2Max, wearable.Canonical, vo2Max)
}

// activity reads a workout. Epochs and dailies tell the same again, so that
// all of it are samples.
func (r *reader) activity() {
	if !r.when(startTime, startOffset) {
		return
	}
	r.sink.Now.Sections = record.Activity
	r.sink.Now.Row.Span = wearable.Sample
	r.add(wearable.ActiveMinutes, wearable.Second, duration)
	r.add(wearable.Steps, wearable.Canonical, steps)
	r.add(wearable.Distance, wearable.Canonical, distance)
	r.add(wearable.EnergyActive, wearable.Canonical, energy)
	r.add(wearable.HeartRate, wearable.Canonical, heartAverage)
}
