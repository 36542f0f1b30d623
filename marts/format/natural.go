package format

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// leading is the number that a label begins with.
var leading = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?`)

// Natural compares labels as people order them: by the number that they begin with, as
// bands do, then as text. Those that begin with none come last.
func Natural(a, b string) int {
	x, y := leading.FindString(a), leading.FindString(b)
	if x == "" || y == "" {
		return cmp.Or(-cmp.Compare(len(x), len(y)), strings.Compare(a, b))
	}
	n, _ := strconv.ParseFloat(x, 64) // too large a number is infinite
	m, _ := strconv.ParseFloat(y, 64)
	return cmp.Or(cmp.Compare(n, m), strings.Compare(a, b))
}
