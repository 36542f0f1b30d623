package sensitive

import (
	"bytes"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"secondaryuse/deid/gate/list"
)

// relationColumns are the header of an RF2 relationship file.
const relationColumns = "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId"

// isA is the type of the relationship that says that one concept is below
// another.
const isA = "116680003"

// mostRelations is how many of them are held: some five times those of the
// United Kingdom's editions together.
const mostRelations = 8 << 20

// hierarchy is which concept is directly below which, of any number of files.
// It holds 8 bytes a relationship and some 50 a concept.
type hierarchy struct {
	number map[uint64]int32 // of a concept
	ids    []uint64         // by number
	edges  [][2]int32       // the concept above, the one below
	about  []string         // the files
}

// read takes in the active is-a relationships of a snapshot.
func (h *hierarchy) read(file string) error {
	in, err := list.Open("sensitive", file)
	if err != nil {
		return err
	}
	defer in.Close()
	if name := filepath.Base(file); !strings.Contains(name, "_Relationship_") || !strings.Contains(name, "Snapshot") {
		return in.Refuse("", "its name is not that of a snapshot of relationships (sct2_Relationship_...Snapshot...)", "give the snapshot of the release, under the name it was published by")
	}
	before := len(h.edges)
	for n := 1; ; n++ {
		line, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		field, reason := "columns", ""
		if n > 1 {
			field, reason = h.line(line)
		} else if string(line) != relationColumns {
			reason = "not the header of an RF2 relationship file"
		}
		if reason != "" {
			return in.Refuse(field, reason, notPublished)
		}
	}
	if len(h.edges) == before {
		return in.Refuse("", "empty: no active is-a relationship", notPublished)
	}
	h.about = append(h.about, filepath.Base(file)+", "+strconv.Itoa(len(h.edges)-before)+" is-a relationships, sha256 "+in.SHA256())
	return nil
}

// line takes in one relationship.
func (h *hierarchy) line(line []byte) (field, reason string) {
	var f [10][]byte
	rest, more := line, true
	for i := range f {
		if !more {
			return "", "not ten columns"
		}
		f[i], rest, more = bytes.Cut(rest, []byte{'\t'})
	}
	active, below, above, kind := f[2], f[4], f[5], f[7]
	switch {
	case more:
		return "", "not ten columns"
	case string(active) != "0" && string(active) != "1":
		return "active", "neither 0 nor 1"
	case string(active) == "0" || string(kind) != isA:
		return "", ""
	case !sctid(string(below)):
		return "sourceId", "no SNOMED CT identifier"
	case !sctid(string(above)):
		return "destinationId", "no SNOMED CT identifier"
	case len(h.edges) == mostRelations:
		return "", "more relationships than all editions have"
	}
	h.edges = append(h.edges, [2]int32{h.concept(above), h.concept(below)})
	return "", ""
}

// concept numbers a concept.
func (h *hierarchy) concept(id []byte) int32 {
	n := numberOf(id)
	at, ok := h.number[n]
	if !ok {
		at = int32(len(h.ids))
		h.number[n], h.ids = at, append(h.ids, n)
	}
	return at
}

// numberOf is an identifier of at most 18 digits as a number.
func numberOf[T string | []byte](id T) (n uint64) {
	for i := range len(id) {
		n = n*10 + uint64(id[i]-'0')
	}
	return n
}

// tree is a hierarchy in order: what is directly below concept i is
// below[from[i]:from[i+1]].
type tree struct {
	*hierarchy
	from, below []int32
}

// order puts the hierarchy in order. It reports false where a concept is below
// itself.
func (h *hierarchy) order() (t tree, ok bool) {
	t = tree{h, make([]int32, len(h.ids)+2), make([]int32, len(h.edges))}
	for _, e := range h.edges {
		t.from[e[0]+2]++
	}
	for i := 2; i < len(t.from); i++ {
		t.from[i] += t.from[i-1]
	}
	for _, e := range h.edges {
		t.below[t.from[e[0]+1]] = e[1]
		t.from[e[0]+1]++
	}
	t.from = t.from[:len(h.ids)+1]
	return t, t.ends()
}

// ends reports whether every way down ends: it takes away what has nothing above
// it, again and again, and sees whether anything is left.
func (t tree) ends() bool {
	above := make([]int32, len(t.ids))
	for _, b := range t.below {
		above[b]++
	}
	var front []int32
	for i, n := range above {
		if n == 0 {
			front = append(front, int32(i))
		}
	}
	taken := 0
	for ; len(front) > 0; taken++ {
		top := front[len(front)-1]
		front = front[:len(front)-1]
		for _, b := range t.under(top) {
			if above[b]--; above[b] == 0 {
				front = append(front, b)
			}
		}
	}
	return taken == len(t.ids)
}

func (t tree) under(concept int32) []int32 { return t.below[t.from[concept]:t.from[concept+1]] }

// descendants yields every concept below one, each once, in no order that means
// anything. It reports false where the hierarchy does not know the concept.
func (t tree) descendants(of string, yield func(code string)) (known bool) {
	at, known := t.number[numberOf(of)]
	if !known {
		return false
	}
	seen, front := map[int32]bool{at: true}, []int32{at}
	for len(front) > 0 {
		top := front[len(front)-1]
		front = front[:len(front)-1]
		for _, b := range t.under(top) {
			if !seen[b] {
				seen[b] = true
				front = append(front, b)
				yield(strconv.FormatUint(t.ids[b], 10))
			}
		}
	}
	return true
}
