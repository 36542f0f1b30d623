package fhir

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// lacks is what records refer to and the look-up does not hold. Many ask for
// what is known to be lacking, few for what is not.
type lacks struct {
	mu    sync.RWMutex
	names map[lacking]struct{}
	full  atomic.Bool
}

type lacking struct{ typ, id string }

// ManyLacks is how many of what is lacking are told apart.
const ManyLacks = 1000

func (l *lacks) note(typ string, id []byte) {
	if l.full.Load() {
		return
	}
	l.mu.RLock()
	_, known := l.names[lacking{typ, view(id)}]
	l.mu.RUnlock()
	if known {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = make(map[lacking]struct{})
	}
	l.names[lacking{typ, strings.Clone(view(id))}] = struct{}{}
	l.full.Store(len(l.names) > ManyLacks)
}

// Lacks lists what was asked for and is not there, as "Type/id": all of it, or
// more than ManyLacks.
func (l *Lookup) Lacks() []string {
	l.lacks.mu.RLock()
	defer l.lacks.mu.RUnlock()
	var out []string
	for n := range l.lacks.names {
		out = append(out, n.typ+"/"+n.id)
	}
	slices.Sort(out)
	return out
}
