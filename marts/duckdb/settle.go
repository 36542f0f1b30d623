package duckdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"secondaryuse/pipeline/stage/seal"
)

// Settled is what a run's rows came to.
type Settled struct {
	Parts   []seal.Part // what stays, to be sealed
	Tallies []Tally     // in a fixed order
}

// Tally is how many records of a dataset and feed came to one end. A record is
// counted by its row with part 0.
type Tally struct {
	Dataset, Feed string
	End           End
	Reason        int32 // why a person or a record was excluded: the exclusion's own reason; 0 otherwise
	Records, Rows int64
}

// End is what became of a record.
type End uint8

// The ends, in the order in which they are tried: a record comes to the first
// that holds for it.
const (
	Barred     End = iota + 1 // its person is excluded
	Deleted                   // its source has deleted it, at its version or a later one
	Superseded                // there is a newer version, or it was read before at the same version
	Linked                    // it hangs on an excluded record
	Kept
)

// Settle decides which rows of a run that is not sealed yet fall away, given
// the parts in its folder and the keys of the records that may stand in them
// more than once.
//
// Of a record (feed and record key, whatever its datasets) the newest version
// stays; of a version read several times one copy, the smallest in the order
// of person and then of all columns. A tombstone takes every version up to its
// own, or all where it has none. An exclusion of a person takes every row of
// that person; where it names a record as well it does so only unless that
// version of the record stands. Of several such exclusions for one reason, one
// whose version stands lifts all; but one whose part is 0 holds if its version
// stands, whatever others say. A version stands while there is no newer one,
// no tombstone that reaches further, and no more copies of it than the
// exclusion's part says.
//
// An exclusion of a record takes the record and, to any depth, each that goes
// with it: whose encounter it is or that links to it and, where the two are parts
// of one whole, as a record is of its encounter, what it refers to. The links of
// a record are those of its newest version, whatever else becomes of that; those
// of what is not stored, which name no person, all count.
//
// A part that loses rows is written anew, in its own order, and those of one
// dataset of a delta as one; the others stay untouched. (To sort would cost five
// times as much as to write, and no mart gains by it.) Parts of links, tombstones
// and exclusions are removed. What is written is durable on return; when Settle
// fails, the run's folder is of no further use.
//
// Where keep is set, parts for later runs are among those that stay. One of the
// dataset seal.Doomed has the keys of all records that were excluded (root) or go
// with such: by which record's link that is, their own or, where up is set, that
// of on_key. Given to a later Settle it has the same effect there as the
// exclusions had here, but that what goes by the link of a record that stands
// there anew is judged anew. So whoever has on_key stand anew must do the same
// with the record. One of the dataset link names the encounters of records whose
// rows fell away, but are not doomed.
func Settle(ctx context.Context, dir string, parts []seal.Part, repeats []int64, keep bool, lim Limits) (Settled, error) {
	if lim.Temp == "" {
		lim.Temp = filepath.Join(dir, "settle")
	}
	defer os.RemoveAll(lim.Temp)
	s := settler{dir: dir, repeats: repeats, keep: keep, sets: make(map[string][]seal.Part)}
	rows := int64(0)
	for _, p := range parts {
		if p.Dataset != seal.Doomed {
			rows += p.Rows
		}
		if p.Dataset == seal.Touched {
			s.out.Parts = append(s.out.Parts, p)
		} else {
			s.sets[p.Dataset] = append(s.sets[p.Dataset], p)
		}
	}
	if s.small = rows <= inMemory; s.small {
		lim.Threads = 1 // several would wait for one another more than they do
	}
	e, err := open(ctx, lim)
	if err != nil {
		return Settled{}, err
	}
	s.engine = e
	err = s.run(ctx)
	if err = errors.Join(err, e.close()); err != nil {
		return Settled{}, err
	}
	slices.SortFunc(s.out.Tallies, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.End, b.End), cmp.Compare(a.Reason, b.Reason))
	})
	return s.out, nil
}

// helpers are the datasets that only settle a run.
var helpers = []string{"exclusion", "link", "tombstone", seal.Doomed}

type settler struct {
	*engine
	dir     string
	repeats []int64
	keep    bool
	small   bool                   // a delta
	lost    bool                   // the table gone is there
	sets    map[string][]seal.Part // by dataset
	out     Settled
}

// names lists the datasets that stay, in order.
func (s *settler) names() []string {
	var out []string
	for name := range s.sets {
		if !slices.Contains(helpers, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// inMemory is how many rows of a dataset are rather held in memory than read
// again for each question: those of a delta.
const inMemory = 1_000_000

func (s *settler) run(ctx context.Context) error {
	if err := s.hold(ctx); err != nil {
		return err
	}
	if err := s.judge(ctx); err != nil {
		return err
	}
	if err := s.sift(ctx); err != nil {
		return err
	}
	for _, name := range helpers {
		if err := s.remove(name); err != nil {
			return err
		}
	}
	return nil
}

// hold makes a table or a view of each of the helpers, and one table, here, of
// the rows of all that stays. Of most columns nothing is asked: they are not in
// it.
//
//	here (dataset, feed, record_key, v, person_id, part, encounter_key, filename, file_row_number)
func (s *settler) hold(ctx context.Context) error {
	held := "SELECT ''::VARCHAR AS dataset, ''::VARCHAR AS feed, 0::BIGINT AS record_key, NULL::TIMESTAMP AS v, 0::BIGINT AS person_id, " +
		"0::INTEGER AS part, 0::BIGINT AS encounter_key, ''::VARCHAR AS filename, 0::BIGINT AS file_row_number WHERE false"
	here := "FROM held"
	for _, name := range slices.Sorted(maps.Keys(s.sets)) {
		kind, few := "VIEW", s.rows(name) <= inMemory
		if few && name != seal.Doomed {
			kind = "TABLE"
		}
		query := " UNION ALL SELECT " + text(name) + ", feed, record_key, " + version + ", person_id, part, encounter_key, filename, file_row_number FROM " +
			s.files(name, ", filename = true, file_row_number = true")
		switch {
		case slices.Contains(helpers, name):
			if err := s.exec(ctx, "CREATE TEMP "+kind+" "+name+" AS SELECT * FROM "+s.files(name, "")); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case few:
			held += query
		default:
			here += query
		}
	}
	if err := s.exec(ctx, "CREATE TEMP TABLE held AS "+held); err != nil {
		return err
	}
	return s.exec(ctx, "CREATE TEMP VIEW here AS "+here)
}

// rows is how many rows a dataset has.
func (s *settler) rows(name string) (n int64) {
	for _, p := range s.sets[name] {
		n += p.Rows
	}
	return n
}

// files writes the call that reads the parts of a dataset.
func (s *settler) files(name, options string) string {
	var files []string
	for _, p := range s.sets[name] {
		files = append(files, p.File)
	}
	return parquet(s.dir, files, options)
}

func (s *settler) remove(name string) error {
	for _, p := range s.sets[name] {
		if err := os.Remove(filepath.Join(s.dir, p.File)); err != nil {
			return err
		}
	}
	return nil
}
