// Converting rows to a batch.
package main

// want: cannot convert

import (
	"secondaryuse/deid"
	"secondaryuse/deid/row"
)

func main() {
	_ = deid.Batch[row.Problem]([]row.Problem{{}})
}
