package population

import (
	"strings"

	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/hes"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/text"
	"secondaryuse/testdata/population/internal/truth"
)

// The hospital tables.
const (
	episodesFile    = "hospital/apc.csv"
	attendancesFile = "hospital/ae.csv"
	visitsFile      = "hospital/op.parquet"
)

// tables writes a person's lines of the hospital tables.
func (a *author) tables() {
	for i := range a.life.Events {
		if e := &a.life.Events[i]; e.Tabled() && a.sends(e.Changed) {
			a.row(i)
		}
	}
}

// row writes the line of an event, twice where it is a duplicate.
func (a *author) row(i int) {
	e := &a.life.Events[i]
	times := 1
	if e.Fault == life.Duplicate && !a.living {
		times = 2
	}
	for n := range times {
		name, line := a.put(i)
		end := a.ends[i]
		if end.Outcome == fate.Rejected {
			a.reject(name, "hospital", "encounter", faultNames[e.Fault], line)
			a.book.Count("hospital", "encounter", "", end, 1)
			continue
		}
		if n > 0 {
			end = end.Again()
		}
		if end.Outcome == fate.Kept {
			a.known.Hospital = true
			a.known.Born = a.known.Born || e.Kind != life.Attendance
		}
		a.name = text.Int(append(a.name[:0], [...]string{"apc/", "ae/", "op/"}[e.Kind-life.Episode]...), hes.Key(&a.person, i))
		f := truth.Fact{At: e.At, Kind: e.Kind.Word(e)}
		if e.Kind == life.Episode {
			f.Code = unfilled(e.Diagnoses[0])
		}
		if e.Kind != life.Attendance { // the other tables have the date and no time of day
			f.At = e.At.Day().At(0, 0, 0)
		}
		a.book.Record("hospital", "encounter", a.name, 0, a.person.Ordinal, end, f)
	}
}

// unfilled returns an ICD-10 code without the X that fills up one of three
// characters in a hospital table.
func unfilled(c *figure.Concept) *figure.Concept {
	if short, filled := strings.CutSuffix(c.Code, "X"); filled {
		return figure.New(c.System, short, c.Term)
	}
	return c
}

// put writes a line to its table.
func (a *author) put(i int) (name string, line int) {
	switch a.life.Events[i].Kind {
	case life.Episode:
		return episodesFile, a.line(episodesFile, func(b []byte) []byte { return a.hes.Episode(b, &a.life, i) })
	case life.Attendance:
		return attendancesFile, a.line(attendancesFile, func(b []byte) []byte { return a.hes.Attendance(b, &a.life, i) })
	}
	if a.prefix != "" {
		a.extra.lived.visits[a.day] = append(a.extra.lived.visits[a.day], a.hes.Visit(&a.life, i))
		return visitsFile, 0
	}
	a.extra.visits = append(a.extra.visits, a.hes.Visit(&a.life, i))
	return visitsFile, len(a.extra.visits)
}
