package wrist

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/text"
)

// Garmin appends the summaries of a Garmin account, each an element of a push
// payload. id makes the summaries' ids.
type Garmin struct {
	Account string
	ID      int
}

// head begins a summary.
func (g Garmin) head(b []byte, kind byte, d clock.Day) []byte {
	b = append(append(b, `{"userId":"`...), g.Account...)
	b = append(append(b, `","userAccessToken":"dummy-access-token","summaryId":"`...), kind)
	return append(text.Pad(text.Pad(b, g.ID, 8), int(d), 6), '"')
}

// Key returns the id of a summary.
func (g Garmin) Key(b []byte, kind byte, d clock.Day) []byte {
	return text.Pad(text.Pad(append(b, kind), g.ID, 8), int(d), 6)
}

func number(b []byte, name string, n int) []byte {
	return text.Int(append(append(append(b, `,"`...), name...), `":`...), n)
}

// start appends when a summary begins: a moment and how far London's clock was
// ahead.
func start(b []byte, utc int64) []byte {
	b = number(b, "startTimeInSeconds", int(utc))
	return number(b, "startTimeOffsetInSeconds", int(int64(Wall(utc))-utc))
}

// HeartHours are the hours of a day at which the heart rate is told, by the
// clock that the day began with.
var HeartHours = []int{9, 13, 18}

// Daily appends the totals of a day. An early one was pushed in the afternoon.
func (g Garmin) Daily(b []byte, d *Day, early bool) []byte {
	steps, seconds := d.Steps, int(midnight(d.On+1)-midnight(d.On))
	if early {
		steps, seconds = steps/2, 16*3600
	}
	b = append(d.On.AppendDate(append(g.head(b, 'd', d.On), `,"calendarDate":"`...)), `","activityType":"WALKING"`...)
	b = number(b, "activeKilocalories", steps/25)
	b = number(b, "bmrKilocalories", 1650)
	b = number(b, "steps", steps)
	b = number(b, "distanceInMeters", steps*7/10)
	b = number(b, "durationInSeconds", seconds)
	b = start(b, midnight(d.On))
	b = number(b, "moderateIntensityDurationInSeconds", 60*d.Moderate)
	b = number(b, "vigorousIntensityDurationInSeconds", 60*d.Vigorous)
	b = number(b, "floorsClimbed", steps/900)
	b = number(b, "restingHeartRateInBeatsPerMinute", d.Resting)
	b = number(b, "averageHeartRateInBeatsPerMinute", d.Resting+14)
	b = append(b, `,"timeOffsetHeartRateSamples":{`...)
	for i, hour := range HeartHours {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(text.Int(append(b, '"'), hour*3600), `":`...)
		b = text.Int(b, d.Resting+10+3*i)
	}
	return append(b, `},"averageStressLevel":31}`...)
}

// Sleep appends the night that ends on a day.
func (g Garmin) Sleep(b []byte, d *Day) []byte {
	n := &d.Night
	b = append(d.On.AppendDate(append(g.head(b, 's', d.On), `,"calendarDate":"`...)), '"')
	b = number(b, "durationInSeconds", 60*(n.Asleep()+n.Awake))
	b = start(b, n.Begins)
	b = number(b, "deepSleepDurationInSeconds", 60*n.Deep)
	b = number(b, "lightSleepDurationInSeconds", 60*n.Light)
	b = number(b, "remSleepInSeconds", 60*n.REM)
	b = number(b, "awakeDurationInSeconds", 60*n.Awake)
	return append(b, `,"validation":"DEVICE"}`...)
}

// Body appends what the scales showed in the morning of a day.
func (g Garmin) Body(b []byte, d *Day) []byte {
	at := d.On.At(7, 10, 0)
	b = number(g.head(b, 'b', d.On), "measurementTimeInSeconds", int(at.UTC()))
	b = number(b, "measurementTimeOffsetInSeconds", at.Offset())
	b = number(b, "weightInGrams", d.Grams)
	return append(b, '}')
}

// Move appends a movement the device noticed by itself, which nothing is taken
// from.
func (g Garmin) Move(b []byte, d *Day) []byte {
	b = append(d.On.AppendDate(append(g.head(b, 'm', d.On), `,"calendarDate":"`...)), `","activityType":"Walking"`...)
	return append(number(number(b, "startTimeInSeconds", int(midnight(d.On)+50_000)), "durationInSeconds", 738), '}')
}

// Bad appends a daily whose steps are a text.
func (g Garmin) Bad(b []byte, d *Day) []byte {
	b = append(d.On.AppendDate(append(g.head(b, 'x', d.On), `,"calendarDate":"`...)), `","steps":"a lot"`...)
	return append(start(b, midnight(d.On)), '}')
}
