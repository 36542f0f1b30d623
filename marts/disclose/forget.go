package disclose

import (
	"fmt"

	"secondaryuse/marts/disclose/differ"
)

// Forget has later tables compared with a kept one no more. Call it where of that
// table nothing has left, and nothing will.
func Forget(folder, id string) error {
	s, err := differ.Open(folder)
	if err == nil {
		err = s.Forget(id)
	}
	if err != nil {
		return fmt.Errorf("disclose: %w", err)
	}
	return nil
}

// Keeps says that later tables are compared with a release: that whom it counts is
// still in the folder.
func Keeps(folder, id string) bool { return differ.Keeps(folder, id) }
