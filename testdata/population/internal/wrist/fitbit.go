package wrist

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/text"
)

// Series are the day series of Fitbit's API that are written, by the name of
// their collection, and the value of a day.
var Series = []struct {
	Name  string
	Value func(*Day) int
}{
	{"activities-steps", func(d *Day) int { return d.Steps }},
	{"activities-minutesFairlyActive", func(d *Day) int { return d.Moderate }},
	{"activities-minutesVeryActive", func(d *Day) int { return d.Vigorous }},
	{"activities-minutesSedentary", func(d *Day) int { return 600 + d.Resting }},
}

// AppendSeries appends an entry of a day series.
func AppendSeries(b []byte, d *Day, value int) []byte {
	b = append(d.On.AppendDate(append(b, `{"dateTime":"`...)), `","value":"`...)
	return append(text.Int(b, value), `"}`...)
}

// AppendHeart appends an entry of the heart series.
func AppendHeart(b []byte, d *Day) []byte {
	b = append(d.On.AppendDate(append(b, `{"dateTime":"`...)), `","value":{"customHeartRateZones":[],"heartRateZones":[{"name":"Out of Range","minutes":1200}],"restingHeartRate":`...)
	return append(text.Int(b, d.Resting), `}}`...)
}

// AppendNight appends a sleep log of the API.
func AppendNight(b []byte, d *Day, log int) []byte {
	n := &d.Night
	b = append(d.On.AppendDate(append(b, `{"dateOfSleep":"`...)), `","duration":`...)
	b = append(text.Int(b, 60_000*(n.Asleep()+n.Awake)), `,"efficiency":92,"endTime":"`...)
	b = append(end(n).AppendLocal(b), `.000","infoCode":0,"isMainSleep":true,"logId":`...)
	b = append(text.Int(b, log), `,"minutesAsleep":`...)
	b = append(text.Int(b, n.Asleep()), `,"minutesAwake":`...)
	b = append(text.Int(b, n.Awake), `,"startTime":"`...)
	b = append(Wall(n.Begins).AppendLocal(b), `.000","type":"stages","levels":{"summary":{"deep":{"minutes":`...)
	b = append(text.Int(b, n.Deep), `},"light":{"minutes":`...)
	b = append(text.Int(b, n.Light), `},"rem":{"minutes":`...)
	return append(text.Int(b, n.REM), `}},"data":[]}}`...)
}

// end returns the wall clock reading at the end of a night.
func end(n *Night) clock.Wall { return Wall(n.Ends()) }

// AppendRow appends a day of the export's daily dataset.
func AppendRow(b []byte, account string, d *Day, modified clock.Wall) []byte {
	field := func(name string, n int) {
		b = append(append(append(b, `,"`...), name...), `":"`...)
		b = append(text.Int(b, n), '"')
	}
	b = append(append(append(b, `{"ParticipantIdentifier":"`...), account...), `","Date":"`...)
	b = append(d.On.At(0, 0, 0).AppendLocal(b), '"')
	field("ActivityCalories", d.Steps/25)
	b = append(b, `,"Distance":"`...)
	b = append(text.Hundredths(b, int32(d.Steps*7/100)), '"')
	field("Floors", d.Steps/900)
	field("MinutesFairlyActive", d.Moderate)
	field("MinutesVeryActive", d.Vigorous)
	field("MinutesSedentary", 700)
	field("RestingHeartRate", d.Resting)
	field("Steps", d.Steps)
	b = append(text.Int(append(b, `,"Tracker":{"Steps":"`...), d.Steps), `"},"ModifiedDate":"`...)
	return append(modified.AppendLocal(b), "Z\"}\n"...)
}

// AppendRowNight appends a night of the export's sleep dataset.
func AppendRowNight(b []byte, account string, d *Day, log int) []byte {
	n := &d.Night
	field := func(name string, v int) {
		b = append(append(append(b, `,"`...), name...), `":"`...)
		b = append(text.Int(b, v), '"')
	}
	b = append(append(append(b, `{"ParticipantIdentifier":"`...), account...), `","StartDate":"`...)
	b = append(Wall(n.Begins).AppendLocal(b), `","EndDate":"`...)
	b = append(end(n).AppendLocal(b), '"')
	field("Duration", 60_000*(n.Asleep()+n.Awake))
	field("MinutesAsleep", n.Asleep())
	field("MinutesAwake", n.Awake)
	b = append(b, `,"Type":"stages"`...)
	field("SleepLevelDeep", n.Deep)
	field("SleepLevelLight", n.Light)
	field("SleepLevelRem", n.REM)
	field("SleepLevelWake", n.Awake)
	field("LogId", log)
	return append(b, ",\"SleepLogDetails\":[]}\n"...)
}

// AppendDevice appends a row of the export's list of devices, which nothing is
// taken from.
func AppendDevice(b []byte, account string, d *Day) []byte {
	b = append(append(append(b, `{"ParticipantIdentifier":"`...), account...), `","Date":"`...)
	return append(d.On.At(7, 0, 0).AppendLocal(b), "\",\"Device\":\"Versa 3\",\"Battery\":\"Medium\",\"Type\":\"TRACKER\"}\n"...)
}
