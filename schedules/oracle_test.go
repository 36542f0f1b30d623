package schedules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// reading is what the clock on a wall in London shows at a minute.
type reading struct{ minute, hour, day, month, weekday int }

var (
	oracleFrom  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	oracleUntil = time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	walls       = readings(oracleFrom, oracleUntil, summer)
)

// summer is London's clock by the Summer Time Order 2002, without a zone
// database: an hour ahead from 01:00 UTC on the last Sunday of March to 01:00
// UTC on that of October.
func summer(at time.Time) time.Duration {
	if !at.Before(lastSunday(at.Year(), time.March)) && at.Before(lastSunday(at.Year(), time.October)) {
		return time.Hour
	}
	return 0
}

func lastSunday(year int, month time.Month) time.Time {
	t := time.Date(year, month, 31, 1, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, -int(t.Weekday()))
}

// readings are those of every minute.
func readings(from, until time.Time, ahead func(time.Time) time.Duration) []reading {
	var out []reading
	for at := from; at.Before(until); at = at.Add(time.Minute) {
		w := at.Add(ahead(at))
		out = append(out, reading{w.Minute(), w.Hour(), w.Day(), int(w.Month()), int(w.Weekday())})
	}
	return out
}

var (
	monthNames = []string{"", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	dayNames   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	longhand   = map[string]string{"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
		"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}
)

// valuesOf are the values that a field names, from its text alone.
func valuesOf(field string, from, to int, names []string) map[int]bool {
	number := func(s string) int {
		if i := slices.Index(names, s); i >= 0 {
			return i
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(err)
		}
		return n
	}
	out := make(map[int]bool)
	for part := range strings.SplitSeq(field, ",") {
		span, by, stepped := strings.Cut(part, "/")
		low, high, ranged := strings.Cut(span, "-")
		first, last, step := from, to, 1
		if low != "*" {
			first = number(low)
			last = first
		}
		if ranged {
			last = number(high)
		}
		if stepped {
			step = number(by)
		}
		for v := first; v <= last; v += step {
			out[v] = true
		}
	}
	return out
}

// matcher says whether a clock reads what a spec names: minute, hour and month,
// and the day by either of its fields, or by both where one is a star.
func matcher(spec string) func(reading) bool {
	if long, ok := longhand[spec]; ok {
		spec = long
	}
	f := strings.Fields(strings.ToLower(spec))
	minutes, hours, days := valuesOf(f[0], 0, 59, nil), valuesOf(f[1], 0, 23, nil), valuesOf(f[2], 1, 31, nil)
	months, weekdays := valuesOf(f[3], 1, 12, monthNames), valuesOf(f[4], 0, 6, dayNames)
	both := strings.HasPrefix(f[2], "*") || strings.HasPrefix(f[4], "*")
	var m, h [60]bool
	for v := range minutes {
		m[v] = true
	}
	for v := range hours {
		h[v] = true
	}
	return func(r reading) bool {
		if !m[r.minute] || !h[r.hour] || !months[r.month] {
			return false
		}
		if both {
			return days[r.day] && weekdays[r.weekday]
		}
		return days[r.day] || weekdays[r.weekday]
	}
}

// dueMinutes are the minutes, from the beginning, at which a spec is due.
func dueMinutes(spec string, of []reading) []int {
	match := matcher(spec)
	var out []int
	for i, r := range of {
		if match(r) {
			out = append(out, i)
		}
	}
	return out
}

func planned(s spec, from, until time.Time) []int {
	var out []int
	for t := range (Job{times: s}).Due(from.Add(-time.Second), until.Add(-time.Second)) {
		out = append(out, int(t.Sub(from)/time.Minute))
	}
	return out
}

func london(t interface{ Fatal(...any) }) *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// agree holds a spec's plan against the oracle's.
func agree(text string, zone *time.Location, from, until time.Time, of []reading) error {
	s, err := parse(text, zone)
	if err != nil {
		return fmt.Errorf("%q is refused: %w", text, err)
	}
	want, got := dueMinutes(text, of), planned(s, from, until)
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			return fmt.Errorf("%q in %s: of %d times and %d planned the %dth differs: %v, %v", text, zone, len(want), len(got), i, want[min(i, len(want)):min(i+3, len(want))], got[min(i, len(got)):min(i+3, len(got))])
		}
	}
	return nil
}

// TestOracle holds the plans of specs of every kind against two years of
// London, minute by minute.
func TestOracle(t *testing.T) {
	zone := london(t)
	total := 0
	for _, text := range []string{
		"* * * * *", "*/15 * * * *", "7 * * * *", "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually",
		"0 2 * * *", "30 0 * * *", "59 0 * * *", "30 1 * * *", "0 1-3 * * *", "0 */2 * * *", "0 0-23 * * *", "*/20 0-2 * * sun",
		"0 12 * * mon-fri", "0 12 * * MON-FRI", "15 6 1 * *", "15 6 31 * *", "0 3 29 2 *", "0 3 29 feb *", "0 3 1 * mon", "0 3 1-7 * sun",
		"0 3 1-31/2 * sat,sun", "0 3 */2 * *", "0 3 * * */2", "0 4 1,15 jan,jul *", "5,10-20/5 0-22/11 * mar-oct/7 0", "0 0 30 1-3 *", "0 1 25 10 *",
	} {
		if err := agree(text, zone, oracleFrom, oracleUntil, walls); err != nil {
			t.Error(err)
		}
		total += len(dueMinutes(text, walls))
	}
	if minutes := len(walls); minutes != 2*365*24*60 || total < minutes {
		t.Errorf("%d minutes, %d due times", minutes, total)
	}
}

// TestOracleIsByTheBook holds the oracle itself against times that were worked
// out by hand.
func TestOracleIsByTheBook(t *testing.T) {
	for _, tc := range []struct {
		spec string
		want []string // in UTC
	}{
		{"30 1 28-29 3 *", []string{"2026-03-28 01:30", "2027-03-29 00:30"}}, // 29 March 2026 has no 01:30; 28 March 2027 has none
		{"30 1 25 10 *", []string{"2026-10-25 00:30", "2026-10-25 01:30", "2027-10-25 00:30"}},
		{"0 2 29 3 *", []string{"2026-03-29 01:00", "2027-03-29 01:00"}},
		{"0 2 25 10 *", []string{"2026-10-25 02:00", "2027-10-25 01:00"}},
	} {
		var got []string
		for _, m := range dueMinutes(tc.spec, walls) {
			got = append(got, oracleFrom.Add(time.Duration(m)*time.Minute).Format("2006-01-02 15:04"))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.spec, got, tc.want)
		}
	}
}

// field draws a field of a spec.
func field(rt *rapid.T, from, to int, names []string) string {
	draw := func(what string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(rt, what) }
	show := func(v int) string {
		if names != nil && rapid.Bool().Draw(rt, "named") {
			return names[v]
		}
		return strconv.Itoa(v)
	}
	part := func() string {
		low := draw("low", from, to)
		switch draw("form", 0, 2) {
		case 0:
			return show(low)
		case 1:
			return show(low) + "-" + show(draw("high", low, to))
		}
		return show(low) + "-" + show(draw("high", low, to)) + "/" + strconv.Itoa(draw("step", 1, to))
	}
	switch draw("kind", 0, 3) {
	case 0:
		return "*"
	case 1:
		return "*/" + strconv.Itoa(draw("every", 1, to))
	}
	parts := []string{part()}
	for range draw("more", 0, 2) {
		parts = append(parts, part())
	}
	return strings.Join(parts, ",")
}

func drawSpec(rt *rapid.T) string {
	return strings.Join([]string{field(rt, 0, 59, nil), field(rt, 0, 23, nil), field(rt, 1, 31, nil), field(rt, 1, 12, monthNames), field(rt, 0, 6, dayNames)}, " ")
}

// TestOracleRandom does the same for random specs, and holds that a spec is
// refused for the clocks exactly when it names a time that London skips or
// repeats in the forty years ahead, and for its date exactly when no month that
// it names has such a day.
func TestOracleRandom(t *testing.T) {
	zone := london(t)
	changes := make([]reading, 0, 2*60*40)
	for year := firstYear; year < lastYear; year++ {
		for _, month := range []time.Month{time.March, time.October} {
			at := lastSunday(year, month)
			changes = append(changes, readings(at, at.Add(time.Hour), func(time.Time) time.Duration { return 0 })...)
		}
	}
	refused, planned := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		text := drawSpec(rt)
		s, err := parse(text, zone)
		f := strings.Fields(text)
		if err != nil {
			starred := strings.HasPrefix(f[2], "*/") || strings.HasPrefix(f[4], "*/")
			alone := fmt.Sprintf("0 0 %s %s *", f[2], f[3])
			never, differ := len(dueMinutes(alone, leapYear)) == 0, strings.Contains(err.Error(), "differ")
			if differ && !starred || !differ && !never { // it may be both
				rt.Fatalf("%q is refused: %v", text, err)
			}
			return
		}
		if err := agree(text, zone, oracleFrom, oracleUntil, walls); err != nil {
			rt.Fatal(err)
		}
		clashes := len(valuesOf(f[1], 0, 23, nil)) < 24 && len(dueMinutes(text, changes)) > 0
		if got := s.clash() != nil; got != clashes {
			rt.Fatalf("%q: refused for the clocks: %v, want %v", text, got, clashes)
		}
		if planned++; clashes {
			refused++
		}
	})
	if refused == 0 || planned == refused {
		t.Errorf("%d specs, of them %d refused for the clocks", planned, refused)
	}
}

// leapYear is each day of a leap year, at midnight.
var leapYear = func() (out []reading) {
	for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2024; at = at.AddDate(0, 0, 1) {
		out = append(out, reading{0, 0, at.Day(), int(at.Month()), int(at.Weekday())})
	}
	return out
}()

// TestOtherClocks holds plans against the oracle where clocks change at
// midnight, by half an hour, to the south, or never. The library alone is wrong
// in the first two.
func TestOtherClocks(t *testing.T) {
	from, until := oracleFrom, oracleFrom.AddDate(1, 0, 0)
	for _, name := range []string{"Africa/Cairo", "Australia/Lord_Howe", "America/Santiago", "America/New_York", "Asia/Kathmandu", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		of := readings(from, until, func(at time.Time) time.Duration {
			_, seconds := at.In(zone).Zone()
			return time.Duration(seconds) * time.Second
		})
		for _, text := range []string{"0 5 * * thu", "0 0 * * *", "15 2 * * *", "0 3 * * *", "@hourly", "*/10 * * * *", "0 0 1 * *", "45 1,2,3 * 4,10 sun"} {
			if err := agree(text, zone, from, until, of); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestFarYears holds plans against the oracle over years in which Go's bounds
// of a zone are a day short.
func TestFarYears(t *testing.T) {
	from, until := time.Date(2039, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2041, 2, 1, 0, 0, 0, 0, time.UTC)
	of := readings(from, until, summer)
	for _, text := range []string{"0 2 * * *", "@hourly", "30 23 31 12 *", "0 0 1 1 *"} {
		if err := agree(text, london(t), from, until, of); err != nil {
			t.Error(err)
		}
	}
}
