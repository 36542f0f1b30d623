package reversal

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
)

// List is the ids that a request asks about, in order, each once.
type List []int64

// most is how many ids a list may have, whatever is configured: a request is about
// patients whom a practice will speak to, not about a population.
const most = 10_000

// Digest is the SHA-256 of the ids, 8 bytes each, big endian, ascending.
func (l List) Digest() string {
	var b []byte
	for _, id := range l {
		b = binary.BigEndian.AppendUint64(b, uint64(id))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// ReadList reads a file with an id in each line. Errors say where, and never what.
func ReadList(path string) (List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := parseList(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

func parseList(from io.Reader) (l List, err error) {
	lines := bufio.NewScanner(from)
	for n := 1; lines.Scan(); n++ {
		id, err := strconv.ParseInt(lines.Text(), 10, 64)
		switch {
		case err != nil || id < 0 || strconv.FormatInt(id, 10) != lines.Text():
			return nil, refused("line %d: not a person_id, in digits alone", n)
		case n > most:
			return nil, refused("more than %d persons", most)
		}
		l = append(l, id)
	}
	if lines.Err() != nil {
		return nil, refused("a line that is far too long")
	}
	slices.Sort(l)
	if len(l) == 0 || len(slices.Compact(slices.Clone(l))) != len(l) {
		return nil, refused("it has nobody, or somebody twice")
	}
	return l, nil
}
