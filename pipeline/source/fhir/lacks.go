package fhir

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// lacks is what records refer to and the look-up does not hold.
type lacks struct {
	mu    sync.Mutex
	names map[string]bool
}

// ManyLacks is how many of what is lacking are told apart.
const ManyLacks = 1000

func (l *lacks) note(typ string, id []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = make(map[string]bool)
	}
	if len(l.names) <= ManyLacks {
		l.names[typ+strings.Clone(view(id))] = true
	}
}

// Lacks lists what was asked for and is not there, as "Type/id": all of it, or
// more than ManyLacks.
func (l *Lookup) Lacks() []string {
	l.lacks.mu.Lock()
	defer l.lacks.mu.Unlock()
	return slices.Sorted(maps.Keys(l.lacks.names))
}
