// Reading a veiled number from outside deid.
package main

// want: use of internal package secondaryuse/deid/internal/veil not allowed

import (
	"secondaryuse/deid/identity"
	"secondaryuse/deid/internal/veil"
)

func main() {
	n, _ := identity.Parse([]byte("9434765919"))
	println(string(veil.Lift(nil, n.V)))
}
