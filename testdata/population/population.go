// Package population writes a synthetic population of the One Health and Care
// area in the real formats of its feeds, with the lists that the gates stand
// on, the reference files, a configuration, and the truth: for every person
// and every input record what must become of it.
//
// Everything is made up: NHS numbers from the range that is never issued,
// names of syllables, postcodes of an area that does not exist. How people
// are distributed, what they suffer from and what care they use follows
// published figures, which package figure lists with their sources.
//
// Such a population can live on: Plan.Days writes what changes from day to day,
// State what there is of everything at the end of a day, Delta what has changed
// between two, and Serve either of them as a bulk-data server lists it.
//
// The same plan gives the same bytes on any number of cores. A person is drawn
// from the seed and the person's ordinal alone; persons are written in fixed
// chunks, and the chunks in their order, so that memory does not grow with the
// number of persons.
package population

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/course"
	"secondaryuse/testdata/population/internal/folder"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/truth"
)

// Plan is what is to be written.
type Plan struct {
	Persons int
	Seed    uint64
	Out     string    // a folder that is empty or does not exist
	AsOf    time.Time // the day the population is for; today when zero
	Months  int       // how far the history goes back; 24 when zero
	Workers int       // how many cores to use; all when zero
	Faults  Faults
	Days    int      // how many days the population lives on
	Touch   float64  // share of persons with a change a day; 0.01 when zero
	Without []string // what never happens on those days, by the names that Happenings gives
}

// Faults are the rates of what is wrong with the feeds and of what people have
// said: registrations and wishes of persons, faults of records.
type Faults struct {
	Persons person.Rates
	Records life.Rates
}

// Usual returns the rates that a population has when none are given.
func Usual() Faults { return Faults{person.Usual(), life.Usual()} }

// Most is the largest population that can be written, MostDays how long one can
// live on.
const (
	Most     = 3_200_000
	MostDays = 3660
)

// chunk is how many persons are written at a time.
const chunk = 128

// Write writes a population and returns what must become of it, counted.
// progress, which may be nil, is told how many persons have been written.
func Write(ctx context.Context, p Plan, progress func(done int)) (Summary, error) {
	s, err := p.site()
	if err != nil {
		return Summary{}, err
	}
	return s.write(ctx, progress)
}

// write writes what the site is for.
func (s *site) write(ctx context.Context, progress func(done int)) (Summary, error) {
	if err := s.begin(); err != nil {
		return Summary{}, fmt.Errorf("population: %w", err)
	}
	if err := s.people(ctx, progress); err != nil {
		return Summary{}, fmt.Errorf("population: %w", err)
	}
	summary, err := s.finish()
	if err != nil {
		return Summary{}, fmt.Errorf("population: %w", err)
	}
	return summary, nil
}

// site is where a population is being written.
type site struct {
	plan    Plan
	asOf    clock.Day
	folder  *folder.Folder
	area    *area.Map
	persons *person.Source
	lives   *life.Source
	visits  *visits
	sums    truth.Sums

	courses *course.Source
	view    bool   // not day 0 is written but what a server gives on a day
	day     int    // that day
	since   int32  // the day since which it gives what has changed; never: everything
	lived   *lived // what the days have made
	agreed  []course.Agreement
}

// never is a day before all days.
const never = -1

// today is the day that what is written is for.
func (s *site) today() clock.Day { return s.asOf + clock.Day(s.day) }

// everybody is how many persons have to do with what is written.
func (s *site) everybody() int {
	if s.view {
		return s.plan.Persons + s.courses.Newcomers(s.day)
	}
	return s.plan.Persons + s.courses.Newcomers(s.plan.Days)
}

// whole fills in what a plan leaves open, or says what cannot be.
func (p *Plan) whole() error {
	if p.Persons < 1 || p.Persons > Most {
		return fmt.Errorf("population: %d persons; there must be 1 to %d", p.Persons, Most)
	}
	if p.Days < 0 || p.Days > MostDays {
		return fmt.Errorf("population: %d days; there must be 0 to %d", p.Days, MostDays)
	}
	if p.Touch == 0 {
		p.Touch = 0.01
	}
	if !(p.Touch > 0 && p.Touch <= 1) {
		return errors.New("population: the share of persons with a change a day must be above 0 and at most 1")
	}
	if p.Months == 0 {
		p.Months = 24
	}
	if p.Months < 1 || p.Months > 240 {
		return fmt.Errorf("population: %d months; there must be 1 to 240", p.Months)
	}
	if p.AsOf.IsZero() {
		p.AsOf = time.Now().UTC()
	}
	if p.Workers < 1 {
		p.Workers = runtime.GOMAXPROCS(0)
	}
	if p.Faults == (Faults{}) {
		p.Faults = Usual()
	}
	return nil
}

// site makes the place where a plan is written.
func (p Plan) site() (*site, error) {
	if err := p.whole(); err != nil {
		return nil, err
	}
	out, err := folder.New(p.Out)
	if err != nil {
		return nil, fmt.Errorf("population: %w", err)
	}
	s := &site{plan: p, folder: out, area: area.Of(p.Seed), sums: truth.NewSums(), since: never, lived: newLived()}
	s.asOf = clock.Date(p.AsOf.Year(), int(p.AsOf.Month()), p.AsOf.Day())
	from := s.asOf.Months(-p.Months)
	s.persons = person.Of(p.Seed, p.Persons, p.Faults.Persons, s.area, s.asOf, from)
	s.lives = &life.Source{Seed: p.Seed, Map: s.area, From: from, AsOf: s.asOf, Rates: p.Faults.Records}
	s.courses = &course.Source{People: s.persons, Lives: s.lives, Touch: p.Touch, Unread: func(o int) bool { return p.damageOf(o).unread() }}
	for _, name := range p.Without {
		k, ok := course.KindOf(name)
		if !ok {
			return nil, fmt.Errorf("population: nothing that happens is called %q", name)
		}
		s.courses.Not[k] = true
	}
	s.agreed = s.courses.Agreements(p.Days)
	return s, nil
}

// people writes all persons, a chunk a worker at a time, in order.
func (s *site) people(ctx context.Context, progress func(int)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := (s.everybody() + chunk - 1) / chunk
	slots := make([]chan *folder.Chunk, chunks) // filled in any order, emptied in theirs
	for i := range slots {
		slots[i] = make(chan *folder.Chunk, 1)
	}
	free := make(chan *folder.Chunk, 2*s.plan.Workers)
	for range cap(free) {
		free <- folder.NewChunk()
	}
	var wg sync.WaitGroup
	todo := make(chan int)
	for range s.plan.Workers {
		wg.Go(func() { s.work(ctx, todo, slots, free) })
	}
	wg.Go(func() {
		defer close(todo)
		for i := range chunks {
			select {
			case todo <- i:
			case <-ctx.Done():
				return
			}
		}
	})
	err := s.collect(ctx, slots, free, progress)
	cancel()
	wg.Wait()
	return err
}

// work writes one chunk after another. It takes a free chunk before it takes
// something to do, so that the chunk that is waited for is never without one.
func (s *site) work(ctx context.Context, todo <-chan int, slots []chan *folder.Chunk, free <-chan *folder.Chunk) {
	a := newAuthor(s)
	for {
		select {
		case c := <-free:
			i, ok := <-todo
			if !ok {
				return
			}
			a.chunk(c, i)
			c.Pack()
			slots[i] <- c
		case <-ctx.Done():
			return
		}
	}
}

// collect appends the chunks to the files.
func (s *site) collect(ctx context.Context, slots []chan *folder.Chunk, free chan *folder.Chunk, progress func(int)) error {
	for i, slot := range slots {
		select {
		case c := <-slot:
			if err := s.take(c); err != nil {
				return err
			}
			free <- c
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if progress != nil {
			progress(min((i+1)*chunk, s.plan.Persons))
		}
	}
	return nil
}
