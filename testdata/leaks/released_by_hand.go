// Making a released table by hand.
package main

// want: cannot refer to unexported field rows|unknown field rows

import "secondaryuse/marts/disclose"

func main() {
	_ = disclose.Released{rows: [][]string{{"M82002", "3"}}}
}
