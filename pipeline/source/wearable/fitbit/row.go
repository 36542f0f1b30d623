package fitbit

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// The members of the export's rows, of all its datasets.
const (
	participant = iota
	dataPoint
	battery
	series
	dateTime
	value
	inserted
	rmssd
	breath
	date
	modified
	startDate
	endDate
	logID
	asleep
	awake
	deep
	light
	rem
	details
	activityType
	activeTime
	averageHeart
	lastModified
	steps
	distance
	floors
	energy
	fairly
	very
	resting
	breathDay
	weight
	fat
	fitness
	variability
	oxygen
	tracker
)

var rowShape = wearable.ShapeOf([]wearable.Member{
	participant:  {Name: "ParticipantIdentifier", Form: wearable.Text},
	dataPoint:    {Name: "DataPointKey", Form: wearable.Raw},
	battery:      {Name: "Battery", Form: wearable.Raw},
	series:       {Name: "Type", Form: wearable.Text},
	dateTime:     {Name: "DateTime", Form: wearable.Text},
	value:        {Name: "Value", Form: wearable.Raw},
	inserted:     {Name: "InsertedDate", Form: wearable.Text},
	rmssd:        {Name: "Rmssd"},
	breath:       {Name: "FullSleepSummaryBreathRate"},
	date:         {Name: "Date", Form: wearable.Text},
	modified:     {Name: "ModifiedDate", Form: wearable.Text},
	startDate:    {Name: "StartDate", Form: wearable.Text},
	endDate:      {Name: "EndDate", Form: wearable.Text},
	logID:        {Name: "LogId", Form: wearable.Text},
	asleep:       {Name: "MinutesAsleep"},
	awake:        {Name: "MinutesAwake"},
	deep:         {Name: "SleepLevelDeep"},
	light:        {Name: "SleepLevelLight"},
	rem:          {Name: "SleepLevelRem"},
	details:      {Name: "SleepLogDetails", Form: wearable.Raw},
	activityType: {Name: "ActivityTypeId", Form: wearable.Raw},
	activeTime:   {Name: "ActiveDuration"},
	averageHeart: {Name: "AverageHeartRate"},
	lastModified: {Name: "LastModified", Form: wearable.Text},
	steps:        {Name: "Steps"},
	distance:     {Name: "Distance"},
	floors:       {Name: "Floors"},
	energy:       {Name: "ActivityCalories"},
	fairly:       {Name: "MinutesFairlyActive"},
	very:         {Name: "MinutesVeryActive"},
	resting:      {Name: "RestingHeartRate"},
	breathDay:    {Name: "BreathingRate"},
	weight:       {Name: "BodyWeight"},
	fat:          {Name: "BodyFat"},
	fitness:      {Name: "CardioScore", Form: wearable.Text},
	variability:  {Name: "Hrv", Form: wearable.Raw},
	oxygen:       {Name: "SpO2", Form: wearable.Raw},
	tracker:      {Name: "Tracker", Form: wearable.Raw},
}...)

// row reads a line of the export.
func (r *reader) row() error {
	r.field, r.fault = "", ""
	switch has := func(i int) bool { return r.is.Text(i) != nil }; {
	case has(dataPoint):
		return r.sink.Pass("symptom")
	case has(battery):
		return r.sink.Pass("device")
	case has(series) && has(dateTime):
		return r.rowSeries()
	case has(details) || has(endDate) && r.is.Num(asleep) >= 0:
		return r.rowSleep()
	case has(activityType):
		return r.rowActivity()
	case has(date) && (has(tracker) || r.is.Num(steps) >= 0):
		return r.rowDay()
	case has(date) && r.is.Num(resting) >= 0:
		return r.rowResting()
	}
	return r.sink.Pass("other-row")
}

// identify fills in whose the record is, which, and when it was changed last.
func (r *reader) identify(account, collection, key, changed []byte) {
	now := &r.sink.Now
	now.Subject = r.sink.Account(account)
	now.ID = record.Ref{Kind: record.Reading, ID: r.sink.Key(account, collection, key)}
	now.Recorded = r.upload.At
	now.Version = r.upload.Version(now.Row.End, 0)
	if s, ok := wearable.Parse(changed); ok {
		now.Version, now.Recorded = s.Wall, s.Wall
	}
}

// over says when the readings that are added next were, and of which day they
// are.
func (r *reader) over(from, to, day term.Time, span, device term.Word) {
	row := &r.sink.Now.Row
	row.Start, row.End, row.Day, row.Span, row.DeviceKind = from, to, day.Day(), span, device
}

const (
	minute = 60_000_000
	aDay   = 24 * 60 * minute
	band   = term.Word("band")
)

// rowSeries reads a line of the intraday dataset.
func (r *reader) rowSeries() error {
	name := r.is.Text(series)
	s, mapped := intradays[string(name)]
	if !mapped {
		return r.sink.Pass("other-series")
	}
	if s.unused != "" {
		return r.sink.Pass(s.unused)
	}
	at, ok := wearable.Parse(r.is.Text(dateTime))
	if !ok {
		return r.reject("DateTime", "not a time")
	}
	r.over(at.Wall, at.Wall+s.length, at.Wall, s.span, s.device)
	r.identify(r.is.Text(participant), name, r.is.Text(dateTime), r.is.Text(inserted))
	if s.night {
		r.sink.Now.Sections = record.Sleep
	}
	switch s.metric {
	case wearable.HeartRateVariability:
		r.put(s.metric, s.unit, r.is.Num(rmssd), "Rmssd")
	case wearable.Respiration:
		r.put(s.metric, s.unit, r.is.Num(breath), "FullSleepSummaryBreathRate")
	default:
		r.put(s.metric, s.unit, r.number(r.is.Text(value), "Value"), "Value")
	}
	return r.finish()
}

// rowDay reads a day's totals.
func (r *reader) rowDay() error {
	if !r.rowDate("daily", r.is.Text(modified)) {
		return r.finish()
	}
	r.num(wearable.Steps, wearable.Canonical, steps)
	r.num(wearable.Distance, wearable.Kilometre, distance)
	r.num(wearable.EnergyActive, wearable.Canonical, energy)
	r.num(wearable.Floors, wearable.Canonical, floors)
	r.put(wearable.ActiveMinutes, wearable.Canonical, sum(r.is.Num(fairly), r.is.Num(very)), "MinutesVeryActive")
	r.num(wearable.Weight, wearable.Canonical, weight)
	r.num(wearable.BodyFat, wearable.Canonical, fat)
	r.fitness(r.is.Text(fitness), "CardioScore")
	r.sink.Now.Row.DeviceKind = band
	r.num(wearable.RestingHeartRate, wearable.Canonical, resting)
	r.num(wearable.Respiration, wearable.Canonical, breathDay)
	r.inside(wearable.HeartRateVariability, variability, rowVariability)
	r.inside(wearable.SpO2, oxygen, rowOxygen)
	return r.finish()
}

var (
	rowVariability = wearable.ShapeOf(wearable.Member{Name: "DailyRmssd"})
	rowOxygen      = wearable.ShapeOf(wearable.Member{Name: "Avg"})
)

// inside adds the one number of an object that is the i-th member.
func (r *reader) inside(m wearable.Metric, i int, shape *wearable.Shape) {
	raw := r.is.Text(i)
	if raw == nil || string(raw) == "null" {
		return
	}
	if field, reason := r.part.Read(shape, raw); reason != "" {
		r.wrong(field, reason)
		return
	}
	r.put(m, wearable.Canonical, r.part.Num(0), shape.Name(0))
}

// num adds the number that is the i-th member of the row.
func (r *reader) num(m wearable.Metric, u wearable.Unit, i int) {
	r.put(m, u, r.is.Num(i), rowShape.Name(i))
}

// fitness adds an estimate of VO2 max, where it is one number and not a range.
func (r *reader) fitness(text []byte, field string) {
	for i, c := range text {
		if c == '-' && i > 0 {
			return
		}
	}
	r.put(wearable.VO2Max, wearable.Canonical, r.number(text, field), field)
}

// rowResting reads a day's resting heart rate.
func (r *reader) rowResting() error {
	if r.rowDate("resting", nil) {
		r.sink.Now.Row.DeviceKind = band
		r.num(wearable.RestingHeartRate, wearable.Canonical, resting)
	}
	return r.finish()
}

// rowDate reads the day of a row that is about one.
func (r *reader) rowDate(collection string, changed []byte) bool {
	at, ok := wearable.Parse(r.is.Text(date))
	if !ok {
		return r.wrong("Date", "not a date")
	}
	from := at.Wall.Day()
	r.over(from, from+aDay, from, wearable.Day, "")
	r.identify(r.is.Text(participant), []byte(collection), r.is.Text(date), changed)
	return true
}

// rowActivity reads an activity log. The day and the intraday series tell the
// same again, so that all of it are samples.
func (r *reader) rowActivity() error {
	from, ok := wearable.Parse(r.is.Text(startDate))
	if !ok {
		return r.reject("StartDate", "missing or not a time")
	}
	to, ok := wearable.Parse(r.is.Text(endDate))
	if !ok || to.Wall < from.Wall {
		return r.reject("EndDate", "missing, not a time or before StartDate")
	}
	r.over(from.Wall, to.Wall, from.Wall, wearable.Sample, "")
	r.identify(r.is.Text(participant), []byte("activity"), r.is.Text(logID), r.is.Text(lastModified))
	if len(r.is.Text(logID)) == 0 {
		return r.reject("LogId", "missing")
	}
	r.sink.Now.Sections = record.Activity
	r.num(wearable.ActiveMinutes, wearable.Millisecond, activeTime)
	r.num(wearable.Steps, wearable.Canonical, steps)
	r.num(wearable.HeartRate, wearable.Canonical, averageHeart)
	return r.finish()
}

// sum adds two numbers of which one may be missing.
func sum(a, b float64) float64 {
	switch {
	case a != a:
		return b
	case b != b:
		return a
	}
	return a + b
}
