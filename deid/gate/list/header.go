package list

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// header is what the first line of a list says.
type header struct {
	name, record, polarity string
	version                int
	issued                 time.Time
	rows                   int
}

// names are the lists there are, so that a refusal can say which one it met.
var names = []string{"objection", "connection", "agreement"}

// parseHeader reads `#list key=value ...` with each of its six keys once, in
// any order. It returns why it cannot.
func parseHeader(line string) (h header, reason string) {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != "#list" {
		return h, "not one of our lists: the first line must begin with #list"
	}
	seen := make(map[string]bool)
	for i, w := range words[1:] {
		key, value, ok := strings.Cut(w, "=")
		if !ok || value == "" {
			return h, fmt.Sprintf("word %d is not key=value", i+2)
		}
		known, good := h.set(key, value)
		if !known {
			return h, fmt.Sprintf("word %d has a key that is not known", i+2)
		}
		if !good {
			return h, key + " cannot be read"
		}
		if seen[key] {
			return h, key + " is there twice"
		}
		seen[key] = true
	}
	for _, key := range []string{"name", "version", "record", "polarity", "issued", "rows"} {
		if !seen[key] {
			return h, key + " is missing"
		}
	}
	return h, ""
}

// set stores one value. It reports whether the key is known and the value can
// be read.
func (h *header) set(key, value string) (known, good bool) {
	var err error
	switch key {
	case "name":
		h.name = value
	case "record":
		h.record = value
	case "polarity":
		h.polarity = value
	case "version":
		h.version, err = strconv.Atoi(value)
	case "rows":
		h.rows, err = count(value)
	case "issued":
		h.issued, err = time.Parse(time.RFC3339, value)
	default:
		return false, false
	}
	return true, err == nil
}

// count reads a number of rows: digits only.
func count(s string) (int, error) {
	if strings.Trim(s, "0123456789") != "" {
		return 0, errors.New("not digits")
	}
	return strconv.Atoi(s)
}

// noRows is the reason against a list of nobody.
const noRows = "empty: it has no rows"

// check returns why a gate that wants w must not stand on this list.
func (h header) check(w Want) string {
	switch {
	case h.name != w.Name:
		return "foreign: " + which(h.name) + ", not the " + w.Name + " list"
	case h.version != 1:
		return "a version of the format that this program does not know"
	case h.record != w.Record:
		return "foreign: a list of another record than " + w.Record
	case h.polarity != w.Polarity:
		return "wrong polarity: the " + w.Name + " list must be polarity=" + w.Polarity
	case h.rows == 0 && !w.AllowEmpty:
		return noRows
	}
	return Age(h.issued, w.Now, w.MaxAge)
}

// which says which list a name stands for, without repeating what it reads.
func which(name string) string {
	for _, n := range names {
		if n == name {
			return "it is the " + n + " list"
		}
	}
	return "it is another list"
}

// skew is how far a clock may be ahead of ours.
const skew = 5 * time.Minute

// Age returns why what was issued at the given time may not be used now: it is
// older than max, or was issued in the future. It returns nothing when it may.
func Age(issued, now time.Time, max time.Duration) string {
	age := now.Sub(issued)
	if age < -skew {
		return "issued in the future; is the clock of this machine right?"
	}
	if age > max {
		return fmt.Sprintf("stale: issued %s ago, at most %s is allowed", span(age), span(max))
	}
	return ""
}

// span writes a duration in days, or in hours below two days.
func span(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}
