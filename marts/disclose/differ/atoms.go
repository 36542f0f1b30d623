package differ

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// most is how many groups of people may be told apart by all figures together.
// Memory grows with it, not with the number of people.
var most = 4 << 20

var errMany = errors.New("people of releases: too many figures overlap to be compared: ask for fewer dimensions or wider bands")

// world is all figures, of the new table and of earlier ones, and the people in
// groups whom no figure tells apart.
type world struct {
	releases int // earlier ones
	figures  []known
	atoms    []atom
}

type known struct {
	release int // 0: the new table
	Figure
	people int64
	atoms  []int32
}

type atom struct {
	people  int64
	figures []int32
}

// world reads all releases of the domain, side by side.
func (s *Sheet) world(figures []Figure) (*world, error) {
	whole, err := s.sorted()
	if err != nil {
		return nil, err
	}
	if s.saw, err = s.store.kept(); err != nil {
		return nil, err
	}
	w, paths := &world{}, []string{whole}
	by := []map[uint32][]int32{w.add(0, figures)}
	for _, name := range s.saw {
		path := filepath.Join(s.store.dir, name)
		in, err := open(path)
		if err != nil {
			return nil, err
		}
		if in.Domain == s.domain {
			by = append(by, w.add(len(paths), in.Figures))
			paths = append(paths, path)
		}
		if err := in.f.Close(); err != nil {
			return nil, err
		}
	}
	w.releases = len(paths) - 1
	return w, w.read(paths, by)
}

// add adds the figures of a release, and returns which each mark is counted in.
func (w *world) add(release int, figures []Figure) map[uint32][]int32 {
	by := make(map[uint32][]int32)
	for _, f := range figures {
		for _, m := range f.Marks {
			by[m] = append(by[m], int32(len(w.figures)))
		}
		w.figures = append(w.figures, known{release: release, Figure: f})
	}
	return by
}

// read reads person by person, in which figures each is, and counts those who
// are in the same.
func (w *world) read(paths []string, by []map[uint32][]int32) error {
	index := make(map[string]int32)
	var in []int32
	err := together(paths, func(files []*file, least entry) error {
		in = in[:0]
		for i, f := range files {
			for !f.done && f.at.person == least.person {
				in = append(in, by[i][f.at.mark]...)
				if err := f.next(); err != nil {
					return err
				}
			}
		}
		slices.Sort(in)
		in = slices.Compact(in)
		return w.count(index, in)
	})
	if err != nil {
		return fmt.Errorf("compare with earlier releases: %w", err)
	}
	for i, a := range w.atoms {
		for _, f := range a.figures {
			w.figures[f].people += a.people
			w.figures[f].atoms = append(w.figures[f].atoms, int32(i))
		}
	}
	return nil
}

// count counts a person who is in the given figures.
func (w *world) count(index map[string]int32, in []int32) error {
	if len(in) == 0 {
		return nil
	}
	var key []byte
	for _, f := range in {
		key = binary.AppendUvarint(key, uint64(f))
	}
	a, ok := index[string(key)]
	if !ok {
		if len(w.atoms) == most {
			return errMany
		}
		a = int32(len(w.atoms))
		index[string(key)] = a
		w.atoms = append(w.atoms, atom{figures: slices.Clone(in)})
	}
	w.atoms[a].people++
	return nil
}
