// Package wrist draws what a person's watch, band or phone measured, and
// writes it as Garmin pushes it, as Fitbit's API answers and its export have
// it, and as Apple Health exports it. The days run over a change of clocks.
package wrist

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
)

// Day is one local day of a device.
type Day struct {
	On       clock.Day
	Steps    int
	Resting  int // beats a minute
	Moderate int // minutes
	Vigorous int // minutes
	Grams    int // on the scales; 0 on most days
	Night    Night
	Changed  int32 // the day it was told last, counted from the day the population is for
}

// Night is the sleep that ends on a day. Begins is in UTC.
type Night struct {
	Begins                  int64
	Deep, Light, REM, Awake int // minutes
}

// Asleep returns how many minutes a person slept.
func (n Night) Asleep() int { return n.Deep + n.Light + n.REM }

// Ends returns when the night ends, in UTC.
func (n Night) Ends() int64 { return n.Begins + int64(60*(n.Asleep()+n.Awake)) }

// reach is how many days are measured on each side of a change of clocks.
const reach = 21

// Change returns the day of the newest change of clocks about which all days
// lie before a day.
func Change(asOf clock.Day) clock.Day {
	for y, _, _ := asOf.Civil(); ; y-- {
		for _, month := range []int{10, 3} {
			if d := clock.LastSunday(y, month); d+reach < asOf {
				return d
			}
		}
	}
}

// Days draws the days of a device.
func Days(r *chance.Rand, asOf clock.Day, age int) []Day {
	change := Change(asOf)
	usual, resting := 3_500+r.Below(8_000)-max(0, age-60)*60, 52+r.Below(26)
	grams := 52_000 + r.Below(50_000)
	var days []Day
	for d := change - reach; d < change+reach; d++ {
		day := Day{
			On: d, Steps: max(180, usual+int(2_200*r.Normal())), Resting: max(38, resting+int(2.5*r.Normal())),
			Moderate: r.Below(50), Vigorous: r.Below(25),
		}
		if d.Weekday() == 1 {
			day.Grams = grams + 100*r.Below(9)
		}
		bed := (d - 1).At(22, 5*r.Below(18), 0) // from ten in the evening to half past eleven
		day.Night = Night{bed.UTC(), r.Between(45, 110), r.Between(170, 270), r.Between(50, 120), r.Between(6, 45)}
		days = append(days, day)
	}
	return days
}

// One draws a day that is told by itself.
func One(r *chance.Rand, d clock.Day) Day {
	bed := (d - 1).At(22, 5*r.Below(18), 0)
	return Day{
		On: d, Steps: 1_500 + r.Below(11_000), Resting: 48 + r.Below(34), Moderate: r.Below(50), Vigorous: r.Below(25),
		Night: Night{bed.UTC(), r.Between(45, 110), r.Between(170, 270), r.Between(50, 120), r.Between(6, 45)},
	}
}

// midnight returns when a day begins, in UTC.
func midnight(d clock.Day) int64 { return d.At(0, 0, 0).UTC() }

// Wall returns what a clock in London shows at a time in UTC.
func Wall(utc int64) clock.Wall { return clock.OfUTC(utc) }
