package drop

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/inbox"
)

// at gives a file of the shop a time of change, before its marker's.
func (s *shop) at(name string, at time.Time) {
	s.Must(os.Chtimes(filepath.Join(s.Dir, name), at, at))
}

// order is the files of a delivery, oldest first by their times. No two may be
// of one time.
func (s *shop) order(l fetch.Last) string {
	s.T.Helper()
	times, err := fetch.Times(l.Dir)
	s.Must(err)
	var names []string
	for _, f := range s.files(l.Dir) {
		name, _, _ := strings.Cut(f, "=")
		if times[name].IsZero() || times[name].After(l.At) {
			s.T.Errorf("%s is of %v, its delivery of %v", name, times[name], l.At)
		}
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		c := times[a].Compare(times[b])
		if a != b && c == 0 {
			s.T.Errorf("%s and %s are of one time", a, b)
		}
		return cmp.Or(c, strings.Compare(a, b))
	})
	return strings.Join(names, " ")
}

// TestTimes holds that of two files the one that was sent later is of the later
// time: by the time of its change within a delivery, and by delivery whatever
// the sender's clock says; and that a reload tells them in the same order.
func TestTimes(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done"})
	day := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	s.Put("a.csv", "new")
	s.at("a.csv", day.Add(time.Hour))
	s.Put("b.csv.gz", "old") // no archive, in spite of its name
	s.at("b.csv.gz", day)
	s.Put("c.csv", "in the second of b")
	s.at("c.csv", day)
	l, _, _, err := s.take(fetch.Last{})
	s.Must(err)
	if got := s.order(l); got != "b.csv.gz c.csv a.csv" {
		t.Errorf("of the first delivery: %s", got)
	}
	first := l.At
	s.done(l)
	s.Put("y.csv", "the sender's clock went back")
	s.at("y.csv", day.Add(-time.Hour))
	s.Put("x.csv", "further")
	s.at("x.csv", day.Add(-2*time.Hour))
	l, _, _, err = s.take(l)
	s.Must(err)
	times, err := fetch.Times(l.Dir)
	s.Must(err)
	for name, at := range times {
		if !at.After(first) {
			t.Errorf("%s came after the others, and is of %v: not after %v", name, at, first)
		}
	}
	if got := s.order(l); got != "x.csv y.csv" {
		t.Errorf("of the second delivery: %s", got)
	}
	s.done(l)
	s.Put("d.csv", "not taken yet")
	s.at("d.csv", day.Add(-3*time.Hour))
	l, _, _, err = s.take(fetch.Last{})
	s.Must(err)
	if got := s.order(l); got != "b.csv.gz c.csv a.csv x.csv y.csv d.csv" {
		t.Errorf("of a reload: %s", got)
	}
}
