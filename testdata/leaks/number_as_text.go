// Using a number where a stored code is wanted.
package main

// want: cannot convert n .* to type term.Code|cannot use n .* as term.Code|cannot convert n

import (
	"secondaryuse/deid/identity"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

func main() {
	n, _ := identity.Parse([]byte("9434765919"))
	_ = row.Problem{Code: term.Code(n)}
}
