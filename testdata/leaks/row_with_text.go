// A row of our own, with a place for free text.
package main

// want: does not satisfy row.Row

import (
	"secondaryuse/deid"
	"secondaryuse/deid/row"
)

type note struct {
	row.Problem
	Text string
}

func main() {
	_ = deid.Batch[note]{}
}
