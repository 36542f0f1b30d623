// Changing a figure of a released table.
package main

// want: cannot refer to unexported field rows|undefined \(.*rows\)|rows undefined

import "secondaryuse/marts/disclose"

func main() {
	var r disclose.Released
	r.rows[0][1] = "3"
}
