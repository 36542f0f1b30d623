package locator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func written(t interface{ Fatal(...any) }, path string, entries []Entry) {
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

type found struct {
	file int
	Entry
}

func order(a, b found) int {
	return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.Record, b.Record), cmp.Compare(a.Subject, b.Subject),
		cmp.Compare(a.File, b.File), cmp.Compare(a.From, b.From), cmp.Compare(a.Size, b.Size))
}

// TestFind holds that Find finds the entries of the records and the subjects,
// and no other, as they were written, in however many files.
func TestFind(t *testing.T) {
	dir, n := t.TempDir(), 0
	key := rapid.OneOf(rapid.Uint64Range(0, 9), rapid.SampledFrom([]uint64{1 << 22, 1<<22 + 1, 1<<64 - 1}), rapid.Uint64())
	entry := rapid.Custom(func(t *rapid.T) Entry {
		return Entry{key.Draw(t, "record"), key.Draw(t, "subject"), Place{rapid.IntRange(0, maxFile-1).Draw(t, "file"),
			rapid.Int64Range(0, maxFrom-1).Draw(t, "from"), rapid.Int64Range(0, 1<<32-1).Draw(t, "size")}}
	})
	rapid.Check(t, func(t *rapid.T) {
		var paths []string
		var want, got []found
		var records, subjects Set
		for _, k := range rapid.SliceOf(key).Draw(t, "records") {
			records.Add(k)
		}
		for _, k := range rapid.SliceOf(key).Draw(t, "subjects") {
			subjects.Add(k)
		}
		for file := range rapid.IntRange(0, 3).Draw(t, "files") {
			n++
			paths = append(paths, filepath.Join(dir, strconv.Itoa(n)))
			entries := rapid.SliceOf(entry).Draw(t, "entries")
			written(t, paths[file], entries)
			for _, e := range entries {
				if e.Record != 0 && slices.Contains(slices.Collect(records.Keys()), e.Record) || e.Subject != 0 && slices.Contains(slices.Collect(subjects.Keys()), e.Subject) {
					want = append(want, found{file, e})
				}
			}
		}
		if err := Find(context.Background(), paths, &records, &subjects, func(file int, e Entry) { got = append(got, found{file, e}) }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(want, order)
		slices.SortFunc(got, order)
		if !slices.Equal(got, want) {
			t.Fatalf("found %d entries, want %d", len(got), len(want))
		}
	})
}

// TestFindInMany holds that an entry is found wherever it stands in a file of
// several pieces.
func TestFindInMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	entries := make([]Entry, 1<<17+3)
	for i := range entries {
		entries[i] = Entry{Record: uint64(i + 1)}
	}
	written(t, path, entries)
	var records, none Set
	want := []uint64{1, 1 << 15, 1<<15 + 1, 1 << 16, 1 << 17, 1<<17 + 3}
	for _, k := range want {
		records.Add(k)
	}
	var got []uint64
	if err := Find(context.Background(), []string{path}, &records, &none, func(_ int, e Entry) { got = append(got, e.Record) }); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := Find(ctx, []string{path}, &records, &none, func(int, Entry) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: %v", err)
	}
}

// TestLimits holds that what an entry cannot tell is refused, and that of what is
// too long the whole file is read.
func TestLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Place{{File: maxFile}, {From: maxFrom}} {
		if err := w.Add(Entry{Place: p}); !errors.Is(err, ErrLarge) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if err := errors.Join(w.Add(Entry{Record: 1, Place: Place{7, 9, 1 << 32}}), w.Close()); err != nil {
		t.Fatal(err)
	}
	var records, none Set
	records.Add(1)
	var got []Entry
	if err := Find(context.Background(), []string{path}, &records, &none, func(_ int, e Entry) { got = append(got, e) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Place != (Place{File: 7}) {
		t.Errorf("%+v", got)
	}
	if _, err := Create(path); err == nil {
		t.Error("a file of entries was written over")
	}
}

// TestCutOff holds that a file that is cut off within an entry, or missing, is
// no file of fewer entries.
func TestCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	written(t, path, []Entry{{Record: 1}, {Record: 2}})
	var none Set
	for n := int64(55); n > 28; n-- {
		if err := os.Truncate(path, n); err != nil {
			t.Fatal(err)
		}
		if err := Find(context.Background(), []string{path}, &none, &none, func(int, Entry) {}); err == nil {
			t.Errorf("%d bytes are taken", n)
		}
	}
	if err := Find(context.Background(), []string{path + "y"}, &none, &none, func(int, Entry) {}); err == nil {
		t.Error("a missing file is taken")
	}
}

// FuzzFind holds that whatever a file holds is found as it would be written.
func FuzzFind(f *testing.F) {
	f.Add(make([]byte, entryBytes), uint64(0))
	f.Add(bytes.Repeat([]byte{1}, 2*entryBytes), uint64(0x0101010101010101))
	f.Add([]byte{1}, uint64(1))
	f.Fuzz(func(t *testing.T, text []byte, key uint64) {
		dir := t.TempDir()
		path := filepath.Join(dir, "x")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var records, none Set
		records.Add(key)
		var got []Entry
		err := Find(context.Background(), []string{path}, &records, &none, func(_ int, e Entry) { got = append(got, e) })
		if (err == nil) != (len(text)%entryBytes == 0) {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		again := filepath.Join(dir, "y")
		written(t, again, got)
		back, err := os.ReadFile(again)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(back); at += entryBytes {
			if !bytes.Contains(text, back[at:at+entryBytes]) {
				t.Error("an entry is written as another")
			}
		}
	})
}

// TestSet holds a set against a map.
func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Set
		want := make(map[uint64]bool)
		key := rapid.OneOf(rapid.Uint64Range(0, 5), rapid.Uint64(), rapid.Map(rapid.Uint64Range(0, 5), func(k uint64) uint64 { return k << 22 }))
		for _, k := range rapid.SliceOf(key).Draw(t, "keys") {
			if fresh := s.Add(k); fresh != (k != 0 && !want[k]) {
				t.Fatalf("%d is new: %v", k, fresh)
			}
			if k != 0 {
				want[k] = true
			}
		}
		for _, k := range rapid.SliceOf(key).Draw(t, "asked for") {
			if s.Has(k) != want[k] {
				t.Fatalf("has %d: %v", k, s.Has(k))
			}
		}
		if s.Len() != len(want) || !slices.Equal(slices.Sorted(s.Keys()), slices.Sorted(maps.Keys(want))) {
			t.Fatal("other keys")
		}
	})
}

// TestFindOfMany holds that what is looked for is found as well where it is more
// than a small set has, and where it is just as much.
func TestFindOfMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	key := func(i int) uint64 { return uint64(i+1) * 0x9e3779b97f4a7c15 }
	entries := make([]Entry, 4*few)
	for i := range entries {
		entries[i] = Entry{Record: key(2 * i), Subject: key(2*i + 1)}
	}
	written(t, path, entries)
	for _, n := range []int{few, few + 1, 2 * few} {
		var records, subjects Set
		for i := range n {
			records.Add(key(2 * i))
		}
		subjects.Add(key(2*len(entries) - 1))
		found := make(map[uint64]bool)
		if err := Find(context.Background(), []string{path}, &records, &subjects, func(_ int, e Entry) { found[e.Record] = true }); err != nil {
			t.Fatal(err)
		}
		if len(found) != n+1 || !found[key(0)] || !found[key(2*n-2)] || !found[entries[len(entries)-1].Record] {
			t.Errorf("of %d records and a subject %d were found", n, len(found))
		}
	}
}
