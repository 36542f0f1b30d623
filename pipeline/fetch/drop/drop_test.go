package drop

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/fetchtest"
	"secondaryuse/pipeline/fetch/inbox"
)

func TestMain(m *testing.M) { fetchtest.Main(m) }

// policies are those that a folder is tried with.
var policies = map[string]inbox.Policy{
	"marker, moved":        {Marker: ".done"},
	"marker, kept":         {Marker: ".done", Keep: true},
	"unchanged, moved":     {Unchanged: time.Hour},
	"unchanged, kept":      {Unchanged: time.Hour, Keep: true},
	"both, moved":          {Marker: "_ok", Unchanged: time.Hour},
	"everything, kept":     {Marker: ".done", Keep: true, Everything: true},
	"by folder, unchanged": {Unchanged: time.Hour, Keep: true, ByFolder: true},
}

const secret = fetchtest.Secret

// shop is a folder of this machine, and what is taken of it.
type shop struct {
	*fetchtest.Folder
	policy inbox.Policy
}

func newShop(t *testing.T, p inbox.Policy) *shop {
	p.Wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	s := &shop{&fetchtest.Folder{T: t, Dir: t.TempDir(), Marker: p.Marker}, p}
	if !p.Keep {
		s.Must(os.Mkdir(filepath.Join(s.Dir, "taken"), 0o700))
	}
	return s
}

func (s *shop) fetcher() *inbox.Inbox {
	b, err := New(s.Dir, s.policy)
	s.Must(err)
	return b
}

func (s *shop) fixture() fetchtest.Fixture {
	return s.Fixture(func() fetch.Fetcher { return s.fetcher() }, []fetchtest.Fault{{Name: "a file that is damaged", Break: s.damage}})
}

func (s *shop) damage() func() {
	name := secret + ".csv.gz"
	s.Put(name, "\x1f\x8b\x08\x00nothing")
	return func() {
		s.Must(os.Remove(filepath.Join(s.Dir, name)))
		os.Remove(filepath.Join(s.Dir, name+s.policy.Marker))
	}
}

func TestSuite(t *testing.T) {
	for name, p := range policies {
		t.Run(name, func(t *testing.T) {
			fetchtest.Run(t, func(t *testing.T) fetchtest.Fixture { return newShop(t, p).fixture() })
		})
	}
}

// notes is a fetch.Progress that keeps what it is told.
type notes struct{ text []string }

func (n *notes) Step(name string, _ int64) { n.text = append(n.text, name) }
func (n *notes) Add(int64)                 {}
func (n *notes) Note(text string)          { n.text = append(n.text, text) }

// take fetches into a new folder, and returns what came as name=text.
func (s *shop) take(last fetch.Last) (fetch.Last, []string, *notes, error) {
	n := &notes{}
	dir := s.T.TempDir()
	d, err := s.fetcher().Fetch(context.Background(), last, dir, n)
	return fetch.Last{Delivery: d, Dir: dir}, s.files(dir), n, err
}

func (s *shop) files(dir string) (files []string) {
	s.Must(filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name()[0] == '.' {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		text, err := os.ReadFile(path)
		files = append(files, name+"="+string(text))
		return err
	}))
	return files
}

// want fetches and wants these files, and these words among the notes.
func (s *shop) want(last fetch.Last, files []string, words ...string) fetch.Last {
	s.T.Helper()
	l, got, n, err := s.take(last)
	if len(files) == 0 {
		if !errors.Is(err, fetch.ErrNothing) {
			s.T.Fatalf("nothing is new, and it says %v", err)
		}
	} else if err != nil {
		s.T.Fatal(err)
	}
	if !slices.Equal(got, files) {
		s.T.Fatalf("it brings %q, not %q", got, files)
	}
	for _, w := range words {
		if !strings.Contains(strings.Join(n.text, "\n"), w) {
			s.T.Fatalf("it does not say %q: %q", w, n.text)
		}
	}
	return l
}

func (s *shop) done(l fetch.Last) {
	s.T.Helper()
	s.Must(s.fetcher().Done(context.Background(), l.Delivery, l.Dir))
}

func (s *shop) raw(name, text string) {
	s.Must(os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o600))
}

// old sets the time of a file back.
func (s *shop) old(name string, by time.Duration) {
	at := time.Now().Add(-by)
	s.Must(os.Chtimes(filepath.Join(s.Dir, name), at, at))
}

func TestMarker(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done"})
	s.raw("a.csv", "half")
	s.want(fetch.Last{}, nil, "1 file not complete")
	s.Mark("a.csv")
	s.old("a.csv.done", time.Hour) // it is of what was there before
	s.want(fetch.Last{}, nil, "1 file not complete")
	s.Mark("early.csv")
	s.Mark("a.csv")
	s.want(fetch.Last{}, []string{"a.csv=half"})
}

// TestUnchanged holds that what changes, comes or goes between two looks is
// left.
func TestUnchanged(t *testing.T) {
	s := newShop(t, inbox.Policy{Unchanged: time.Minute})
	s.raw("a.csv", "grows")
	s.raw("b.csv", "stays")
	s.raw("c.csv", "goes")
	s.raw(".d.csv", "hidden")
	waits := 0
	s.policy.Wait = func(_ context.Context, d time.Duration) error {
		if waits++; d != time.Minute {
			t.Errorf("it waits %v", d)
		}
		s.raw("a.csv", "grows on")
		s.raw("e.csv", "comes")
		return os.Remove(filepath.Join(s.Dir, "c.csv"))
	}
	l := s.want(fetch.Last{}, []string{"b.csv=stays"}, "2 files not complete")
	s.policy.Wait = func(context.Context, time.Duration) error { waits++; return nil }
	l = s.want(l, []string{"a.csv=grows on", "e.csv=comes"})
	waits = 0
	if s.want(l, nil); waits > 0 {
		t.Error("it waits though nothing is new")
	}
}

// TestContent holds that content is delivered once, whatever it is called, and
// that a correction is seen.
func TestContent(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done"})
	s.Put("a.csv", "one")
	s.Put("b.csv", "one")
	s.Put("c.csv", "two")
	l := s.want(fetch.Last{}, []string{"a.csv=one", "c.csv=two"}, "file 3: its content has been taken before")
	s.done(l)
	if got := s.files(s.Dir); !slices.Equal(got, []string{
		"taken/000001/a.csv=one", "taken/000001/a.csv.done=", "taken/000001/b.csv=one", "taken/000001/b.csv.done=",
		"taken/000001/c.csv=two", "taken/000001/c.csv.done="}) {
		t.Fatalf("after Done there is %q", got)
	}
	s.Put("a.csv", "one") // sent again
	s.want(l, nil, "taken before")
	s.Put("c.csv", "three")
	s.Put("d.csv", "two")
	l = s.want(l, []string{"c.csv=three"}, "file 3: a correction", "file 5: its content has been taken before")
	s.done(l)
	if got := s.files(filepath.Join(s.Dir, "taken/000002")); len(got) != 6 {
		t.Fatalf("after Done there is %q", got)
	}
	if l = s.want(fetch.Last{}, []string{"a.csv=one", "c.csv=three", "d.csv=two"}); !l.Whole {
		t.Error("everything anew is not whole")
	}
}

// TestByFolder holds that equal files of two accounts are two.
func TestByFolder(t *testing.T) {
	for _, by := range []bool{false, true} {
		s := newShop(t, inbox.Policy{Marker: ".done", ByFolder: by})
		s.Put("x/a.json", "[]")
		s.Put("x/b.json", "[]")
		s.Put("y/a.json", "[]")
		if by {
			s.want(fetch.Last{}, []string{"x/a.json=[]", "y/a.json=[]"})
		} else {
			s.want(fetch.Last{}, []string{"x/a.json=[]"})
		}
	}
}

// TestEverything holds that an extract of everything is taken whole or not at
// all, and that one from before is new when it comes again.
func TestEverything(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done", Everything: true, Needs: []string{"b*.csv"}})
	s.Put("a.csv", "one")
	s.want(fetch.Last{}, nil, "needed")
	s.raw("b1.csv", "one")
	s.want(fetch.Last{}, nil, "1 file not complete")
	s.Mark("b1.csv")
	l := s.want(fetch.Last{}, []string{"a.csv=one", "b1.csv=one"})
	if s.done(l); !l.Whole {
		t.Error("it is not whole")
	}
	s.want(l, nil)
	put := func(a, b string) { s.Put("a.csv", a); s.Put("b1.csv", b) }
	put("one", "one")
	s.want(l, nil)
	put("two", "one")
	l = s.want(l, []string{"a.csv=two", "b1.csv=one"})
	s.done(l)
	put("one", "one")
	l = s.want(l, []string{"a.csv=one", "b1.csv=one"})
	s.done(l)
	s.want(fetch.Last{}, []string{"a.csv=one", "b1.csv=one"})
}

// TestPacked holds that packed files are delivered unpacked, and that two do not
// become one.
func TestPacked(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done"})
	s.Put("a.csv.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03K\xe4\x02\x00\x07\xa1\xea\xdd\x02\x00\x00\x00")
	s.want(fetch.Last{}, []string{"a.csv=a\n"})
	s.Put("a.csv", "other")
	if _, _, _, err := s.take(fetch.Last{}); err == nil || err.Error() != "drop: file 3: unpacked it has the name of file 1; take one of them away" {
		t.Errorf("it says %v", err)
	}
}
