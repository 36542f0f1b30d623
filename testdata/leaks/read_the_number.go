// Asking a number for its digits.
package main

// want: n.String undefined

import "secondaryuse/deid/identity"

func main() {
	n, _ := identity.Parse([]byte("9434765919"))
	println(n.String())
}
