// Having numbers handed out in clear.
package main

// want: cannot refer to unexported field to

import (
	"io"
	"os"

	"filippo.io/age"

	"secondaryuse/deid"
)

// nobody is an age recipient who needs no key to read.
type nobody struct{}

func (nobody) Wrap(key []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: "clear", Body: key}}, nil
}

func main() {
	var out io.Writer = os.Stdout
	deid.Hand{to: nobody{}}.Numbers(out, nil)
}
