package fitbit

import (
	"math"

	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// night is what a sleep log says as a whole, in minutes.
type night struct{ asleep, deep, light, rem, awake float64 }

// night adds the readings of a night as a whole.
func (r *reader) night(n night) {
	r.put(wearable.Sleep, wearable.Canonical, n.asleep, "sleep")
	r.put(wearable.SleepDeep, wearable.Canonical, n.deep, "sleep deep")
	r.put(wearable.SleepLight, wearable.Canonical, n.light, "sleep light")
	r.put(wearable.SleepREM, wearable.Canonical, n.rem, "sleep rem")
	r.put(wearable.Awake, wearable.Canonical, n.awake, "sleep awake")
}

// stages are the levels of sleep. Of a restless stage no reading is taken.
var stages = map[string]wearable.Metric{
	"deep": wearable.SleepDeep, "light": wearable.SleepLight, "rem": wearable.SleepREM,
	"asleep": wearable.Sleep, "wake": wearable.Awake, "awake": wearable.Awake,
}

// stage adds a stage of the night.
func (r *reader) stage(level []byte, from, to, day term.Time) {
	if m, known := stages[string(level)]; known {
		r.over(from, to, day, wearable.Sample, band)
		r.sink.Add(m, wearable.Millisecond, float64(to-from)/1000)
	}
}

// rowSleep reads a sleep log of the export.
func (r *reader) rowSleep() error {
	from, okFrom := wearable.Parse(r.is.Text(startDate))
	to, okTo := wearable.Parse(r.is.Text(endDate))
	switch {
	case !okFrom:
		return r.reject("StartDate", "missing or not a time")
	case !okTo || to.Wall < from.Wall:
		return r.reject("EndDate", "missing, not a time or before StartDate")
	case len(r.is.Text(logID)) == 0:
		return r.reject("LogId", "missing")
	}
	day := to.Wall.Day()
	r.over(from.Wall, to.Wall, day, wearable.Interval, band)
	r.identify(r.is.Text(participant), []byte("sleep"), r.is.Text(logID), nil)
	r.night(night{r.is.Num(asleep), r.is.Num(deep), r.is.Num(light), r.is.Num(rem), r.is.Num(awake)})
	if list := r.is.Text(details); list != nil && string(list) != "null" {
		r.details(list, day)
	}
	return r.finish()
}

const (
	detailStart = iota
	detailEnd
	detailLevel
)

var detailShape = wearable.ShapeOf(
	wearable.Member{Name: "StartDate", Form: wearable.Text},
	wearable.Member{Name: "EndDate", Form: wearable.Text},
	wearable.Member{Name: "Value", Form: wearable.Text},
)

// details reads the stages of a sleep log of the export.
func (r *reader) details(list []byte, day term.Time) {
	c := &r.list
	c.Reset(list)
	c.Array()
	for c.Elem() {
		_, reason := r.part.Read(detailShape, c.Raw())
		from, okFrom := wearable.Parse(r.part.Text(detailStart))
		to, okTo := wearable.Parse(r.part.Text(detailEnd))
		if reason != "" || !okFrom || !okTo || to.Wall < from.Wall {
			r.wrong("SleepLogDetails", "not a time from and to")
			return
		}
		r.stage(r.part.Text(detailLevel), from.Wall, to.Wall, day)
	}
	if c.End() != nil {
		r.wrong("SleepLogDetails", "not a list")
	}
}

// sleep reads a sleep log of the API.
func (r *reader) sleep(name []byte) error {
	from, okFrom := wearable.Parse(r.is.Text(entryStart))
	to, okTo := wearable.Parse(r.is.Text(entryEnd))
	day, okDay := wearable.Parse(r.is.Text(entryDateOfSleep))
	switch {
	case !okFrom:
		return r.reject("startTime", "missing or not a time")
	case !okTo || to.Wall < from.Wall:
		return r.reject("endTime", "missing, not a time or before startTime")
	case !okDay:
		return r.reject("dateOfSleep", "missing or not a date")
	case len(r.is.Text(entryLogID)) == 0:
		return r.reject("logId", "missing")
	}
	r.over(from.Wall, to.Wall, day.Wall, wearable.Interval, band)
	r.identify(r.folder, name, r.is.Text(entryLogID), nil)
	none := math.NaN()
	n := night{r.is.Num(entryAsleep), none, none, none, r.is.Num(entryAwake)}
	if levels := r.is.Text(entryLevels); levels != nil && string(levels) != "null" {
		r.levels(n, levels, day.Wall)
	} else {
		r.night(n)
	}
	return r.finish()
}

const (
	levelsSummary = iota
	levelsData
	levelsShort
)

var (
	levelsShape = wearable.ShapeOf(
		wearable.Member{Name: "summary", Form: wearable.Raw},
		wearable.Member{Name: "data", Form: wearable.Raw},
		wearable.Member{Name: "shortData", Form: wearable.Raw},
	)
	totalsShape = wearable.ShapeOf(
		wearable.Member{Name: "deep", Form: wearable.Raw},
		wearable.Member{Name: "light", Form: wearable.Raw},
		wearable.Member{Name: "rem", Form: wearable.Raw},
	)
	totalShape = wearable.ShapeOf(wearable.Member{Name: "minutes"})
	levelShape = wearable.ShapeOf(
		wearable.Member{Name: "dateTime", Form: wearable.Text},
		wearable.Member{Name: "level", Form: wearable.Text},
		wearable.Member{Name: "seconds"},
	)
)

// levels reads what a sleep log of the API says of stages, into n and as
// readings after those of n.
func (r *reader) levels(n night, text []byte, day term.Time) {
	if field, reason := r.part.Read(levelsShape, text); reason != "" {
		r.wrong(field, reason)
		return
	}
	data, short := r.part.Text(levelsData), r.part.Text(levelsShort)
	if totals := r.part.Text(levelsSummary); totals != nil {
		if field, reason := r.deep.Read(totalsShape, totals); reason != "" {
			r.wrong(field, reason)
			return
		}
		for i, minutes := range [...]*float64{&n.deep, &n.light, &n.rem} {
			*minutes = r.total(r.deep.Text(i))
		}
	}
	r.night(n)
	for _, list := range [...][]byte{data, short} {
		if list != nil {
			r.levelList(list, day)
		}
	}
}

// total reads how many minutes a stage took.
func (r *reader) total(text []byte) float64 {
	if text == nil {
		return math.NaN()
	}
	if field, reason := r.part.Read(totalShape, text); reason != "" {
		r.wrong(field, reason)
	}
	return r.part.Num(0)
}

// levelList reads the stages of a sleep log of the API.
func (r *reader) levelList(list []byte, day term.Time) {
	c := &r.list
	c.Reset(list)
	c.Array()
	for c.Elem() {
		_, reason := r.part.Read(levelShape, c.Raw())
		from, ok := wearable.Parse(r.part.Text(0))
		seconds := r.part.Num(2)
		if reason != "" || !ok || !(seconds >= 0 && seconds <= 400*86_400) {
			r.wrong("levels", "not a time and a length")
			return
		}
		r.stage(r.part.Text(1), from.Wall, from.Wall+term.Time(seconds*1_000_000), day)
	}
	if c.End() != nil {
		r.wrong("levels", "not a list")
	}
}
