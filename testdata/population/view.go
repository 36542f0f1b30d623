package population

import (
	"context"
	"fmt"
	"time"

	"secondaryuse/testdata/population/internal/course"
)

// State writes everything that the feeds hold at the end of a day, as a whole
// export of a server gives it that has the newest version of everything and
// nothing that was deleted, with the lists of that day and the truth about all
// of it. Day 0 is the day the population is for; Plan.Days is of no account.
//
// It is what all deltas until then come to when they are laid over the State of
// day 0, or over what Write writes.
func State(ctx context.Context, p Plan, day int, progress func(done int)) (Summary, error) {
	s, err := p.at(day)
	if err != nil {
		return Summary{}, err
	}
	return s.write(ctx, progress)
}

// Delta writes what a server has at the end of a day of what has changed since
// the end of another: the newest versions only, and of the shared record and
// the PHR what was deleted; and the lists of that day. A feed of which nothing
// has changed has no folder.
func Delta(ctx context.Context, p Plan, since, day int) error {
	if since < 0 || since >= day {
		return fmt.Errorf("population: no delta leads from day %d to day %d", since, day)
	}
	s, err := p.at(day)
	if err != nil {
		return err
	}
	s.since = int32(since)
	_, err = s.write(ctx, nil)
	return err
}

// Clock returns the time of which the State of a day is a picture, and which is
// the transactionTime of an export then: whatever changed on the day was entered
// before it, and not before the Clock of the day before.
func (p Plan) Clock(day int) time.Time {
	if p.AsOf.IsZero() {
		p.AsOf = time.Now().UTC()
	}
	return time.Date(p.AsOf.Year(), p.AsOf.Month(), p.AsOf.Day()+day, 0, 0, 0, 0, time.UTC)
}

// at returns the site of the end of a day.
func (p Plan) at(day int) (*site, error) {
	if day < 0 || day > MostDays {
		return nil, fmt.Errorf("population: day %d; there are days 0 to %d", day, MostDays)
	}
	p.Days = day
	s, err := p.site()
	if err != nil {
		return nil, err
	}
	s.view, s.day, s.plan.Days = true, day, 0
	return s, nil
}

// Happenings names what can happen to a population that lives on.
func Happenings() (names []string) {
	for k := range course.Kinds {
		names = append(names, k.String())
	}
	return names
}
