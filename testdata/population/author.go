package population

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/course"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/folder"
	"secondaryuse/testdata/population/internal/hes"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/r4"
	"secondaryuse/testdata/population/internal/stu3"
	"secondaryuse/testdata/population/internal/text"
	"secondaryuse/testdata/population/internal/truth"
)

// author writes chunks of persons. Each worker has one.
type author struct {
	*site
	judge   fate.Judge
	r4      r4.Writer
	hes     hes.Writer
	stu3    stu3.Writer
	person  person.Person
	life    life.Life
	ends    []fate.End
	known   truth.Known
	planned []*figure.Concept // medicines whose plan is in the Bundle

	other    person.Person // the other person of a pair
	worn     []wornDay
	mine     *course.Own // the person's PHR
	payloads []string    // of Garmin, open
	nth      int         // of the chunk
	bundled  clock.Wall  // when the Bundle was made, where it says so

	course course.Course
	mated  course.Course // of the other person of a pair
	living bool          // course is the person's: else day 0 is written as it is
	first  course.Own    // the PHR on day 0
	since  int32         // only what changed after this day is written
	day    int           // the day that is written
	prefix string        // of the names of files
	muted  truth.Book    // what nobody wants to know
	book   *truth.Book

	c     *folder.Chunk
	extra *extra
	name  []byte // of the record that is being taken down
}

// extra is what goes with a chunk besides the texts of files.
type extra struct {
	book    truth.Book
	visits  []hes.Visit
	rejects []reject
	lived   lived
}

// reject is where an unreadable record stands: line is counted within the
// chunk's part of the file.
type reject struct {
	file, feed, dataset, why string
	line                     int
}

func newAuthor(s *site) *author {
	a := &author{
		site:  s,
		judge: fate.Judge{Map: s.area, Expired: s.expired().At(0, 0, 0)},
		r4:    r4.Writer{Map: s.area, AsOf: s.asOf},
		hes:   hes.Writer{Map: s.area},
		stu3:  stu3.Writer{Map: s.area},
		muted: truth.Book{Map: s.area, AsOf: s.asOf},
		since: s.since,
		day:   s.day,
	}
	if s.view { // else the truth is that of day 0
		a.judge.Changed = course.Agreed(s.agreed)
	}
	return a
}

// today is the day that is written.
func (a *author) today() clock.Day { return a.asOf + clock.Day(a.day) }

// sends reports whether what changed last on a day is to be written.
func (a *author) sends(changed int32) bool { return changed > a.since }

// expired is the day on which the agreements that have ended did.
func (s *site) expired() clock.Day {
	y, m, _ := s.asOf.Months(-12).Civil()
	return clock.Date(y, m, 1)
}

// chunk writes the i-th chunk of persons.
func (a *author) chunk(c *folder.Chunk, i int) {
	c.Reset()
	if c.Extra == nil {
		c.Extra = &extra{book: truth.Book{Map: a.area, AsOf: a.site.today()}, lived: *newLived()}
	}
	a.c, a.extra, a.nth = c, c.Extra.(*extra), i
	a.book = &a.extra.book
	a.book.Reset()
	a.extra.lived.reset()
	a.extra.visits, a.extra.rejects = a.extra.visits[:0], a.extra.rejects[:0]
	for p := i * chunk; p < min((i+1)*chunk, a.everybody()); p++ {
		switch {
		case a.view:
			a.viewed(p)
		case p < a.plan.Persons:
			a.one(p)
		}
		if a.plan.Days > 0 {
			a.live(p)
		}
	}
	a.closePayloads()
	for name, text := range map[string][]byte{
		recordsFile: a.book.Records, personsFile: a.book.Persons,
		measuresFile: a.book.Measures, daysFile: a.book.Days, actsFile: a.book.Acts,
	} {
		f := c.File(name)
		f.Text = append(f.Text, text...)
	}
}

// one writes everything about a person.
func (a *author) one(ordinal int) {
	p := &a.person
	a.persons.Draw(p, ordinal)
	if p.GPConnect && a.damageOf().unread() {
		p.Type1Coded, p.LocalCoded, p.Flagged = person.Nothing, person.Nothing, false
	}
	a.lives.Draw(&a.life, p)
	if a.mine = &a.first; p.PHR {
		a.first.Draw(a.plan.Seed, p, a.asOf)
	}
	a.lists(p, p)
	a.all()
}

// all writes everything about the person, and what must become of it.
func (a *author) all() {
	p := &a.person
	a.known = truth.Known{}
	a.ends = a.judge.Events(&a.life, a.ends)
	feed := "ohc"
	if p.GPConnect {
		feed = "gp"
	}
	a.shared()
	a.tables()
	a.identify(p, a.own()...)
	a.known.Elsewhere = p.Absent && !p.PHR && a.heir()
	a.book.Person(p, feed, a.life.Events, a.ends, a.known)
}

// subject returns the id of the person's Patient. Two persons may share one.
func (a *author) subject(p *person.Person) [2]uint64 {
	ordinal := p.Ordinal
	if p.SharesReferenceOf >= 0 {
		ordinal = p.SharesReferenceOf
	}
	r := chance.Of(a.plan.Seed, uint64(ordinal), 4)
	return [2]uint64{r.Next(), r.Next()}
}

// line appends a line to a file of the chunk and returns its number in the
// chunk's part.
func (a *author) line(name string, write func([]byte) []byte) int {
	f := a.c.File(a.prefix + name)
	f.Text = write(f.Text)
	f.Lines++
	return f.Lines
}

// reject notes that a line cannot be read.
func (a *author) reject(file, feed, dataset, why string, line int) {
	if a.book == &a.muted {
		return
	}
	a.extra.rejects = append(a.extra.rejects, reject{file, feed, dataset, why, line})
}

// named returns the name of a FHIR record, valid until the next call.
func (a *author) named(typ string, hi, lo uint64) []byte {
	a.name = append(append(a.name[:0], typ...), '/')
	a.name = text.UUID(a.name, hi, lo)
	return a.name
}

// identify writes what a search for leaks must look for.
func (a *author) identify(p *person.Person, accounts ...string) {
	a.line(identifiersFile, func(b []byte) []byte {
		b = text.Int(append(b, `{"person":`...), p.Ordinal)
		b = append(number.Append(append(b, `,"nhs_number":"`...), p.Number), '"')
		if p.Old != 0 {
			b = append(number.Append(append(b, `,"old_number":"`...), p.Old), '"')
		}
		b = append(append(append(b, `,"given":"`...), p.Given...), `","family":"`...)
		b = append(append(b, p.Family...), `","email":"`...)
		b = append(p.AppendEmail(b), `","phone":"`...)
		b = append(p.AppendPhone(b), `","street":"`...)
		b = append(p.AppendStreet(b), `","postcode":"`...)
		b = append(a.r4.Postcode(b, p, p.Area, p.Postcode), `","patient":"`...)
		id := a.subject(p)
		b = append(text.UUID(b, id[0], id[1]), `","accounts":[`...)
		for i, account := range accounts {
			if i > 0 {
				b = append(b, ',')
			}
			b = text.Quote(b, account)
		}
		return append(b, "]}\n"...)
	})
}
