// Package plot draws two columns of an answer in a terminal: bars, or a line.
// Every text fits the width it is given.
package plot

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Point is a label and its value. A value that is not known is NaN.
type Point struct {
	Label string
	Value float64
}

// ErrNothing says that there is no value to draw.
var ErrNothing = errors.New("there is nothing to draw")

const labelWidth = 28

// Bars draws one horizontal bar for each point, to the scale of the largest.
// Values below zero cannot be drawn.
func Bars(w io.Writer, points []Point, width int) error {
	most, _, err := limits(points)
	if err != nil {
		return err
	}
	label, value := 0, 0
	for _, p := range points {
		if p.Value < 0 {
			return errors.New("a bar cannot show a value below zero; draw a line")
		}
		label = max(label, len([]rune(short(p.Label))))
		value = max(value, len(number(p.Value)))
	}
	room := max(8, width-label-value-4)
	var out strings.Builder
	for _, p := range points {
		fmt.Fprintf(&out, "%s  %s  %s\n", pad(short(p.Label), label), pad(bar(p.Value, most, room), room), padLeft(number(p.Value), value))
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// eighths are blocks of one to eight eighths of a cell.
var eighths = []rune("▏▎▍▌▋▊▉█")

func bar(v, most float64, room int) string {
	if math.IsNaN(v) || most == 0 {
		return ""
	}
	n := int(math.Round(v / most * float64(room) * 8))
	if n == 0 && v > 0 {
		n = 1 // a value that is there is seen
	}
	text := strings.Repeat("█", n/8)
	if n%8 > 0 {
		text += string(eighths[n%8-1])
	}
	return text
}

// Line draws the values in their order as a line of dots, height rows high,
// with the first and the last label below and the limits at the side.
func Line(w io.Writer, points []Point, width, height int) error {
	most, least, err := limits(points)
	if err != nil {
		return err
	}
	if least > 0 && least < most/2 {
		least = 0
	}
	if most == least {
		most++
	}
	side := max(len(number(most)), len(number(least)))
	g := newGrid(max(8, width-side-2), max(3, height))
	g.line(points, least, most)
	var out strings.Builder
	for y, row := range g.rows() {
		at := ""
		switch y {
		case 0:
			at = number(most)
		case g.height - 1:
			at = number(least)
		}
		fmt.Fprintf(&out, "%s ┤%s\n", padLeft(at, side), strings.TrimRight(row, " "))
	}
	first, last := short(points[0].Label), short(points[len(points)-1].Label)
	gap := max(1, g.width-len([]rune(first))-len([]rune(last)))
	fmt.Fprintf(&out, "%s  %s%s%s\n", strings.Repeat(" ", side), first, strings.Repeat(" ", gap), last)
	_, err = io.WriteString(w, out.String())
	return err
}

// Spark returns the values as one word of blocks, a cell each.
func Spark(values []float64) string {
	points := make([]Point, len(values))
	for i, v := range values {
		points[i].Value = v
	}
	most, least, err := limits(points)
	if err != nil {
		return ""
	}
	steps := []rune("▁▂▃▄▅▆▇█")
	var out strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			out.WriteByte(' ')
		case most == least:
			out.WriteRune(steps[3])
		default:
			out.WriteRune(steps[int(math.Round((v-least)/(most-least)*7))])
		}
	}
	return out.String()
}

func limits(points []Point) (most, least float64, err error) {
	most, least = math.Inf(-1), math.Inf(1)
	for _, p := range points {
		if !math.IsNaN(p.Value) {
			most, least = max(most, p.Value), min(least, p.Value)
		}
	}
	if math.IsInf(most, 0) || math.IsInf(least, 0) {
		return 0, 0, ErrNothing
	}
	return most, least, nil
}

func short(label string) string {
	if r := []rune(label); len(r) > labelWidth {
		return string(r[:labelWidth-1]) + "…"
	}
	return label
}

func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func pad(s string, n int) string     { return s + strings.Repeat(" ", max(0, n-len([]rune(s)))) }
func padLeft(s string, n int) string { return strings.Repeat(" ", max(0, n-len([]rune(s)))) + s }
