package register

import (
	"fmt"
	"slices"
)

// Standing is an issue, and what has become of it since.
type Standing struct {
	Issue
	Since []Step // recalled and destroyed, oldest first
}

// Is reports whether a step of that kind was taken since it was issued.
func (s Standing) Is(what string) bool {
	return slices.ContainsFunc(s.Since, func(p Step) bool { return p.What == what })
}

// Standings returns everything that was issued, oldest first, with what has become
// of it.
func (r *Register) Standings() ([]Standing, error) {
	steps, err := r.Steps()
	if err != nil {
		return nil, err
	}
	var out []Standing
	for _, s := range steps {
		if s.Issue != nil {
			out = append(out, Standing{Issue: *s.Issue})
		}
		for i := range out {
			if of := &out[i]; of.Kind == s.Kind && of.Name == s.Name && (s.What == "recalled" || s.What == "destroyed") {
				of.Since = append(of.Since, s)
			}
		}
	}
	return out, nil
}

// Fits returns an error where an issue was digested by another key than the sought
// were: then none of them would be found in it, whoever is.
func (s Sought) Fits(i Issue) error {
	if s.Register != i.RegisterKey {
		return fmt.Errorf("register: issue %d has digests by the key %s, and those that are sought are by %s; next: make the file with ohc-pipeline digests and the right key", i.Number, i.RegisterKey, s.Register)
	}
	return nil
}

// Knows reports whether those who are sought have digests in the domain of an issue.
// Where not, as with a domain whose key is destroyed, it cannot be told who of them is
// in it.
func (s Sought) Knows(i Issue) bool { return len(s.By) == 0 || len(s.By[i.Domain]) > 0 }
