// Storing what was admitted but has not crossed.
package main

// want: type gate.Admitted\[row.Problem\] of a does not match

import (
	"secondaryuse/deid/gate"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/stage"
)

func main() {
	var a gate.Admitted[row.Problem]
	stage.Append(stage.NewWriter("", 0), a)
}
