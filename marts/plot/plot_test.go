package plot

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBars(t *testing.T) {
	var b bytes.Buffer
	err := Bars(&b, []Point{{"0-4", 40}, {"a label that is far too long to be shown", 20}, {"none", 0}, {"few", 0.1}, {"-", math.NaN()}}, 60)
	want := "" +
		"0-4                           █████████████████████████   40\n" +
		"a label that is far too lon…  ████████████▌               20\n" +
		"none                                                       0\n" +
		"few                           ▏                          0.1\n" +
		"-                                                          -\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%swant\n%s", err, b.String(), want)
	}
	if err := Bars(&b, []Point{{"a", -1}}, 60); err == nil {
		t.Error("drew a bar below zero")
	}
	if err := Bars(&b, nil, 60); !errors.Is(err, ErrNothing) {
		t.Errorf("drew nothing: %v", err)
	}
}

func TestLine(t *testing.T) {
	var b bytes.Buffer
	err := Line(&b, []Point{{"Jan", 0}, {"Feb", 10}, {"Mar", math.NaN()}, {"Apr", 5}, {"May", 10}}, 24, 4)
	want := "" +
		"10 ┤    ⡰⠁           ⢀⠤⠊\n" +
		"   ┤  ⢀⠜           ⡠⠒⠁\n" +
		"   ┤ ⡠⠋           ⠈\n" +
		" 0 ┤⡰⠁\n" +
		"    Jan              May\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%swant\n%s", err, b.String(), want)
	}
	if err := Line(&b, []Point{{"a", math.NaN()}}, 24, 4); !errors.Is(err, ErrNothing) {
		t.Errorf("drew nothing: %v", err)
	}
}

func TestSpark(t *testing.T) {
	for _, tc := range []struct {
		in   []float64
		want string
	}{
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, "▁▂▃▄▅▆▇█"}, {[]float64{5, math.NaN(), 5}, "▄ ▄"}, {[]float64{-1, 1}, "▁█"}, {nil, ""},
	} {
		if got := Spark(tc.in); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.in, got, tc.want)
		}
	}
}

// TestFits holds that whatever is drawn fits the width, and that the highest
// and the lowest point are drawn.
func TestFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []Point
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			points = append(points, Point{rapid.StringN(0, 40, -1).Filter(func(s string) bool { return !strings.ContainsAny(s, "\n") }).Draw(t, "label"), rapid.Float64Range(0, 1e12).Draw(t, "value")})
		}
		width := rapid.IntRange(70, 200).Draw(t, "width")
		for _, draw := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return Bars(b, points, width) },
			func(b *bytes.Buffer) error { return Line(b, points, width, 8) },
		} {
			var b bytes.Buffer
			if err := draw(&b); err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if n := len([]rune(line)); n > width {
					t.Fatalf("%d cells, want at most %d: %q", n, width, line)
				}
			}
		}
	})
}
