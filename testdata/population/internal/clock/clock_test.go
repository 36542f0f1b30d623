package clock

import (
	"testing"
	"time"
)

// TestAgainstTheStandardLibrary holds every function against package time,
// for every day of 1900 to 2100 and the hours around each change of clocks.
func TestAgainstTheStandardLibrary(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("no time zone database")
	}
	for at := time.Date(1900, 1, 1, 12, 34, 56, 0, time.UTC); at.Year() < 2101; at = at.AddDate(0, 0, 1) {
		d := Date(at.Year(), int(at.Month()), at.Day())
		if y, m, day := d.Civil(); y != at.Year() || m != int(at.Month()) || day != at.Day() {
			t.Fatalf("Civil of %s is %d-%d-%d", at, y, m, day)
		}
		if d.Weekday() != int(at.Weekday()) {
			t.Fatalf("Weekday of %s is %d", at, d.Weekday())
		}
		w := d.At(12, 34, 56)
		if got, want := string(w.AppendLocal(nil)), at.Format("2006-01-02T15:04:05"); got != want {
			t.Fatalf("AppendLocal gave %s, want %s", got, want)
		}
	}
	for at := time.Date(2020, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2031; at = at.Add(time.Hour) {
		w := OfUTC(at.Unix())
		if got, want := string(w.AppendLocal(nil)), at.In(london).Format("2006-01-02T15:04:05"); got != want {
			t.Fatalf("OfUTC of %s is %s, want %s", at, got, want)
		}
		again := time.Date(at.Year(), at.Month(), at.Day(), at.Hour()-1, 30, 0, 0, time.UTC)
		twice := at.In(london).Hour() == again.In(london).Hour()
		if got := w.UTC(); got != at.Unix() && !twice {
			t.Fatalf("UTC of %s is %d, want %d", w.AppendZoned(nil), got, at.Unix())
		}
		if got, want := string(w.AppendUTC(nil)), at.Format(time.RFC3339); got != want && !twice {
			t.Fatalf("AppendUTC gave %s, want %s", got, want)
		}
	}
}

func TestMonths(t *testing.T) {
	for _, c := range []struct {
		from Day
		n    int
		want Day
	}{
		{Date(2026, 1, 31), 1, Date(2026, 2, 28)},
		{Date(2024, 2, 29), 12, Date(2025, 2, 28)},
		{Date(2026, 3, 15), -24, Date(2024, 3, 15)},
		{Date(2026, 12, 31), 2, Date(2027, 2, 28)},
		{Date(2026, 1, 1), -1, Date(2025, 12, 1)},
	} {
		if got := c.from.Months(c.n); got != c.want {
			t.Errorf("%s and %d months is %s, want %s", c.from.AppendDate(nil), c.n, got.AppendDate(nil), c.want.AppendDate(nil))
		}
	}
}

func TestAge(t *testing.T) {
	birth := Date(1936, 11, 23)
	if got := Age(birth, Date(2026, 11, 22)); got != 89 {
		t.Errorf("the day before the birthday: %d", got)
	}
	if got := Age(birth, Date(2026, 11, 23)); got != 90 {
		t.Errorf("on the birthday: %d", got)
	}
}
