package register

import (
	"fmt"
	"path/filepath"
	"slices"
)

// New counts the digests of a file that none of the earlier ones has, each of them as it
// was written: of one that lacks some, these would be new. It holds none of them in memory.
func (r *Register) New(p Persons, earlier []Persons) (n int64, err error) {
	if slices.Contains(earlier, p) {
		return 0, nil
	}
	var from []*cursor
	for _, of := range append([]Persons{p}, earlier...) {
		if err := r.Intact(of); err != nil {
			return 0, fmt.Errorf("%w; next: ohc-marts verify", err)
		}
		c, err := read(filepath.Join(r.dir, persons, of.SHA256))
		if err != nil {
			return 0, fmt.Errorf("register: persons: %w; next: ohc-marts verify", err)
		}
		defer c.close()
		from = append(from, c)
	}
	for now := from[0]; !now.done; err = now.next() {
		if err != nil {
			return 0, fmt.Errorf("register: persons: %w; next: ohc-marts verify", err)
		}
		known := false
		for _, c := range from[1:] {
			for !c.done && order(c.at, now.at) < 0 {
				if err := c.next(); err != nil {
					return 0, fmt.Errorf("register: persons: %w; next: ohc-marts verify", err)
				}
			}
			known = known || !c.done && c.at == now.at
		}
		if !known {
			n++
		}
	}
	return n, err
}
