// Converting rows to a released table.
package main

// want: cannot convert

import "secondaryuse/marts/disclose"

func main() {
	_ = disclose.Released([][]string{{"M82002", "3"}})
}
