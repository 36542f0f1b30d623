// Package gpconnect reads GP Connect Access Record Structured: a folder of
// files, each one STU3 CareConnect Bundle with the record of one Patient.
//
// An input record is an entry of a Bundle. Everything in a Bundle is about its
// Patient: an entry that names another subject, by reference or by number, or
// none, or that is older than the Patient, is a Reject, and so is every entry of a Bundle that holds no
// Patient or several. Nothing is taken from the name of a file, which may name
// a person and may name the wrong one.
//
// The ids of resources are unique in their Bundle only; so that no record of
// one person can pass for one of another's, an id is kept together with that of
// the Patient. A record without a version has that of its Bundle, where it has
// one; a record that names no organisation is the data of the practice that
// manages the Patient.
package gpconnect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
)

// Source is a folder of Bundles.
type Source struct {
	dir    string
	person fhir.Person
}

var _ source.Source = (*Source)(nil)

// Open returns the feed in a folder. It reads nothing yet. The zero Person
// stands for NHS numbers.
func Open(dir string, person fhir.Person) *Source { return &Source{dir, person} }

// Shards lists the .json files of the folder and those below it, each a shard,
// in the order of their names. They may be packed (.gz, .zst).
func (s *Source) Shards(ctx context.Context, _ source.Pass) ([]source.Shard, error) {
	var list []source.Shard
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return bare(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		name, err := filepath.Rel(s.dir, path)
		if err != nil || !e.Type().IsRegular() || !isBundle(name) {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return bare(err)
		}
		list = append(list, source.Shard{File: filepath.ToSlash(name), Bytes: info.Size()})
		return nil
	})
	if err == nil && len(list) == 0 {
		err = errors.New("the folder holds no .json file")
	}
	if err != nil {
		return nil, fmt.Errorf("gpconnect: %w", err)
	}
	slices.SortFunc(list, func(a, b source.Shard) int { return strings.Compare(a.File, b.File) })
	return list, nil
}

func isBundle(name string) bool {
	name = strings.ToLower(name)
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	return strings.HasSuffix(name, ".json")
}

// Read decodes the Bundle of one file.
func (s *Source) Read(ctx context.Context, pass source.Pass, sh source.Shard, b *record.Block, yield func() error) error {
	b.Reset()
	if err := ctx.Err(); err != nil {
		return err
	}
	doc, err := load(filepath.Join(s.dir, filepath.FromSlash(sh.File)), sh.Bytes)
	if err != nil {
		return fmt.Errorf("gpconnect: %w", bare(err))
	}
	r := newReader(s.person, pass, b)
	r.flush = func() error {
		if err := yield(); err != nil {
			return err
		}
		r.reset()
		return ctx.Err()
	}
	if err := r.document(doc); err != nil {
		return fmt.Errorf("gpconnect: %w", err)
	}
	return yield()
}

// bare takes the path out of an error: the name of a file may name a person.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}
