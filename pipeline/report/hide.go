package report

import (
	"math"
	"slices"
)

// A column is counts of which the sum may be told elsewhere, to the nearest 5.
// Where all that is shown is near the most, or the least, that it stands for, the
// sum would tell what is hidden. Then more is hidden.

// span is what a figure of a column says of its count.
func span(f Figure, some bool) (low, high int64) {
	switch f {
	case 0:
		return 0, 0
	case Few:
		if some {
			return 1, least - 1
		}
		return 0, least - 1
	case Hidden:
		return 0, math.MaxInt32
	}
	return max(int64(f)-step/2, least), int64(f) + step/2
}

// open reports whether each hidden count of a column can be one of three at least,
// for all that its figures and its sum say: so nobody learns more by seeing that
// nothing else was hidden. some says that none of the counts is 0.
func open(shown []Figure, sum int64, some bool) bool {
	from, to := span(Rounded(sum), false)
	least, most := int64(0), int64(0)
	for _, f := range shown {
		low, high := span(f, some)
		least, most = least+low, most+high
	}
	for _, f := range shown {
		low, high := span(f, some)
		if f == Few && min(high, to-(least-low))-max(low, from-(most-high)) < 2 {
			return false
		}
	}
	return true
}

// suppress tells the counts of organisations. None is Few as well, so that nobody
// sees how many are none. Where the sum would tell, the smallest of the others is
// hidden, and where there is no other, all.
func suppress(counts []int64) []Figure {
	out := make([]Figure, len(counts))
	sum, next := int64(0), -1
	for i, n := range counts {
		sum += n
		if out[i] = Rounded(n); n < least {
			out[i] = Few
		} else if next < 0 || n < counts[next] {
			next = i
		}
	}
	switch {
	case open(out, sum, false):
	case next >= 0:
		out[next] = Hidden
	default:
		return slices.Repeat([]Figure{Hidden}, len(counts))
	}
	return out
}

// together is how many of some counts, none of which is 0 and which are in order,
// the smallest first, are told as one: as many as must, that the sum does not tell
// one of them.
func together(counts []int64) int {
	few, sum := 0, int64(0)
	for _, n := range counts {
		if sum += n; n < least {
			few++
		}
	}
	for n := 0; n < len(counts); n = max(n+1, few, 2) {
		if open(told(counts, n), sum, true) {
			return n
		}
	}
	return len(counts)
}

// told tells counts, the first n of them as one.
func told(counts []int64, n int) []Figure {
	var out []Figure
	sum := int64(0)
	for i, c := range counts {
		if i < n {
			sum += c
		} else {
			out = append(out, Rounded(c))
		}
	}
	if n > 0 {
		out = append(out, Rounded(sum))
	}
	return out
}
