// Crossing without a gate.
package main

// want: \[\]record.Of\[row.Problem\]

import (
	"secondaryuse/deid"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
)

func main() {
	var d *deid.Desk
	var rows []record.Of[row.Problem]
	deid.Cross(d, rows, nil)
}
