// Package truth writes down what must become of every person and every record,
// and what the marts must hold of them.
package truth

import (
	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/text"
)

// Book is the truth about the persons of a chunk. Its texts are lines of JSON;
// its sums are added up over all chunks.
type Book struct {
	Records  []byte // a line a record
	Persons  []byte // a line a person
	Measures []byte // a line a person, measure and recorder
	Days     []byte // a line a person and day
	Acts     []byte // a line a person, day and kind of activity
	Sums     Sums
	Map      *area.Map
	AsOf     clock.Day
	scratch  scratch
}

// Sums is what is counted.
type Sums struct {
	Ends      map[End]int64
	Activity  map[Activity]Count
	Items     map[Item]Count
	Registers map[string]int64
	People    map[string]int64 // population rows, readings and the like
}

// End is an end that records come to.
type End struct {
	Feed, Dataset string
	Outcome       fate.Outcome
	Reason        fate.Reason
	Kind          string // of unused records
}

// Activity is a line of the mart activity_monthly, Item one of
// medication_monthly, each without its counts.
type Activity struct {
	Month          int32
	Practice, Kind string
}

// Item see Activity.
type Item struct {
	Month                  int32
	Practice, System, Code string
}

// Count is how much, and of how many persons; Quantity is of medicines.
type Count struct{ N, Persons, Quantity int64 }

// plus adds two counts.
func (c Count) plus(d Count) Count {
	return Count{c.N + d.N, c.Persons + d.Persons, c.Quantity + d.Quantity}
}

// NewSums returns empty sums.
func NewSums() Sums {
	return Sums{make(map[End]int64), make(map[Activity]Count), make(map[Item]Count), make(map[string]int64), make(map[string]int64)}
}

// Add adds other to s.
func (s *Sums) Add(other *Sums) {
	for k, n := range other.Ends {
		s.Ends[k] += n
	}
	for k, c := range other.Activity {
		s.Activity[k] = s.Activity[k].plus(c)
	}
	for k, c := range other.Items {
		s.Items[k] = s.Items[k].plus(c)
	}
	for k, n := range other.Registers {
		s.Registers[k] += n
	}
	for k, n := range other.People {
		s.People[k] += n
	}
}

// Reset empties the book and keeps its memory.
func (b *Book) Reset() {
	b.Records, b.Persons, b.Measures, b.Days, b.Acts = b.Records[:0], b.Persons[:0], b.Measures[:0], b.Days[:0], b.Acts[:0]
	if b.Sums.Ends == nil {
		b.Sums = NewSums()
	}
	clear(b.Sums.Ends)
	clear(b.Sums.Activity)
	clear(b.Sums.Items)
	clear(b.Sums.Registers)
	clear(b.Sums.People)
}

// Fact is what a record says, as far as it can be held against a stored row.
type Fact struct {
	Code       *figure.Concept
	At         clock.Wall // 0: no time
	Value      int32      // hundredths
	Second     int32      // the second value of a blood pressure
	Unit, Kind string
	Measured   bool // Value counts
}

// Record takes down what becomes of one input record. name is Type/id or the
// key of a line, version what tells the versions of a record apart.
func (b *Book) Record(feed, dataset string, name []byte, version clock.Wall, who int, end fate.End, f Fact) {
	b.Sums.Ends[End{feed, dataset, end.Outcome, end.Reason, ""}]++
	r := text.Int(append(b.Records, `{"person":`...), who)
	r = field(r, "feed", feed)
	r = field(r, "dataset", dataset)
	r = append(append(append(r, `,"record":"`...), name...), '"')
	if version != 0 {
		r = append(version.AppendLocal(append(r, `,"version":"`...)), `Z"`...)
	}
	r = ended(r, end)
	if f.Code != nil {
		r = field(field(r, "system", f.Code.System.Short), "code", f.Code.Code)
	}
	if f.At != 0 {
		r = append(f.At.AppendLocal(append(r, `,"at":"`...)), '"')
	}
	if f.Measured {
		r = text.Hundredths(append(r, `,"value":`...), f.Value)
	}
	if f.Second != 0 {
		r = text.Hundredths(append(r, `,"second":`...), f.Second)
	}
	r = field(field(r, "unit", f.Unit), "kind", f.Kind)
	b.Records = append(r, '}', '\n')
}

// Count counts records that have no line of their own.
func (b *Book) Count(feed, dataset, kind string, end fate.End, n int64) {
	b.Sums.Ends[End{feed, dataset, end.Outcome, end.Reason, kind}] += n
}

func ended(r []byte, end fate.End) []byte {
	r = field(r, "outcome", end.Outcome.String())
	return field(field(r, "gate", end.Reason.Gate()), "reason", end.Reason.String())
}

// field appends a member with a text, unless that is empty.
func field(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, ',', '"'), name...), `":"`...)
	return append(append(b, value...), '"')
}
