package inbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// journalName is the file in which a delivery notes what it has taken.
const journalName = ".took"

// entry is a file that was read.
type entry struct {
	id     string // of the file as it stood
	key    string // content
	dup    bool   // the content was known: it is not delivered
	packed bool   // it is delivered unpacked
	name   string
	path   string // where it lay: the name, or below taken
	same   string // its stamp
}

// journal is what a delivery has taken, and how far copies have come. A line
// that a crash has torn ends it: what stands behind is read anew.
type journal struct {
	file    *os.File
	entries map[string]entry // by id
	points  map[string]int64 // by id: so many bytes of the copy are durable
}

// id names a file as it stands.
func id(x file) string {
	sum := sha256.Sum256([]byte(x.path + "\x00" + x.same))
	return hex.EncodeToString(sum[:8])
}

// openJournal goes on with a journal.
func openJournal(path string) (*journal, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	j := parseJournal(text).journal
	j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	return &j, err
}

// parsed is a journal, and how much of its text could be read.
type parsed struct {
	journal
	length int
}

func parseJournal(text []byte) parsed {
	p := parsed{journal: journal{entries: make(map[string]entry), points: make(map[string]int64)}}
	for {
		end := bytes.IndexByte(text[p.length:], '\n')
		if end < 0 || !p.line(string(text[p.length:p.length+end])) {
			return p
		}
		p.length += end + 1
	}
}

// line takes one line up. It reports false for one that cannot be read.
func (j *journal) line(line string) bool {
	w := strings.Split(line, " ")
	switch {
	case len(w) == 3 && w[0] == "part" && digest(w[1], 16):
		n, err := strconv.ParseInt(w[2], 10, 64)
		j.points[w[1]] = n
		return err == nil && n >= 0
	case len(w) >= 6 && (w[0] == "took" || w[0] == "unpacked" || w[0] == "same") && digest(w[1], 16) && digest(w[2], 64) && digest(w[3], 16):
		name, rest, ok := unquote(strings.Join(w[4:], " "))
		path, rest, ok2 := unquote(strings.TrimPrefix(rest, " "))
		if !ok || !ok2 || rest != "" {
			return false
		}
		j.entries[w[1]] = entry{id: w[1], key: w[2], dup: w[0] == "same", packed: w[0] == "unpacked", name: name, path: path, same: w[3]}
		return true
	}
	return false
}

func unquote(s string) (text, rest string, ok bool) {
	q, err := strconv.QuotedPrefix(s)
	if err != nil || q[0] != '"' {
		return "", "", false
	}
	text, err = strconv.Unquote(q)
	return text, s[len(q):], err == nil
}

func (e entry) line() string {
	word := "took"
	switch {
	case e.dup:
		word = "same"
	case e.packed:
		word = "unpacked"
	}
	return fmt.Sprintf("%s %s %s %s %s %s\n", word, e.id, e.key, e.same, strconv.QuoteToASCII(e.name), strconv.QuoteToASCII(e.path))
}

// note adds an entry.
func (j *journal) note(e entry) error {
	j.entries[e.id] = e
	_, err := j.file.WriteString(e.line())
	return err
}

// point says that so many bytes of a copy are durable.
func (j *journal) point(id string, n int64) error {
	j.points[id] = n
	_, err := j.file.WriteString(pointLine(id, n))
	return err
}

func pointLine(id string, n int64) string { return fmt.Sprintf("part %s %d\n", id, n) }
