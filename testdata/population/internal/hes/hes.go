// Package hes writes hospital activity as tables with the columns of Hospital
// Episode Statistics: admitted care and accident and emergency as CSV,
// outpatients as Parquet. Columns of local extracts that hold a name are there
// too, so that reading too much shows.
package hes

import (
	"strings"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
)

// Diagnoses and operations have this many columns.
const (
	episodeDiagnoses  = 20
	episodeOperations = 24
	visitDiagnoses    = 12
)

// EpisodeHeader and AttendanceHeader are the first lines of their tables.
var (
	EpisodeHeader = "FYEAR,EPIKEY,SPELLKEY,NHSNUMBER,FAMILYNAME,ADMIDATE,ADMIMETH,CLASSPAT," + run("DIAG_4_", episodeDiagnoses) +
		",DISDATE,DISDEST,DISMETH,EPISTART,EPIEND,EPIORDER,EPISTAT,ETHNOS,GPPRAC,MAINSPEF,MYDOB," + run("OPERTN_4_", episodeOperations) +
		",PROCODE3,PROCODE5,SEX,SITETRET,TRETSPEF,LSOA11\n"
	AttendanceHeader = "FYEAR,AEKEY,NHSNUMBER,FAMILYNAME,ARRIVALDATE,ARRIVALTIME,DEPTIME,AEATTENDDISP," + run("DIAG3_", visitDiagnoses) + "," +
		run("INVEST2_", visitDiagnoses) + "," + run("TREAT3_", visitDiagnoses) + ",ETHNOS,GPPRAC,PROCODE3,PROCODE5,SEX,SITETRET,LSOA11\n"
)

func run(stem string, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = string(text.Pad([]byte(stem), i+1, 2))
	}
	return strings.Join(names, ",")
}

// Key returns the key of a line: unique for an event of a person.
func Key(p *person.Person, i int) int { return 500_000_000_000 + p.Ordinal*8192 + i }

// Writer appends lines.
type Writer struct{ Map *area.Map }

// Number returns the number that stands in the line of an event, or 0.
func Number(p *person.Person, e *life.Event) uint64 {
	n := p.Number
	if e.Prior {
		n = p.Old
	}
	switch e.Fault {
	case life.Unnumbered:
		return 0
	case life.Misnumbered:
		r := chance.Of(e.ID.Lo, 0, 0)
		return number.Bad(n, &r)
	case life.Superseded:
		return p.Old
	}
	return n
}

// Episode appends a line of admitted care.
func (w *Writer) Episode(b []byte, l *life.Life, i int) []byte {
	e, p, from := &l.Events[i], l.Person, len(b)
	b = text.Int(append(year(b, e.At), ','), Key(p, i))
	b = text.Int(append(b, ','), Key(p, int(e.Spell)))
	b = w.who(append(b, ','), p, e)
	first := &l.Events[e.Spell]
	b = append(append(append(first.At.AppendDate(b), ','), e.Method...), ",1,"...)
	b = codes(b, e.Diagnoses[:], episodeDiagnoses)
	last := e
	if i+1 < len(l.Events) && l.Events[i+1].Kind == life.Episode && l.Events[i+1].Spell == e.Spell {
		last = &l.Events[i+1]
	}
	b = append(last.End.AppendDate(append(b, ',')), ',')
	b = append(append(append(append(b, last.Dest...), ','), last.Discharge...), ',')
	b = append(start(b, e), ',')
	b = text.Int(append(e.End.AppendDate(b), ','), int(e.Order))
	b = append(append(append(b, ",3,"...), figure.Ethnics[p.Ethnic].Code), ',')
	b = append(append(b, w.Map.Practices[p.Practice].Code...), ',')
	b = append(append(append(b, e.Clinic.Code...), ','), birth(p)...)
	b = codes(append(b, ','), []*figure.Concept{e.Operation}, episodeOperations)
	return broken(w.tail(b, l, e, e.Clinic.Code), from, e)
}

// start appends the date an event began; a bad one is a day that does not
// exist.
func start(b []byte, e *life.Event) []byte {
	if e.Fault == life.BadDate {
		y, _, _ := e.At.Day().Civil()
		return append(text.Int(b, y), "-02-30"...)
	}
	return e.At.AppendDate(b)
}

// year appends the financial year as HES has it: 2526.
func year(b []byte, at clock.Wall) []byte {
	y, m, _ := at.Day().Civil()
	if m < 4 {
		y--
	}
	return text.Pad(text.Pad(b, y%100, 2), (y+1)%100, 2)
}

// who appends the number and the family name.
func (w *Writer) who(b []byte, p *person.Person, e *life.Event) []byte {
	if n := Number(p, e); n != 0 {
		b = number.Append(b, n)
	}
	return append(append(append(b, ','), p.Family...), ',')
}

// codes appends n columns, of which the first hold codes.
func codes(b []byte, list []*figure.Concept, n int) []byte {
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if i < len(list) && list[i] != nil {
			b = append(b, list[i].Code...)
		}
	}
	return b
}

// birth returns the month and year of birth as HES has them: 041968.
func birth(p *person.Person) []byte {
	y, m, _ := p.Birth.Civil()
	return text.Pad(text.Pad(nil, m, 2), y, 4)
}

// tail appends the last columns.
func (w *Writer) tail(b []byte, l *life.Life, e *life.Event, specialty string) []byte {
	i, _ := e.Org.Index()
	t, p := &w.Map.Trusts[i], l.Person
	b = append(append(append(append(append(b, ','), t.Code...), ','), t.Site...), ',', sex(p), ',')
	b = append(append(b, t.Site...), ',')
	if specialty != "" {
		b = append(append(b, specialty...), ',')
	}
	return append(append(b, w.Map.Areas[p.Area].LSOA...), '\n')
}

func sex(p *person.Person) byte {
	if p.Female {
		return '2'
	}
	return '1'
}

// broken cuts a line off that is to be broken.
func broken(b []byte, from int, e *life.Event) []byte {
	if e.Fault == life.Broken {
		b = append(b[:from+(len(b)-from)/2], '\n')
	}
	return b
}

// found is what accident and emergency codes as a diagnosis.
var found = []string{"021", "040", "051", "201", "251", "351", "381"}

// Attendance appends a line of accident and emergency.
func (w *Writer) Attendance(b []byte, l *life.Life, i int) []byte {
	e, p, from := &l.Events[i], l.Person, len(b)
	b = w.who(append(text.Int(append(year(b, e.At), ','), Key(p, i)), ','), p, e)
	b = hours(append(start(b, e), ','), e.At)
	b = append(hours(append(b, ','), e.End), ",03,"...)
	b = append(b, found[e.ID.Lo%uint64(len(found))]...)
	for range 3*visitDiagnoses - 1 {
		b = append(b, ',')
	}
	b = append(append(b, ','), figure.Ethnics[p.Ethnic].Code, ',')
	b = append(b, w.Map.Practices[p.Practice].Code...)
	return broken(w.tail(b, l, e, ""), from, e)
}

func hours(b []byte, at clock.Wall) []byte {
	var c [8]byte
	at.AppendClock(c[:0])
	return append(append(b, c[0:2]...), c[3:5]...)
}

// Visit is a line of outpatients.
type Visit struct {
	Key       string `parquet:"ATTENDKEY"`
	Number    string `parquet:"NHSNUMBER"`
	Family    string `parquet:"FAMILYNAME,dict"`
	Date      string `parquet:"APPTDATE"`
	Attended  string `parquet:"ATTENDED,dict"`
	Diag01    string `parquet:"DIAG_4_01,dict"`
	Diag02    string `parquet:"DIAG_4_02,dict"`
	Diag03    string `parquet:"DIAG_4_03,dict"`
	Diag04    string `parquet:"DIAG_4_04,dict"`
	Diag05    string `parquet:"DIAG_4_05,dict"`
	Diag06    string `parquet:"DIAG_4_06,dict"`
	Diag07    string `parquet:"DIAG_4_07,dict"`
	Diag08    string `parquet:"DIAG_4_08,dict"`
	Diag09    string `parquet:"DIAG_4_09,dict"`
	Diag10    string `parquet:"DIAG_4_10,dict"`
	Diag11    string `parquet:"DIAG_4_11,dict"`
	Diag12    string `parquet:"DIAG_4_12,dict"`
	Ethnic    string `parquet:"ETHNOS,dict"`
	Practice  string `parquet:"GPPRAC,dict"`
	Main      string `parquet:"MAINSPEF,dict"`
	Specialty string `parquet:"TRETSPEF,dict"`
	Birth     string `parquet:"MYDOB,dict"`
	Provider  string `parquet:"PROCODE3,dict"`
	Site      string `parquet:"SITETRET,dict"`
	Sex       string `parquet:"SEX,dict"`
	LSOA      string `parquet:"LSOA11,dict"`
}

// Visit returns a line of outpatients. A broken one has no key.
func (w *Writer) Visit(l *life.Life, i int) Visit {
	e, p := &l.Events[i], l.Person
	o, _ := e.Org.Index()
	t := &w.Map.Trusts[o]
	v := Visit{
		Key: string(text.Int(nil, Key(p, i))), Family: p.Family, Date: string(start(nil, e)), Attended: e.Attended,
		Ethnic: string(figure.Ethnics[p.Ethnic].Code), Practice: w.Map.Practices[p.Practice].Code, Main: e.Clinic.Code,
		Specialty: e.Clinic.Code, Birth: string(birth(p)), Provider: t.Code, Site: t.Site, Sex: string(sex(p)), LSOA: w.Map.Areas[p.Area].LSOA,
	}
	if n := Number(p, e); n != 0 {
		v.Number = string(number.Append(nil, n))
	}
	if e.Fault == life.Broken {
		v.Key = ""
	}
	return v
}
