// Admitting by hand.
package main

// want: cannot refer to unexported field rows|unknown field rows

import (
	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
)

func main() {
	_ = gate.Admitted[row.Problem]{rows: []record.Of[row.Problem]{{}}}
}
