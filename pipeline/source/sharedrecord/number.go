package sharedrecord

import (
	"slices"
	"sync"

	"secondaryuse/pipeline/source/scan"
)

// numbers finds out how many lines of a file lie before a shard. That is asked
// only when a line of the shard is rejected; no byte of a file is counted
// twice.
type numbers struct {
	mu    sync.Mutex
	known map[string][]mark
}

// mark says that so many lines begin before offset.
type mark struct{ offset, lines int64 }

func (n *numbers) before(path string, offset int64) (int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	marks := n.known[path]
	at, found := slices.BinarySearchFunc(marks, offset, func(m mark, o int64) int { return int(m.offset - o) })
	if found {
		return marks[at].lines, nil
	}
	var last mark
	if at > 0 {
		last = marks[at-1]
	}
	more, err := scan.Count(path, last.offset, offset-last.offset)
	if err != nil {
		return 0, err
	}
	next := mark{offset, last.lines + more}
	if n.known == nil {
		n.known = make(map[string][]mark)
	}
	n.known[path] = slices.Insert(marks, at, next)
	return next.lines, nil
}
