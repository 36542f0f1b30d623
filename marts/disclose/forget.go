package disclose

import (
	"fmt"
	"slices"

	"secondaryuse/marts/disclose/differ"
)

// Forget has later tables compared with a kept one no more. Call it where of that
// table nothing has left, and nothing will.
func Forget(folder, id string) error {
	if err := differ.Forget(folder, id); err != nil {
		return fmt.Errorf("disclose: %w", err)
	}
	return nil
}

// Accept has what an earlier program kept of a release of the question, without a key,
// count as true, which whoever calls it answers for; it returns the SHA-256 of the file
// as it is then.
func Accept(folder, id string, q Question, key differ.Key) (string, error) {
	s, err := differ.Open(folder, key)
	if err != nil {
		return "", fmt.Errorf("disclose: %w", err)
	}
	return s.Accept(id, slices.ContainsFunc(q.Measures, func(m measure) bool { return m.Kind != persons && m.Of == "" }))
}

// Keeps says that later tables are compared with a release: that whom it counts is
// still in the folder.
func Keeps(folder, id string) bool { return differ.Keeps(folder, id) }
