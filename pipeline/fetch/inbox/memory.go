package inbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch"
)

// seen is the file of the memory.
const seen = ".seen"

// memory is all that was ever taken.
type memory struct {
	number int               // of the delivery it lies with
	keys   map[string]int    // content to the day it was last seen, counted from 1970
	names  map[string]latest // digest of a name to what was last under it
}

// latest is what a name last stood for.
type latest struct {
	key  string // content
	same string // the file's stamp
	part bool   // it is part of the delivery that the memory lies with
}

func newMemory() memory {
	return memory{keys: make(map[string]int), names: make(map[string]latest)}
}

// hidden is the digest of a name. It is there for a fixed width, not to
// protect: the files themselves lie beside it.
func hidden(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// has reports whether the file as it stands has been read before.
func (m memory) has(x file) bool { return m.names[hidden(x.name)].same == x.same }

// parts is of how many files the delivery is that the memory lies with.
func (m memory) parts() (n int) {
	for _, l := range m.names {
		if l.part {
			n++
		}
	}
	return n
}

// errMemory is a memory that cannot be relied on.
var errMemory = errors.New("the memory of what was taken is missing or damaged")

// recall reads the memory beside the last delivery.
func recall(last fetch.Last) (memory, error) {
	if last.Mark == "" {
		return newMemory(), nil
	}
	text, err := os.ReadFile(filepath.Join(last.Dir, seen))
	if err != nil || mark(text) != last.Mark {
		return memory{}, fmt.Errorf("%w; %w", errMemory, fetch.ErrLost)
	}
	return parseMemory(text)
}

// mark is the watermark of a delivery: which memory it left.
func mark(text []byte) string { return fmt.Sprintf("%x", sha256.Sum256(text)) }

const head = "seen 1 "

// text renders the memory: a line for each content, one for each name, and a
// last that says how many there are.
func (m memory) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%d\n", head, m.number)
	for _, k := range slices.Sorted(maps.Keys(m.keys)) {
		fmt.Fprintf(&b, "content %s %d\n", k, m.keys[k])
	}
	for _, n := range slices.Sorted(maps.Keys(m.names)) {
		l := m.names[n]
		fmt.Fprintf(&b, "name %s %s %s %t\n", n, l.key, l.same, l.part)
	}
	fmt.Fprintf(&b, "end %d %d\n", len(m.keys), len(m.names))
	return b.Bytes()
}

// parseMemory reads what text has rendered, and nothing else.
func parseMemory(text []byte) (memory, error) {
	m := newMemory()
	lines := strings.Split(string(text), "\n")
	n, ok := strings.CutPrefix(lines[0], head)
	var err error
	if m.number, err = strconv.Atoi(n); !ok || err != nil || m.number < 1 {
		return memory{}, errMemory
	}
	for _, line := range lines[1:] {
		m.line(strings.Split(line, " "))
	}
	if !bytes.Equal(m.text(), text) { // whatever was not understood is not there
		return memory{}, errMemory
	}
	return m, nil
}

func (m *memory) line(w []string) {
	switch {
	case len(w) == 3 && w[0] == "content" && digest(w[1], 64):
		m.keys[w[1]], _ = strconv.Atoi(w[2])
	case len(w) == 5 && w[0] == "name" && digest(w[1], 32) && digest(w[2], 64) && digest(w[3], 16):
		m.names[w[1]] = latest{w[2], w[3], w[4] == "true"}
	}
}

// digest reports whether s is n hexadecimal digits.
func digest(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// forget drops contents that were last seen before a day, and the names that
// last stood for them.
func (m *memory) forget(day int) {
	maps.DeleteFunc(m.keys, func(_ string, last int) bool { return last < day })
	maps.DeleteFunc(m.names, func(_ string, l latest) bool { _, ok := m.keys[l.key]; return !ok })
}

func dayOf(t time.Time) int { return int(t.Unix() / 86400) }

// keep writes the memory beside the delivery, at once or not at all.
func (m memory) keep(dir string) (string, error) {
	text := m.text()
	return mark(text), durable.Replace(filepath.Join(dir, seen), text)
}
