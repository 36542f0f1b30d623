package schedules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones must be known on a machine without a zone database

	"github.com/robfig/cron/v3"
)

// spec is a cron spec by the clock of a zone. The bits are asked in UTC, as a
// clock that never changes.
type spec struct {
	cron.SpecSchedule
	zone *time.Location
}

var fiveFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// fields are the five fields of a spec: what they are called, their greatest
// value, and what they may hold, for who has written something else.
var fields = []struct {
	name string
	most int
	says string
}{
	{"minute", 59, "0 to 59"},
	{"hour", 23, "0 to 23"},
	{"day of month", 31, "1 to 31"},
	{"month", 12, "1 to 12 or jan to dec"},
	{"day of week", 6, "0 to 6 or sun to sat (Sunday is 0)"},
}

// shape is what every cron reads alike: a star, a star with a step, or a list of
// values, ranges, and ranges with a step.
var shape = regexp.MustCompile(`^(\*(/\d{1,2})?|` + part + `(,` + part + `)*)$`)

const (
	part   = single + `(-` + single + `(/\d{1,2})?)?`
	single = `(\d{1,2}|[A-Za-z]{3})`
)

const star = 1 << 63 // the library's mark of a field that is a star

// leap is a time before a leap year. What has not come within five years of it
// never does.
var leap = time.Date(2023, 12, 31, 0, 0, 0, 0, time.UTC)

var named = []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}

// parse reads a spec, and refuses what never comes, what crons understand
// differently, and what is not for a spec to say.
func parse(text string, zone *time.Location) (spec, error) {
	if strings.Contains(strings.ToUpper(text), "TZ=") {
		return spec{}, errors.New("it has a zone prefix; take it out and write the zone under the key zone")
	}
	if err := grammar(text); err != nil {
		return spec{}, err
	}
	parsed, err := fiveFields.Parse(text)
	bits, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		return spec{}, errors.New("not a cron spec; write five fields: minute, hour, day of month, month, day of week")
	}
	bits.Location = time.UTC
	days := *bits
	days.Dow = 1<<7 - 1 | star
	if days.Next(leap).IsZero() {
		return spec{}, errors.New("it never comes: no month that it names has such a day; name a day that there is")
	}
	return spec{*bits, zone}, nil
}

// grammar holds that a spec is one of the named ones, or has five fields of the
// shape and the range that they must have.
func grammar(text string) error {
	if strings.HasPrefix(text, "@") {
		if !slices.Contains(named, text) {
			return errors.New("no such name for a spec; there are " + strings.Join(named, ", ") + "; what recurs by a span is written with a step, as */20")
		}
		return nil
	}
	parts := strings.Fields(text)
	if len(parts) != len(fields) {
		return fmt.Errorf("it has %d fields; write five: minute, hour, day of month, month, day of week", len(parts))
	}
	for i, f := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = parts[i]
		if _, err := fiveFields.Parse(strings.Join(alone, " ")); err != nil || !shape.MatchString(parts[i]) || step(parts[i]) > f.most {
			return fmt.Errorf("%s: write *, */2, or a list of values and upward ranges, as 1,10-20 or 0-30/10; values are %s", f.name, f.says)
		}
	}
	if dom, dow := parts[2], parts[4]; (step(dom) > 1 && dom[0] == '*' && dow != "*") || (step(dow) > 1 && dow[0] == '*' && dom != "*") {
		return errors.New("crons differ about a day of month and a day of week of which one is a star with a step; write it as a range, as 1-31/2, or as two jobs")
	}
	return nil
}

// step is the greatest step in a field; 1 when there is none.
func step(field string) int {
	most := 1
	for part := range strings.SplitSeq(field, ",") {
		if _, n, ok := strings.Cut(part, "/"); ok {
			v, err := strconv.Atoi(n)
			if err != nil {
				v = 1 << 10
			}
			most = max(most, v)
		}
	}
	return most
}
