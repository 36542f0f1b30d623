package landing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
)

// system is one that is fetched from: it brings one file, named for how many
// times it was asked, and takes down what it was asked and told.
type system struct {
	asked []string // the mark of the last delivery, each time
	done  []string // the marks of deliveries that it need not keep
	whole bool
	left  []string // what lay in the folder when it was asked
	fail  error    // at the end of a fetch
	deaf  error    // when it is told
}

func (s *system) Plan(context.Context, fetch.Last) (fetch.Plan, error) { return fetch.Plan{}, nil }

func (s *system) Fetch(_ context.Context, last fetch.Last, dir string, _ fetch.Progress) (fetch.Delivery, error) {
	s.asked = append(s.asked, last.Mark)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		s.left = append(s.left, e.Name())
	}
	mark := fmt.Sprint(len(s.asked))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, mark), []byte(mark), 0o600)
	}
	return fetch.Delivery{Mark: mark, At: time.Unix(0, 0).UTC(), Whole: s.whole}, errors.Join(err, s.fail)
}

func (s *system) Done(_ context.Context, d fetch.Delivery, _ string) error {
	if s.deaf == nil {
		s.done = append(s.done, d.Mark)
	}
	return s.deaf
}

// bench is a landing, and the system that it is fetched from.
type bench struct {
	*testing.T
	Landing
	system
}

// notes is what was said.
type notes map[string]bool

func (notes) Step(string, int64) {}
func (notes) Add(int64)          {}
func (n notes) Note(text string) { n[text] = true }

func newBench(t *testing.T) *bench {
	return &bench{T: t, Landing: Open(filepath.Join(t.TempDir(), "work", "landing", "feed"))}
}

func (b *bench) fetch(whole bool, staged int64) Delivery {
	b.Helper()
	d, err := b.Landing.Fetch(context.Background(), &b.system, whole, staged, notes{})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func (b *bench) publish(n int64) {
	b.Helper()
	if err := errors.Join(b.Landing.Publish(n), b.Landing.Done(context.Background(), &b.system)); err != nil {
		b.Fatal(err)
	}
}

// holds wants the deliveries that count to be these, by number and mark.
func (b *bench) holds(want ...string) {
	b.Helper()
	all, err := b.Deliveries()
	if err != nil {
		b.Fatal(err)
	}
	var got []string
	for _, d := range all {
		got = append(got, fmt.Sprintf("%d:%s", d.Number, d.Mark))
		if _, err := os.Stat(filepath.Join(d.Dir, d.Mark)); err != nil {
			b.Errorf("delivery %d has lost its file", d.Number)
		}
	}
	if !slices.Equal(got, want) {
		b.Errorf("deliveries %q, want %q", got, want)
	}
}

// TestNights goes through nights that publish, and nights that do not.
func TestNights(t *testing.T) {
	b := newBench(t)
	if last, err := b.Last(); err != nil || last.Dir != "" {
		t.Fatal(last, err)
	}
	if d := b.fetch(false, 0); !d.Whole || d.Number != 1 {
		t.Errorf("the first: %+v", d)
	}
	b.fetch(false, 0) // what was fetched before, and is not staged, comes again
	b.holds("1:2")
	b.publish(1)
	if d := b.fetch(false, 1); d.Whole || d.Number != 2 {
		t.Errorf("the second: %+v", d)
	}
	b.fetch(false, 2) // the second is staged, though not published: it stays, and its time is fetched again
	b.holds("1:2", "2:3", "3:4")
	b.publish(3)
	if want := []string{"", "", "2", "2"}; !slices.Equal(b.asked, want) {
		t.Errorf("asked after %q, want %q", b.asked, want)
	}
	if want := []string{"2", "3", "4"}; !slices.Equal(b.done, want) {
		t.Errorf("told of %q, want %q", b.done, want)
	}
	b.fetch(true, 3)
	b.holds("4:5") // what is everything counts alone, though not published
	if all, err := b.Until(3); err != nil || len(all) != 3 || all[2].Mark != "4" {
		t.Errorf("as it was before that: %d deliveries, %v", len(all), err)
	}
	b.fetch(false, 3)
	b.holds("1:2", "2:3", "3:4", "4:6") // it is not staged: the others count again
	if b.system.whole = true; !b.fetch(false, 3).Whole {
		t.Error("everything, says the system, and the landing does not")
	}
	b.publish(4)
	b.holds("4:7")
	if names, _ := os.ReadDir(b.dir); len(names) != 2 { // the delivery, and which is published
		t.Errorf("%d names are left", len(names))
	}
}

// TestDropped holds that a delivery of everything that goes before it is staged is
// missed, until there is another.
func TestDropped(t *testing.T) {
	b := newBench(t)
	b.fetch(false, 0)
	b.publish(1)
	for _, step := range []struct{ whole, dropped bool }{{true, false}, {false, true}, {false, true}, {true, false}, {true, false}} {
		if b.fetch(step.whole, 1); b.Dropped() != step.dropped {
			t.Errorf("%+v: %t", step, b.Dropped())
		}
	}
	b.fetch(false, 2) // that one is staged
	if b.Dropped() {
		t.Error("what is staged is missed")
	}
}

// TestNumbersOfWhatIsStaged holds that a number that a stage knows is never given
// to another delivery, though the landing has lost it.
func TestNumbersOfWhatIsStaged(t *testing.T) {
	b := newBench(t)
	if d := b.fetch(false, 7); d.Number != 8 {
		t.Errorf("%d", d.Number)
	}
	b.publish(9)
	if d := b.fetch(false, 7); d.Number != 10 {
		t.Errorf("%d", d.Number)
	}
}

// TestFetchThatFails holds that what it left is gone on with where it is asked
// the same, and is gone where it is not.
func TestFetchThatFails(t *testing.T) {
	b := newBench(t)
	b.fail = errors.New("no answer")
	for range 2 {
		if _, err := b.Landing.Fetch(context.Background(), &b.system, false, 0, notes{}); !errors.Is(err, b.fail) {
			t.Fatal(err)
		}
	}
	if want := []string{since, since, "1"}; !slices.Equal(b.left, want) {
		t.Errorf("found %q, want %q", b.left, want)
	}
	b.holds()
	b.fail = nil
	b.fetch(false, 0)
	b.publish(1)
	b.fail, b.left = errors.New("no answer"), nil
	b.Landing.Fetch(context.Background(), &b.system, false, 1, notes{})
	b.fail = nil
	b.fetch(true, 1)
	if slices.Contains(b.left, "4") {
		t.Error("what was fetched since a delivery is taken for what is fetched anew")
	}
}

// TestDeaf holds that a system that could not be told is told with the next
// fetch, before that, and once; and that one that never takes what it is told is
// fetched from all the same, and that this is said.
func TestDeaf(t *testing.T) {
	b := newBench(t)
	b.fetch(false, 0)
	b.deaf = errors.New("no answer")
	if err := b.Publish(1); err != nil {
		t.Fatal(err)
	}
	if err := b.Landing.Done(context.Background(), &b.system); !errors.Is(err, b.deaf) {
		t.Fatal(err)
	}
	said := notes{}
	if d, err := b.Landing.Fetch(context.Background(), &b.system, false, 1, said); err != nil || d.Number != 2 || d.Whole {
		t.Fatalf("%+v %v", d, err)
	}
	if !said["the system could not be told that what it gave before is published; it is told later"] {
		t.Errorf("said %v", said)
	}
	b.deaf = nil
	b.fetch(false, 1)
	b.fetch(false, 1)
	if !slices.Equal(b.done, []string{"1"}) {
		t.Errorf("told of %q", b.done)
	}
}

// TestDamagedLanding holds that a delivery without a seal that can be read, and a
// mark that is no number, end what asks, and that no error names a folder.
func TestDamagedLanding(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"no seal":        func(dir string) error { return os.Remove(filepath.Join(dir, "0000001", sealed)) },
		"half a seal":    func(dir string) error { return os.Truncate(filepath.Join(dir, "0000001", sealed), 9) },
		"no number":      func(dir string) error { return os.WriteFile(filepath.Join(dir, published), []byte("x"), 0o600) },
		"below nothing":  func(dir string) error { return os.WriteFile(filepath.Join(dir, published), []byte("-1"), 0o600) },
		"a file instead": func(dir string) error { return os.WriteFile(filepath.Join(dir, "0000002"), nil, 0o600) },
	} {
		b := newBench(t)
		b.fetch(false, 0)
		b.publish(1)
		if err := spoil(b.dir); err != nil {
			t.Fatal(err)
		}
		_, err := b.Landing.Fetch(context.Background(), &b.system, false, 1, notes{})
		if err == nil || strings.Contains(err.Error(), b.dir) {
			t.Errorf("%s: %v", name, err)
		}
		if len(b.asked) != 1 {
			t.Errorf("%s: the system was asked", name)
		}
	}
}

// TestNoFolderIsTold holds that no error names a folder: neither where there is
// a file in the landing's place, nor where a file cannot take its name.
func TestNoFolderIsTold(t *testing.T) {
	b := newBench(t)
	if err := os.MkdirAll(filepath.Join(b.dir, published), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(1); err == nil || strings.Contains(err.Error(), b.dir) {
		t.Errorf("a folder is in the way: %v", err)
	}
	file := filepath.Join(t.TempDir(), "landing")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file).Deliveries(); err == nil || strings.Contains(err.Error(), file) {
		t.Errorf("a file instead of the landing: %v", err)
	}
}

// TestTakingAwayIsCutOff holds that what a crash leaves while deliveries are taken
// away, whole or in part, is in nobody's way, and goes with the next fetch.
func TestTakingAwayIsCutOff(t *testing.T) {
	b := newBench(t)
	b.fetch(false, 0)
	b.publish(1)
	b.fetch(false, 1)
	b.publish(2)
	b.fetch(true, 2)
	if err := os.WriteFile(filepath.Join(b.dir, published), []byte("3\n"), 0o600); err != nil { // and then it was cut off
		t.Fatal(err)
	}
	half := filepath.Join(b.dir, "0000001")
	if err := errors.Join(os.Remove(filepath.Join(half, sealed)), os.Rename(half, half+gone)); err != nil {
		t.Fatal(err)
	}
	b.holds("3:3")
	b.fetch(false, 3)
	b.holds("3:3", "4:4")
	if names, _ := filepath.Glob(filepath.Join(b.dir, "000000*")); len(names) != 2 {
		t.Errorf("%d deliveries are left", len(names))
	}
}

// TestOthersStay holds that what is not ours is no delivery, and stays.
func TestOthersStay(t *testing.T) {
	b := newBench(t)
	b.fetch(false, 0)
	other := filepath.Join(b.dir, "123", "note")
	if err := errors.Join(os.Mkdir(filepath.Dir(other), 0o700), os.WriteFile(other, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	b.fetch(true, 0)
	b.publish(1)
	b.holds("1:2")
	if _, err := os.Stat(other); errors.Is(err, fs.ErrNotExist) {
		t.Error("it is gone")
	}
}
