// Making a batch by hand.
package main

// want: cannot refer to unexported field rows|unknown field rows

import (
	"secondaryuse/deid"
	"secondaryuse/deid/row"
)

func main() {
	_ = deid.Batch[row.Problem]{rows: []row.Problem{{}}}
}
