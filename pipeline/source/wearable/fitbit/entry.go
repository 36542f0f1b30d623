package fitbit

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// The members of an entry of a collection, of all of them.
const (
	entryDateTime = iota
	entryValue
	entryMinutes
	entryDate
	entryTime
	entryLogID
	entryWeight
	entryFat
	entrySource
	entryDevice
	entryDateOfSleep
	entryStart
	entryStartDate
	entryEnd
	entryAsleep
	entryAwake
	entryLevels
	entryDuration
	entrySteps
	entryDistance
	entryDistanceUnit
	entryHeart
	entryChanged
	entryDataset
	entryInterval
	entryUnit
)

var entryShape = wearable.ShapeOf([]wearable.Member{
	entryDateTime:     {Name: "dateTime", Form: wearable.Text},
	entryValue:        {Name: "value", Form: wearable.Raw},
	entryMinutes:      {Name: "minutes", Form: wearable.Raw},
	entryDate:         {Name: "date", Form: wearable.Text},
	entryTime:         {Name: "time", Form: wearable.Text},
	entryLogID:        {Name: "logId", Form: wearable.Text},
	entryWeight:       {Name: "weight"},
	entryFat:          {Name: "fat"},
	entrySource:       {Name: "source", Form: wearable.Raw},
	entryDevice:       {Name: "deviceVersion", Form: wearable.Raw},
	entryDateOfSleep:  {Name: "dateOfSleep", Form: wearable.Text},
	entryStart:        {Name: "startTime", Form: wearable.Text},
	entryStartDate:    {Name: "startDate", Form: wearable.Text},
	entryEnd:          {Name: "endTime", Form: wearable.Text},
	entryAsleep:       {Name: "minutesAsleep"},
	entryAwake:        {Name: "minutesAwake"},
	entryLevels:       {Name: "levels", Form: wearable.Raw},
	entryDuration:     {Name: "duration"},
	entrySteps:        {Name: "steps"},
	entryDistance:     {Name: "distance"},
	entryDistanceUnit: {Name: "distanceUnit", Form: wearable.Text},
	entryHeart:        {Name: "averageHeartRate"},
	entryChanged:      {Name: "lastModified", Form: wearable.Text},
	entryDataset:      {Name: "dataset", Form: wearable.Raw},
	entryInterval:     {Name: "datasetInterval"},
	entryUnit:         {Name: "datasetType", Form: wearable.Text},
}...)

const (
	valueResting = iota
	valueBreath
	valueFullSleep
	valueVariability
	valueAverage
	valueFitness
	valueRMSSD
)

var valueShape = wearable.ShapeOf([]wearable.Member{
	valueResting:     {Name: "restingHeartRate"},
	valueBreath:      {Name: "breathingRate"},
	valueFullSleep:   {Name: "fullSleepSummary", Form: wearable.Raw},
	valueVariability: {Name: "dailyRmssd"},
	valueAverage:     {Name: "avg"},
	valueFitness:     {Name: "vo2Max", Form: wearable.Text},
	valueRMSSD:       {Name: "rmssd"},
}...)

// dayEntry reads a day of a series.
func (r *reader) dayEntry(name []byte) error {
	k := days[string(name)]
	at, ok := wearable.Parse(r.is.Text(entryDateTime))
	if !ok {
		return r.reject("dateTime", "missing or not a date")
	}
	from, date := at.Wall.Day(), r.is.Text(entryDateTime)
	r.dated(name, from)
	r.over(from, from+aDay, from, wearable.Day, k.device)
	switch {
	case k.span == wearable.Sample:
		r.over(at.Wall, at.Wall, from, k.span, k.device)
	case k.span != "":
		r.sink.Now.Row.Span = k.span
	}
	if minutes := r.is.Text(entryMinutes); minutes != nil {
		r.identify(r.folder, r.within(name), date, nil)
		r.minutes(k, minutes, from)
		return r.finish()
	}
	r.identify(r.folder, name, date, nil)
	value := r.is.Text(entryValue)
	if len(value) == 0 || value[0] != '{' {
		if k.metric != wearable.RestingHeartRate { // a bare number beside the heart's zones is a mean
			r.put(k.metric, k.unit, r.number(value, "value"), "value")
		}
		return r.finish()
	}
	if field, reason := r.part.Read(valueShape, value); reason != "" {
		return r.reject(field, reason)
	}
	r.compound(k)
	return r.finish()
}

// compound adds a value that is an object.
func (r *reader) compound(k kind) {
	switch k.metric {
	case wearable.RestingHeartRate:
		r.put(k.metric, k.unit, r.part.Num(valueResting), "restingHeartRate")
	case wearable.HeartRateVariability:
		r.put(k.metric, k.unit, r.part.Num(valueVariability), "dailyRmssd")
	case wearable.SpO2:
		r.put(k.metric, k.unit, r.part.Num(valueAverage), "avg")
	case wearable.VO2Max:
		r.fitness(r.part.Text(valueFitness), "vo2Max")
	case wearable.Respiration:
		if full := r.part.Text(valueFullSleep); full != nil {
			if field, reason := r.part.Read(valueShape, full); reason != "" {
				r.wrong(field, reason)
				return
			}
		}
		r.put(k.metric, k.unit, r.part.Num(valueBreath), "breathingRate")
	}
}

const (
	minuteTime = iota
	minuteValue
)

var minuteShape = wearable.ShapeOf(wearable.Member{Name: "minute", Form: wearable.Text}, wearable.Member{Name: "value", Form: wearable.Raw})

// minutes reads what was measured minute by minute.
func (r *reader) minutes(k kind, text []byte, day term.Time) {
	if k.night {
		r.sink.Now.Sections = record.Sleep
	}
	c := &r.list
	c.Reset(text)
	c.Array()
	for c.Elem() {
		_, reason := r.part.Read(minuteShape, c.Raw())
		at, ok := wearable.Parse(r.part.Text(minuteTime))
		if reason != "" || !ok {
			r.wrong("minutes", "not a time and a value")
			return
		}
		r.over(at.Wall, at.Wall, day, wearable.Sample, k.device)
		value := r.part.Text(minuteValue)
		if len(value) == 0 || value[0] != '{' {
			r.sink.Add(k.metric, k.unit, r.number(value, "minutes"))
			continue
		}
		if _, reason := r.deep.Read(valueShape, value); reason != "" {
			r.wrong("minutes", reason)
			return
		}
		r.sink.Add(k.metric, k.unit, r.deep.Num(valueRMSSD))
	}
	if c.End() != nil {
		r.wrong("minutes", "not a list")
	}
}

// body reads a weight or body fat log.
func (r *reader) body(name []byte) error {
	day, okDay := wearable.Parse(r.is.Text(entryDate))
	clock, okTime := wearable.Clock(r.is.Text(entryTime))
	switch {
	case !okDay:
		return r.reject("date", "missing or not a date")
	case !okTime && len(r.is.Text(entryTime)) > 0:
		return r.reject("time", "not a time")
	case len(r.is.Text(entryLogID)) == 0:
		return r.reject("logId", "missing")
	}
	at := day.Wall.Day() + clock
	r.over(at, at, day.Wall, wearable.Sample, "")
	switch string(r.is.Text(entrySource)) {
	case `"Aria"`, `"AriaAir"`:
		r.sink.Now.Row.DeviceKind = "scale"
	}
	r.identify(r.folder, name, r.is.Text(entryLogID), nil)
	r.put(wearable.Weight, wearable.Canonical, r.is.Num(entryWeight), "weight")
	r.put(wearable.BodyFat, wearable.Canonical, r.is.Num(entryFat), "fat")
	return r.finish()
}

// activity reads an activity log. Its time is a time of day beside a date, or
// a time with an offset.
func (r *reader) activity([]byte) error {
	from, ok := wearable.Parse(r.is.Text(entryStart))
	if !ok {
		clock, isClock := wearable.Clock(r.is.Text(entryStart))
		if from, ok = wearable.Parse(r.is.Text(entryStartDate)); ok && isClock {
			from.Wall = from.Wall.Day() + clock
		}
		ok = ok && isClock
	}
	length := r.is.Num(entryDuration)
	switch {
	case !ok:
		return r.reject("startTime", "missing or not a time")
	case len(r.is.Text(entryLogID)) == 0:
		return r.reject("logId", "missing")
	case length < 0 || length > 400*86_400_000:
		return r.reject("duration", "beyond what can be")
	}
	to := from.Wall
	if length == length {
		to += term.Time(length * 1000)
	}
	r.over(from.Wall, to, from.Wall, wearable.Sample, "")
	r.identify(r.folder, []byte("activity"), r.is.Text(entryLogID), r.is.Text(entryChanged))
	unit := wearable.Kilometre
	if string(r.is.Text(entryDistanceUnit)) == "Mile" {
		unit, _ = wearable.UnitOf([]byte("mi"))
	}
	r.sink.Now.Sections = record.Activity
	r.put(wearable.ActiveMinutes, wearable.Millisecond, length, "duration")
	r.put(wearable.Steps, wearable.Canonical, r.is.Num(entrySteps), "steps")
	r.put(wearable.Distance, unit, r.is.Num(entryDistance), "distance")
	r.put(wearable.HeartRate, wearable.Canonical, r.is.Num(entryHeart), "averageHeartRate")
	return r.finish()
}
