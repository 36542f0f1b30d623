// Reading the base key.
package main

// want: k.secret undefined

import "secondaryuse/deid"

func main() {
	k, _ := deid.OpenKey("keys", false)
	println(k.secret)
}
