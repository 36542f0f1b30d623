package project

import (
	"regexp"
	"slices"
	"strconv"
)

// coarser are the levels of days, from the finest.
var coarser = []string{"", "as-is", "month", "quarter", "year", "all"}

// sized are the levels that have a figure.
var sized = regexp.MustCompile(`^(width-|prefix-|)([0-9]{1,6})(-years|)$`)

// ordered reports whether levels are from the finest to the coarsest, as far as the words
// tell: of two look-ups nobody can say which is coarser.
func ordered(levels []string) bool {
	for i, word := range levels {
		if i > 0 && (word == "as-is" || levels[i-1] == "all" || finerThan(word, levels[i-1])) {
			return false
		}
	}
	return true
}

// finerThan reports whether a level is known to be finer than another of its kind.
func finerThan(a, b string) bool {
	one, m := figure(a)
	other, n := figure(b)
	return one == other && one != "" && m < n
}

// figure is the kind of a level, and how coarse it is.
func figure(word string) (kind string, n int) {
	if at := slices.Index(coarser, word); at > 1 && word != "all" {
		return "days", at
	}
	m := sized.FindStringSubmatch(word)
	if m == nil {
		return "", 0
	}
	n, _ = strconv.Atoi(m[2]) // of six figures at most
	if m[1] == "prefix-" {
		n = -n
	}
	return m[1] + m[3], n
}
