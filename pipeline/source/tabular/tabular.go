// Package tabular reads hospital tables: CSV (plain, gzip, zstd) and Parquet
// files whose columns the configuration maps to roles.
//
// A line of an admission, A&E or outpatient table is one record: an Encounter,
// which stands for it, and as further parts of it its Problems, its Procedures
// and, where columns of that kind are mapped, what it says of the Person. A
// line of a person table is a Person. Every code of a line is in the Codings
// of each of its rows, so that they are judged alike.
//
// What a column cannot hold is a Reject that names the role; so is every line in
// which a cell for a code, an organisation or the like could name a person (an
// NHS number in any spelling, a postcode), for its cells have been shifted. A
// diagnosis, procedure, treatment or investigation that is no code of any system
// rejects its line; any other item that is none is left out. An empty cell and
// the fillers of Hospital Episode Statistics ("-", "&", the first of January
// 1800 to 1802, 3000 and 4000 o'clock) mean that there is nothing. Three things
// are derived and nothing else is: a time of end without a date lies on the day
// of the start or, when it is earlier than the start, on the next; a procedure
// without a date of its own was done on the day its encounter began; and a line
// that does not say when it was recorded was recorded when the encounter ended.
package tabular

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // London's clock is there on every machine

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// Table says what the files that match a pattern hold.
type Table struct {
	File      string                       `yaml:"file"`      // pattern of path.Match below the feed's folder; .gz and .zst may follow
	As        string                       `yaml:"as"`        // admission, ae, outpatient or person
	Preset    string                       `yaml:"preset"`    // what the fields below begin with: see Presets
	Check     string                       `yaml:"check"`     // none: the feed has local identifiers instead of NHS numbers
	Delimiter string                       `yaml:"delimiter"` // of CSV; a comma when absent
	Columns   map[string][]string          `yaml:"columns"`   // by role: see Roles
	Codes     map[string]map[string]string `yaml:"codes"`     // by role: the table's code to ours; one that is not named stays as it is
	Systems   map[string]string            `yaml:"systems"`   // by role that holds codes: the terminology
}

// Source is a folder of tables.
type Source struct {
	dir    string
	some   bool // not every table has a file
	tables []*table
	block  int64 // size of a shard of a plain CSV file
	london *time.Location
	now    term.Time // London's wall clock

	mu    sync.Mutex
	marks map[string]marked // by file: where its shards begin
}

var _ source.Source = (*Source)(nil)

// shardSize is about how large a shard of a plain CSV file is.
const shardSize = 64 << 20

// Open checks the configuration of a feed of tables. It reads no file.
func Open(dir string, tables []Table) (*Source, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("tabular: %w", err)
	}
	s := &Source{dir: dir, block: shardSize, london: london, now: term.At(time.Now(), london), marks: make(map[string]marked)}
	for i, t := range tables {
		compiled, err := compile(t)
		if err != nil {
			return nil, fmt.Errorf("tables[%d]: %w", i, err)
		}
		s.tables = append(s.tables, compiled)
	}
	if len(s.tables) == 0 {
		return nil, errors.New("tables: there is none; name at least one")
	}
	return s, nil
}

// At has the source read flags that hold for some days as they are at a time on
// London's wall clock, instead of now.
func (s *Source) At(now term.Time) *Source {
	s.now = now
	return s
}

// Some has the source take a folder that has files of some tables only, as what
// has changed since yesterday has.
func (s *Source) Some() *Source {
	s.some = true
	return s
}

// Shards lists the files that the tables' patterns match, large plain CSV
// files in blocks and Parquet files in row groups. It is an error when a
// pattern matches no file, when two match the same, and when a file lacks a
// column that is mapped.
func (s *Source) Shards(ctx context.Context, _ source.Pass) ([]source.Shard, error) {
	files, err := s.files()
	if err != nil {
		return nil, fmt.Errorf("tabular: %w", err)
	}
	used := make([]bool, len(s.tables))
	var list []source.Shard
	for _, name := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, i, err := s.tableOf(name)
		if err != nil {
			return nil, fmt.Errorf("tabular: %w", err)
		}
		if t == nil {
			continue
		}
		used[i] = true
		shards, err := s.shardsOf(name, t)
		if err != nil {
			return nil, fmt.Errorf("tabular: %s: %w", name, bare(err))
		}
		list = append(list, shards...)
	}
	for i, t := range s.tables {
		if !used[i] && !s.some {
			return nil, fmt.Errorf("tabular: no file matches %s", t.pattern)
		}
	}
	return list, nil
}

// files lists the feed's files in the order of their names.
func (s *Source) files() ([]string, error) {
	var files []string
	err := filepath.WalkDir(s.dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return bare(err)
		}
		name, err := filepath.Rel(s.dir, p)
		if err == nil && e.Type().IsRegular() {
			files = append(files, filepath.ToSlash(name))
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = errors.New("the folder holds no file")
	}
	if err == nil && slices.Contains(files, ".") {
		err = errors.New("a file, not a folder")
	}
	slices.Sort(files)
	return files, err
}

// tableOf finds the one table that a file belongs to, or none.
func (s *Source) tableOf(name string) (found *table, index int, err error) {
	plain := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	for i, t := range s.tables {
		whole, _ := path.Match(t.pattern, name) // the pattern has been checked
		packed, _ := path.Match(t.pattern, plain)
		if !whole && !packed {
			continue
		}
		if found != nil {
			return nil, 0, fmt.Errorf("%s matches both %s and %s", name, found.pattern, t.pattern)
		}
		found, index = t, i
	}
	return found, index, nil
}

// Read decodes one shard.
func (s *Source) Read(ctx context.Context, pass source.Pass, sh source.Shard, b *record.Block, yield func() error) error {
	b.Reset()
	if err := ctx.Err(); err != nil {
		return err
	}
	t, _, err := s.tableOf(sh.File)
	if err == nil && t == nil {
		err = errors.New("no table has this file")
	}
	if err != nil {
		return fmt.Errorf("tabular: %s: %w", sh.File, err)
	}
	d := newDecoder(t, pass, b, s.london, s.now)
	d.flush = func() error {
		if err := yield(); err != nil {
			return err
		}
		d.reset()
		return ctx.Err()
	}
	if err := s.read(d, t, sh); err != nil {
		return fmt.Errorf("tabular: %s: %w", sh.File, bare(err))
	}
	return yield()
}

// bare takes the path out of an error: the caller names the file its own way.
func bare(err error) error {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}
