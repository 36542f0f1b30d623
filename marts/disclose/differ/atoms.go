package differ

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// most is how many groups of people may be told apart by all figures together.
// Memory grows with it, not with the number of people.
var most = 4 << 20

var errMany = errors.New("people of releases: too many figures overlap to be compared: ask for fewer dimensions or wider bands")

// world is all figures, of the new table and of earlier ones, and the people in
// groups whom no figure tells apart.
type world struct {
	releases int // earlier ones
	foreign  int // of other domains
	figures  []known
	atoms    []atom
	bare     []bool // of the new table and of each earlier one, as in head
	blind    bool   // somebody of the new table is in one that is bare
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

// world reads the named releases of the domain, side by side; all that are kept, where
// none is named.
func (s *Sheet) world(figures []Figure, earlier []string) (w *world, err error) {
	whole, err := s.sorted()
	if err != nil {
		return nil, err
	}
	if s.saw, err = s.store.kept(); err != nil {
		return nil, err
	}
	if earlier == nil {
		earlier = s.saw
	}
	in, err := s.store.open(whole, "")
	if err != nil {
		return nil, err
	}
	w, files := &world{bare: []bool{false}}, []*file{in}
	by := []map[uint32][]int32{w.add(0, figures)}
	for _, name := range earlier {
		name = strings.TrimSuffix(name, suffix)
		in, err := s.store.open(filepath.Join(s.store.dir, name+suffix), name)
		if err != nil {
			return nil, errors.Join(err, closed(files))
		}
		if in.Domain != s.domain {
			w.foreign++
			err = in.f.Close()
		} else {
			by, w.bare = append(by, w.add(len(files), in.Figures)), append(w.bare, in.Bare)
			files = append(files, in)
		}
		if err != nil {
			return nil, errors.Join(err, closed(files))
		}
	}
	w.releases = len(files) - 1
	return w, w.read(files, by)
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
func (w *world) read(files []*file, by []map[uint32][]int32) error {
	index := make(map[string]int32)
	var in []int32
	err := together(files, func(files []*file, least entry) error {
		in = in[:0]
		new := !files[0].done && files[0].at.person == least.person
		for i, f := range files {
			w.blind = w.blind || new && w.bare[i] && !f.done && f.at.person == least.person
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
