// Storing identified records without gate or crossing.
package main

// want: type \[\]record.Of\[row.Problem\] of rows does not match deid.Batch

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/stage"
)

func main() {
	var rows []record.Of[row.Problem]
	stage.Append(stage.NewWriter("", 0), rows)
}
