package term

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

func TestShapes(t *testing.T) {
	ok := func(b bool) bool { return b }
	for _, tc := range []struct {
		what string
		got  bool
		want bool
	}{
		{"SNOMED code", ok(second(CodeOf([]byte("73211009")))), true},
		{"Read code", ok(second(CodeOf([]byte("C10E.")))), true},
		{"empty code", ok(second(CodeOf(nil))), false},
		{"a sentence", ok(second(CodeOf([]byte("seen by Dr Smith")))), false},
		{"a long code", ok(second(CodeOf([]byte(strings.Repeat("1", 37))))), false},
		{"an at sign", ok(second(CodeOf([]byte("a@b.uk")))), false},
		{"practice", ok(second(ODSOf([]byte("M82002")))), true},
		{"small practice", ok(second(ODSOf([]byte("m82002")))), false},
		{"area", ok(second(LSOAOf([]byte("E01009719")))), true},
		{"postcode as area", ok(second(LSOAOf([]byte("ZZ99 3WZ ")))), false},
		{"unit", ok(second(UnitOf([]byte("mm[Hg]")))), true},
		{"a sentence as unit", ok(second(UnitOf([]byte("taken per day by Mr Smith")))), false},
		{"word", ok(second(WordOf([]byte("in-progress")))), true},
		{"capital word", ok(second(WordOf([]byte("Smith")))), false},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, tc.got, tc.want)
		}
	}
}

func second[T any](_ T, ok bool) bool { return ok }

// TestWall holds the day arithmetic against package time.
func TestWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.IntRange(1850, 2150).Draw(t, "year")
		m := rapid.IntRange(0, 13).Draw(t, "month")
		d := rapid.IntRange(0, 32).Draw(t, "day")
		got, ok := Wall(y, m, d, 13, 14, 15, 16)
		want := time.Date(y, time.Month(m), d, 13, 14, 15, 16000, time.UTC)
		real := want.Year() == y && int(want.Month()) == m && want.Day() == d
		if ok != real || (ok && int64(got) != want.UnixMicro()) {
			t.Fatalf("%d-%d-%d: %d %v", y, m, d, got, ok)
		}
		if ok && (got.Day().Clock() != want.Truncate(24*time.Hour) && got.Day() != 1 || got.Month().Clock().Day() != 1) {
			t.Fatalf("%d-%d-%d: day %v month %v", y, m, d, got.Day().Clock(), got.Month().Clock())
		}
	})
}

func TestFirstMicrosecondIsKnown(t *testing.T) {
	if at, ok := Wall(1970, 1, 1, 0, 0, 0, 0); !ok || at == Unknown {
		t.Error("an event at the start of 1970 is lost")
	}
}

func TestAtKeepsTheWallClock(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	got := At(time.Date(2025, 7, 31, 23, 30, 0, 0, time.UTC), london)
	if want, _ := Wall(2025, 8, 1, 0, 30, 0, 0); got != want {
		t.Errorf("%v, want %v", got.Clock(), want.Clock())
	}
}
