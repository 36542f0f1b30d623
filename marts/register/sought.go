package register

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
)

// Sought is persons who are looked for in the register, as the deid side wrote them
// to a file: a header, and for each person and release domain a line with the
// domain's fingerprint and the person's digest.
//
//	ohc-register-digests 1 REGISTERFINGERPRINT 2026-11-22T18:00:00Z
//	00112233 52f02743fc251856c00e9934bd0fc118
type Sought struct {
	Register string    // fingerprint of the register's key
	Made     time.Time // UTC, to the second
	By       map[string][][16]byte
}

const soughtHeader = "ohc-register-digests 1 "

var (
	fingerprint = regexp.MustCompile(`^[0-9a-f]{8}$`)
	soughtLine  = regexp.MustCompile(`^([0-9a-f]{8}) ([0-9a-f]{32})$`)
)

// Write writes the file, in order.
func (s Sought) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s%s %s\n", soughtHeader, s.Register, s.Made.UTC().Format(time.RFC3339))
	for _, domain := range slices.Sorted(maps.Keys(s.By)) {
		for _, d := range slices.Compact(slices.SortedFunc(slices.Values(s.By[domain]), order)) {
			fmt.Fprintf(out, "%s %x\n", domain, d)
		}
	}
	return out.Flush()
}

// ReadSought reads what Write writes; each domain's digests are sorted, none is
// there twice. name is for what errors say; they hold nothing of the file, which
// may be one of persons that was given by mistake.
func ReadSought(name string, r io.Reader) (Sought, error) {
	s := Sought{By: make(map[string][][16]byte)}
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		if n++; n == 1 {
			if err := s.header(lines.Text()); err != nil {
				return Sought{}, fmt.Errorf("%s:1: header: %w; next: make the file with ohc-pipeline digests", name, err)
			}
			continue
		}
		m := soughtLine.FindStringSubmatch(lines.Text())
		if m == nil {
			return Sought{}, fmt.Errorf("%s:%d: not the fingerprint of a domain and a digest; next: make the file with ohc-pipeline digests", name, n)
		}
		d, _ := hex.DecodeString(m[2])
		s.By[m[1]] = append(s.By[m[1]], [16]byte(d))
	}
	if err := lines.Err(); err != nil || n == 0 {
		return Sought{}, fmt.Errorf("%s: %w; next: make the file with ohc-pipeline digests", name, errors.Join(err, errors.New("it has no header, or a line that is far too long")))
	}
	for domain, digests := range s.By {
		s.By[domain] = slices.Compact(slices.SortedFunc(slices.Values(digests), order))
	}
	return s, nil
}

func (s *Sought) header(line string) (err error) {
	rest, ours := strings.CutPrefix(line, soughtHeader)
	of, made, two := strings.Cut(rest, " ")
	if !ours || !two || !fingerprint.MatchString(of) {
		return errors.New("not that of a file of digests")
	}
	s.Register = of
	if s.Made, err = time.Parse(time.RFC3339, made); err != nil || s.Made.UTC().Format(time.RFC3339) != made {
		return errors.New("not a time in UTC")
	}
	return nil
}

// Holds counts which of the sought are in what was issued. It holds none of the
// issue's persons in memory.
func (r *Register) Holds(i Issue, s Sought) (int64, error) {
	if err := s.Fits(i); err != nil {
		return 0, err
	}
	sought := s.By[i.Domain]
	if len(sought) == 0 {
		return 0, nil
	}
	f, err := os.Open(filepath.Join(r.dir, persons, i.Persons.SHA256))
	if err != nil {
		return 0, fmt.Errorf("register: issue %d: its persons: %w", i.Number, err)
	}
	defer f.Close()
	found, from := int64(0), 0
	for _, d := range sought {
		var at [16]byte
		n := sort.Search(int(i.Persons.Count)-from, func(k int) bool {
			if _, e := f.ReadAt(at[:], 16*int64(from+k)); e != nil {
				err = e
			}
			return order(at, d) >= 0
		})
		if from += n; from < int(i.Persons.Count) && err == nil {
			if _, err = f.ReadAt(at[:], 16*int64(from)); at == d {
				found++
			}
		}
		if err != nil {
			return 0, fmt.Errorf("register: issue %d: its persons: %w; next: ohc-marts verify", i.Number, err)
		}
	}
	return found, nil
}
