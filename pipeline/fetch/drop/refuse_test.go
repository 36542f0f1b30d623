package drop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/inbox"
)

// TestRefused holds that what is no file of the folder stops the fetch.
func TestRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		make func(path string) error
		want string
	}{
		"link":        {func(p string) error { return os.Symlink("/etc/hostname", p) }, "drop: file 2: a symbolic link; take it away, none of the files is taken before"},
		"folder link": {func(p string) error { return os.Symlink("/etc", p) }, "drop: file 2: a symbolic link"},
		"dangling":    {func(p string) error { return os.Symlink("nowhere", p) }, "drop: file 2: a symbolic link"},
		"pipe":        {func(p string) error { return syscall.Mkfifo(p, 0o600) }, "drop: file 2: a device, pipe or socket"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, inbox.Policy{Unchanged: 1})
			s.raw("a.csv", "x")
			s.Must(tc.make(filepath.Join(s.Dir, "b"+secret)))
			_, files, _, err := s.take(fetch.Last{})
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) || len(files) > 0 {
				t.Errorf("it says %v, and brings %q", err, files)
			}
		})
	}
	s := newShop(t, inbox.Policy{Unchanged: 1})
	s.Must(os.Remove(filepath.Join(s.Dir, "taken")))
	if _, _, _, err := s.take(fetch.Last{}); err == nil || !strings.Contains(err.Error(), "no folder named taken") {
		t.Errorf("not mounted: %v", err)
	}
}

// TestSwapped puts a link in the place of a file after it was looked at.
func TestSwapped(t *testing.T) {
	s := newShop(t, inbox.Policy{Unchanged: 1})
	s.raw("a.csv", "x")
	f, err := open(s.Dir)
	s.Must(err)
	defer f.Close()
	s.Must(os.Rename(filepath.Join(s.Dir, "a.csv"), filepath.Join(s.Dir, "b.csv")))
	for _, to := range []string{"/etc/hostname", "b.csv"} {
		s.Must(os.Symlink(to, filepath.Join(s.Dir, "a.csv")))
		if _, err := f.Open(context.Background(), "a.csv", 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it opens a link to %s: %v", to, err)
		}
		s.Must(os.Remove(filepath.Join(s.Dir, "a.csv")))
	}
	s.Must(os.Symlink("/etc", filepath.Join(s.Dir, "sub")))
	if _, err := f.Open(context.Background(), "sub/hostname", 0); err == nil {
		t.Error("it goes out of the folder")
	}
	if _, err := f.List(context.Background(), "sub"); err == nil {
		t.Error("it lists what is out of the folder")
	}
}

// TestMemory holds that nothing goes on from a memory that is not the last
// delivery's, and that nothing is moved for it.
func TestMemory(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done"})
	s.Put("a.csv", "one")
	l := s.want(fetch.Last{}, []string{"a.csv=one"})
	path := filepath.Join(l.Dir, ".seen")
	text, err := os.ReadFile(path)
	s.Must(err)
	for _, spoil := range []func() error{
		func() error { return os.WriteFile(path, text[:len(text)-1], 0o600) },
		func() error { return os.WriteFile(path, append([]byte("x"), text...), 0o600) },
		func() error { return os.Remove(path) },
	} {
		s.Must(spoil())
		if _, _, _, err := s.take(l); !errors.Is(err, fetch.ErrLost) {
			t.Errorf("it goes on: %v", err)
		}
		if err := s.fetcher().Done(context.Background(), l.Delivery, l.Dir); err == nil {
			t.Error("it moves files")
		}
	}
	if got := s.files(s.Dir); len(got) != 2 {
		t.Errorf("left: %q", got)
	}
}

// TestDoneLeaves holds that a file that was replaced after it was taken stays,
// with its new marker, and is taken as a correction.
func TestDoneLeaves(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done"})
	s.Put("a.csv", "one")
	l := s.want(fetch.Last{}, []string{"a.csv=one"})
	s.Put("a.csv", "two")
	s.done(l)
	s.done(l)
	if got := s.files(s.Dir); !slices.Equal(got, []string{"a.csv=two", "a.csv.done="}) {
		t.Fatalf("left: %q", got)
	}
	s.want(l, []string{"a.csv=two"}, "a correction")
}

func TestNew(t *testing.T) {
	for _, p := range []inbox.Policy{{}, {Marker: "a/b"}, {Marker: ".x", Needs: []string{"["}}} {
		if _, err := New(t.TempDir(), p); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
}

// TestNames holds that nothing that is told has the name of a file, or of a
// folder below.
func TestNames(t *testing.T) {
	s := newShop(t, inbox.Policy{Marker: ".done", Unchanged: 1})
	sub := "f" + secret
	s.Put(sub+"/"+secret+".csv", "one")
	s.Put(sub+"/"+secret+".txt", "one")
	s.raw(sub+"/"+secret+".half", "one")
	told := func(what string, v any) {
		if text := fmt.Sprintf("%+v", v); strings.Contains(text, secret) {
			t.Errorf("%s: %s", what, text)
		}
	}
	l, _, n, err := s.take(fetch.Last{})
	s.Must(err)
	told("notes", n.text)
	told("delivery", l.Delivery)
	p, err := s.fetcher().Plan(context.Background(), l)
	s.Must(err)
	told("plan", p)
	for name, spoil := range map[string]func(s *shop){
		"packed":     func(s *shop) { s.Put(sub+"/"+secret+".gz", "\x1f\x8b") },
		"link":       func(s *shop) { s.Must(os.Symlink(secret, filepath.Join(s.Dir, sub, secret))) },
		"no folder":  func(s *shop) { s.Must(os.RemoveAll(filepath.Join(s.Dir, "taken"))) },
		"not a file": func(s *shop) { s.Must(os.RemoveAll(filepath.Join(s.Dir, "taken"))); s.raw("taken", "") },
	} {
		s := newShop(t, s.policy)
		s.Put(sub+"/"+secret+".csv", "one")
		l, _, _, err := s.take(fetch.Last{})
		s.Must(err)
		s.Put(sub+"/"+secret+".csv", "two")
		s.Put(sub+"/"+secret+".new", "one")
		spoil(s)
		_, _, n, err := s.take(l)
		told(name+": notes", n.text)
		if told(name, err); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s.Must(os.RemoveAll(filepath.Join(s.Dir, "taken")))
	s.raw("taken", "in the way")
	err = s.fetcher().Done(context.Background(), l.Delivery, l.Dir)
	if told("done", err); err == nil {
		t.Error("done: no error")
	}
}

// meddler is a fetch.Progress that calls a function before a file is read.
type meddler struct {
	notes
	at func(step string)
}

func (m *meddler) Step(name string, _ int64) { m.at(name) }

// TestWhileRead holds that a file which changes or goes while it is read is not
// taken, even where its size stays, and the others are.
func TestWhileRead(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"same size": func(p string) error { return os.WriteFile(p, []byte("two"), 0o600) },
		"longer":    func(p string) error { return os.WriteFile(p, []byte("threefold"), 0o600) },
		"shorter":   func(p string) error { return os.Truncate(p, 1) },
		"replaced": func(p string) error {
			return errors.Join(os.WriteFile(p+".new", []byte("two"), 0o600), os.Rename(p+".new", p))
		},
		"gone":   os.Remove,
		"a link": func(p string) error { return errors.Join(os.Remove(p), os.Symlink("b.csv", p)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, inbox.Policy{Marker: ".done"})
			s.Put("a.csv", "one")
			s.Put("b.csv", "other")
			path := filepath.Join(s.Dir, "a.csv")
			m := &meddler{at: func(step string) {
				if step == "file 1" {
					s.Must(change(path))
				}
			}}
			dir := t.TempDir()
			d, err := s.fetcher().Fetch(context.Background(), fetch.Last{}, dir, m)
			if name == "a link" {
				if err == nil || !strings.Contains(err.Error(), "file 1: a symbolic link") {
					t.Errorf("it says %v", err)
				}
				return
			}
			s.Must(err)
			if got := s.files(dir); !slices.Equal(got, []string{"b.csv=other"}) || len(m.text) != 1 || !strings.Contains(m.text[0], "file 1 has changed or gone") {
				t.Errorf("it brings %q and says %q", got, m.text)
			}
			s.done(fetch.Last{Delivery: d, Dir: dir})
			if _, err := os.Lstat(path); (err == nil) == (name == "gone") {
				t.Errorf("after Done: %v", err)
			}
		})
	}
}
