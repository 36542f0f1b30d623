package population

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"secondaryuse/testdata/population/internal/course"
	"secondaryuse/testdata/population/internal/folder"
	"secondaryuse/testdata/population/internal/hes"
)

// happenedFile counts what happened on which day.
const happenedFile = "days/happened.csv"

// ofDay is the folder of a day.
func ofDay(day int) string { return fmt.Sprintf("days/%04d/", day) }

// lived is what the days have made that cannot be written person by person.
type lived struct {
	happened map[happening]int
	visits   map[int][]hes.Visit // by day
}

// happening is something that happens on a day.
type happening struct {
	day  int
	what course.Kind
}

func newLived() *lived {
	return &lived{make(map[happening]int), make(map[int][]hes.Visit)}
}

func (l *lived) reset() {
	clear(l.happened)
	clear(l.visits)
}

func (l *lived) add(other *lived) {
	for k, n := range other.happened {
		l.happened[k] += n
	}
	for day, list := range other.visits {
		l.visits[day] = append(l.visits[day], list...)
	}
}

// live writes what every day changes in the records of a person, and their
// lines of the lists of every day.
func (a *author) live(ordinal int) {
	book, since, day := a.book, a.since, a.day
	a.living, a.book = true, &a.muted
	c := &a.course
	a.courses.Begin(c, ordinal)
	for c.Day < a.plan.Days {
		moved := c.Step()
		a.since, a.day, a.prefix = int32(c.Day-1), c.Day, ofDay(c.Day)
		a.become(c)
		if moved {
			a.muted.Reset()
			a.all()
		}
		for _, what := range c.Happened {
			a.extra.lived.happened[happening{c.Day, what}]++
		}
		if c.Here() {
			a.lists(&c.Person, &c.Base)
		}
	}
	a.living, a.book, a.since, a.day, a.prefix = false, book, since, day, ""
}

// become makes the author write the person as they are now.
func (a *author) become(c *course.Course) {
	a.person, a.life, a.mine = c.Person, c.Life, &c.Own
	a.life.Person = &a.person
}

// viewed writes what a server gives of a person: everything, or what has
// changed since a day.
func (a *author) viewed(ordinal int) {
	a.living = true
	c, touched := &a.course, false
	a.courses.Begin(c, ordinal)
	for c.Day < a.day {
		touched = c.Step() && int32(c.Day) > a.since || touched
	}
	if !c.Here() {
		return
	}
	a.become(c)
	a.lists(&c.Person, &c.Base)
	if a.since == never {
		c.Live()
		a.become(c)
		a.all()
	} else if touched {
		book := a.book
		a.book = &a.muted
		a.muted.Reset()
		a.all()
		a.book = book
	}
}

// counted is how many persons the truth is about.
func (s *site) counted() int {
	if s.view {
		return s.everybody()
	}
	return s.plan.Persons
}

// heads begins the tables that a chunk is the first to have lines of.
func (s *site) heads(c *folder.Chunk) error {
	for _, name := range c.Names() {
		head := ""
		switch {
		case strings.HasSuffix(name, episodesFile):
			head = hes.EpisodeHeader
		case strings.HasSuffix(name, attendancesFile):
			head = hes.AttendanceHeader
		}
		if head == "" || s.folder.Lines(name) > 0 {
			continue
		}
		first := folder.NewChunk()
		f := first.File(name)
		f.Text, f.Lines = []byte(head), 1
		if err := s.folder.Append(first); err != nil {
			return err
		}
	}
	return nil
}

// finishDays writes what of the days can be written only once all persons are
// known.
func (s *site) finishDays() error {
	if s.plan.Days == 0 {
		return nil
	}
	for day := 1; day <= s.plan.Days; day++ {
		if err := s.listed(place{ofDay(day), day}); err != nil {
			return err
		}
		if err := s.visited(ofDay(day)+visitsFile, s.lived.visits[day]); err != nil {
			return err
		}
	}
	return s.append(happenedFile, s.happened())
}

// visited writes a table of outpatients, if there is a line of it.
func (s *site) visited(name string, lines []hes.Visit) error {
	if len(lines) == 0 {
		return nil
	}
	path, err := s.folder.Path(name)
	if err != nil {
		return err
	}
	var v visits
	if err := v.open(path); err != nil {
		return err
	}
	if err := v.write(lines); err != nil {
		v.file.Close()
		return err
	}
	return v.close()
}

// happened counts what happened.
func (s *site) happened() []byte {
	for _, a := range s.agreed {
		what := course.AgreementEnded
		if a.Begins {
			what = course.AgreementBegan
		}
		s.lived.happened[happening{a.Day, what}]++
	}
	b := []byte("day,what,count\n")
	for _, k := range slices.SortedFunc(maps.Keys(s.lived.happened), func(a, b happening) int {
		return (a.day-b.day)*int(course.Kinds) + int(a.what) - int(b.what)
	}) {
		b = fmt.Appendf(b, "%d,%s,%d\n", k.day, k.what, s.lived.happened[k])
	}
	return b
}
