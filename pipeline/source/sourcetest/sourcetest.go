// Package sourcetest is the suite that every source passes. It writes a small
// good feed into a folder, has the adapter read it in every way a run may, and
// then damages the feed in every way it knows, each time with marked strings
// ("canaries") in values and keys, which must never turn up in a reject or an
// error.
//
// The suite reads as the pipeline does, only more rudely: it overwrites every
// block after each yield, so that an adapter that relies on what it handed
// over is found out.
package sourcetest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"secondaryuse/pipeline/source"
)

// Format says what a feed's files are made of, and so how they can be damaged.
type Format uint8

// The formats.
const (
	Lines    Format = iota + 1 // one JSON document a line
	Document                   // one JSON document a file
	XML                        // one XML document a file
	Table                      // CSV with a header line and one record a line
	Opaque                     // anything else (Parquet, zip): damaged byte by byte only
)

// Fixture is a small good feed and how to read it.
type Fixture struct {
	// Open makes the adapter on a folder. An error may be kept for Shards.
	Open func(dir string) (source.Source, error)

	// Files is the feed: path within the folder, with slashes, to content. It
	// has records of every kind the adapter knows and nothing that is
	// rejected. In the Lines and Table formats a line of one file must not
	// change how another line is read.
	Files map[string][]byte

	// Target is the file that is damaged. No other file's rows may depend on
	// it. Empty: the first name.
	Target string

	// Format is the format of Target.
	Format Format

	// Packed lists the endings (".gz", ".zst") that the adapter unpacks.
	Packed []string

	// Split says that the adapter reads a block of Target as a shard of its own.
	Split bool
}

// promise is one thing the suite checks, on a folder of its own.
type promise struct {
	name string
	hold func(f Fixture, dir string) error
	when func(f Fixture) bool // nil: always
}

var promises = []promise{
	{"folder", folder, nil},
	{"shards", shards, nil},
	{"accounting", accounting, nil},
	{"passes", passes, nil},
	{"concurrent", concurrent, nil},
	{"cancelled", cancelled, nil},
	{"yield error", yieldError, nil},
	{"large", large, byLine},
	{"picked", picked, nil},
	{"split", split, func(f Fixture) bool { return f.Split }},
	{"packed", packed, func(f Fixture) bool { return len(f.Packed) > 0 }},
	{"truncated packed", truncatedPacked, func(f Fixture) bool { return len(f.Packed) > 0 }},
	{"another kind", anotherKind, nil},
	{"huge value", hugeValue, func(f Fixture) bool { return f.Format != Opaque }},
	{"truncated", truncated, nil},
	{"bytes", flippedBytes, nil},
	{"bad lines", badLines, byLine},
	{"values", values, func(f Fixture) bool { return f.Format != Opaque }},
}

func byLine(f Fixture) bool { return f.Format == Lines || f.Format == Table }

// Run holds an adapter to the contract of package source.
func Run(t *testing.T, f Fixture) {
	t.Helper()
	if f.Target == "" {
		f.Target = names(f)[0]
	}
	for _, p := range promises {
		if p.when != nil && !p.when(f) {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := write(dir, f.Files); err != nil {
				t.Fatal(err)
			}
			if err := guarded(p, f, dir); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// guarded turns a panic of the adapter into an error that says so.
func guarded(p promise, f Fixture, dir string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return p.hold(f, dir)
}

func names(f Fixture) []string {
	var all []string
	for name := range f.Files {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func write(dir string, files map[string][]byte) error {
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
