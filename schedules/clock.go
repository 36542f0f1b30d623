package schedules

import (
	"fmt"
	"time"
)

// next is the first instant after another at which the clock of the zone reads
// what the spec names; the zero time when there is none within twelve years.
// Between two changes of the clocks the wall's clock is true time and a fixed
// span, so each such stretch is asked for by itself.
func (s spec) next(after time.Time) time.Time {
	at, back := after, time.Duration(0)
	for limit := after.AddDate(12, 0, 0); at.Before(limit); back = time.Second {
		offset, end := s.stretch(at)
		wall := s.Next(at.UTC().Add(offset - back)) // the first after it, so that the second one before a stretch finds its beginning
		due := wall.Add(-offset)
		switch {
		case !wall.IsZero() && (end.IsZero() || due.Before(end)):
			return due.In(s.zone)
		case end.IsZero():
			at = at.AddDate(5, 0, 0) // the library looks no further
		default:
			at = end
		}
	}
	return time.Time{}
}

// stretch is how far the wall's clock is ahead of UTC at a time, and until when
// it is for certain; the zero time stands for ever. From 2040 on Go's bounds end
// a day early in leap years and then do not move: an hour is certain.
func (s spec) stretch(at time.Time) (offset time.Duration, end time.Time) {
	local := at.In(s.zone)
	_, seconds := local.Zone()
	_, end = local.ZoneBounds()
	if !end.IsZero() && !end.After(at) {
		end = at.Truncate(time.Hour).Add(time.Hour)
	}
	return time.Duration(seconds) * time.Second, end
}

// The years whose changes of the clocks a spec must keep clear of.
const firstYear, lastYear = 2026, 2066

// clash says which of the times that a spec names the clocks skip or repeat. A
// spec of every hour goes by true time and has none.
func (s spec) clash() error {
	if s.hourly() {
		return nil
	}
	at := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for {
		before, end := s.stretch(at)
		if end.IsZero() || end.Year() >= lastYear {
			return nil
		}
		then, _ := s.stretch(end)
		from, to := end.UTC().Add(min(before, then)), end.UTC().Add(max(before, then))
		if wall := s.Next(from.Add(-time.Second)); from.Before(to) && !wall.IsZero() && wall.Before(to) {
			does := "skip"
			if then < before {
				does = "repeat"
			}
			return fmt.Errorf("%s: the clocks of %s %s %s to %s then; name a time before %[4]s or from %[5]s on, or every hour (*)",
				wall.Format("15:04 on Monday 2 January 2006"), s.zone, does, from.Format("15:04"), to.Format("15:04"))
		}
		at = end
	}
}

// hourly reports whether a spec names every hour.
func (s spec) hourly() bool {
	const all = 1<<24 - 1
	return s.Hour&all == all
}
