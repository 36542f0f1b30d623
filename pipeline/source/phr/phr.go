// Package phr is the source for a Personal Health Record: a folder of FHIR R4
// NDJSON files with what persons recorded of themselves.
//
// Every Observation, MedicationStatement and QuestionnaireResponse becomes a
// self-recorded row, a dataset of its own; a Patient becomes a Person; no
// other type of resource is used. Package fhir reads the values: an answer to a
// questionnaire is read as a component of an Observation, and only coded and
// numeric answers are kept.
//
// A person may correct and delete. A correction is the same id with a newer
// meta.lastUpdated. A deletion is a Bundle line with a request DELETE, in the
// folder deleted or anywhere; a status that says that the record should not be
// (entered in error), no longer holds (cancelled, stopped), is not finished
// (registered, in progress) or speaks of a medicine that was not taken is a
// deletion too, so that what the record said before does not stand either.
//
// Ids are unique for a type of resource only, so a record's own key is its type
// and its id.
package phr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/scan"
)

// Source is a folder of NDJSON files.
type Source struct {
	dir    string
	person fhir.Person
	block  int64 // size of a shard of a plain file
}

var _ source.Source = (*Source)(nil)

// shardSize is how large a shard of a plain file is.
const shardSize = 64 << 20

// Open returns the feed in a folder. It reads nothing yet. The zero Person
// stands for NHS numbers.
func Open(dir string, person fhir.Person) *Source { return &Source{dir, person, shardSize} }

// Shards lists the .ndjson files of the folder and those below it, packed
// (.gz, .zst) or not, in the order of their names, and large plain files in
// blocks.
func (s *Source) Shards(ctx context.Context, _ source.Pass) ([]source.Shard, error) {
	var list []source.Shard
	tree := os.DirFS(s.dir)
	err := fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !isLines(name) {
			return errors.Join(err, ctx.Err())
		}
		info, err := fs.Stat(tree, name)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		list, err = s.cut(list, name, info.Size())
		return err
	})
	if err == nil && len(list) == 0 {
		err = errors.New("the folder holds no .ndjson file")
	}
	if err != nil {
		return nil, fmt.Errorf("phr: %w", bare(err))
	}
	return list, nil
}

func isLines(name string) bool {
	name = strings.ToLower(name)
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	return strings.HasSuffix(name, ".ndjson")
}

// cut appends the shards of a file.
func (s *Source) cut(list []source.Shard, name string, size int64) ([]source.Shard, error) {
	whole := size <= s.block
	if !whole {
		var err error
		if whole, err = scan.Whole(s.path(name)); err != nil {
			return nil, err
		}
	}
	if whole {
		return append(list, source.Shard{File: name, Bytes: size}), nil
	}
	for at := int64(0); at < size; at += s.block {
		n := min(s.block, size-at)
		list = append(list, source.Shard{File: name, Offset: at, Length: n, Bytes: n})
	}
	return list, nil
}

func (s *Source) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// heldBytes is how many bytes of lines a block may point to.
const heldBytes = 16 << 20

// Read decodes one shard.
func (s *Source) Read(ctx context.Context, pass source.Pass, sh source.Shard, b *record.Block, yield func() error) error {
	b.Reset()
	if err := ctx.Err(); err != nil {
		return err
	}
	lines, before, err := s.lines(sh)
	if err != nil {
		return fmt.Errorf("phr: %s: %w", sh.File, bare(err))
	}
	defer lines.Close()
	r := newReader(s.person, pass, b)
	any := false
	for lines.Next() {
		any = true
		r.one(lines, before)
		if r.rows() < source.BlockRows && lines.Held() < heldBytes {
			continue
		}
		if err := yield(); err != nil {
			return err
		}
		r.reset()
		lines.Release()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("phr: %s: %w", sh.File, bare(err))
	}
	switch fault := lines.Fault(); {
	case fault != "":
		r.refuse(before+lines.Number(), "", fault)
	case !any && sh.Length == 0:
		r.refuse(1, "", "the file is empty")
	}
	return yield()
}

// lines opens a shard. before is how many lines of its file lie before it.
func (s *Source) lines(sh source.Shard) (l *scan.Lines, before int64, err error) {
	if sh.Picked != nil {
		l, err = scan.OpenPicked(s.path(sh.File), *sh.Picked)
		return l, 0, err
	}
	if sh.Offset > 0 {
		if before, err = scan.Count(s.path(sh.File), 0, sh.Offset); err != nil {
			return nil, 0, err
		}
	}
	l, err = scan.Open(s.path(sh.File), sh.Offset, sh.Length, 0)
	return l, before, err
}

// one decodes one line.
func (r *reader) one(lines *scan.Lines, before int64) {
	r.line = before + lines.Number()
	if fault := lines.Fault(); fault != "" {
		r.refuse(r.line, "", fault)
		return
	}
	r.fhir.At(lines.Span())
	r.text(lines.Bytes())
}

// bare takes the path out of an error: the caller names the file its own way.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}
