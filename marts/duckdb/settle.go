package duckdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
// whose version stands lifts all. A version stands while there is no newer one,
// no tombstone that reaches further, and no more copies of it than the
// exclusion's part says. An exclusion of a record takes the record and, to any
// depth, each record whose encounter it is or that links to it; the links of a
// record are those of its newest version.
//
// A part that loses rows is written anew, in its own order; the others stay
// untouched. (To sort would cost five times as much as to write, and no mart
// gains by it.) Parts of links, tombstones and exclusions are removed. What is
// written is durable on return; when Settle fails, the run's folder is of no
// further use.
//
// Where keep is set, a part of the dataset seal.Doomed is among those that
// stay: the keys of all records that were excluded, or hang on such. Given to a
// later Settle it has the same effect there as the exclusions had here, but that
// of persons in parts Touched, which stay as they are, what was not excluded
// itself is judged anew. Of a record that hangs on one of somebody else which
// was not excluded itself the part names both (person_id, on_person): whoever
// touches the one must touch the other.
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
			s.touched, s.out.Parts = append(s.touched, p.File), append(s.out.Parts, p)
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
	sets    map[string][]seal.Part // by dataset
	touched []string               // files that name persons
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
	for name, parts := range s.sets {
		var files []string
		rows := int64(0)
		for _, p := range parts {
			files, rows = append(files, p.File), rows+p.Rows
		}
		kind := "VIEW"
		if rows <= inMemory && name != seal.Doomed {
			kind = "TABLE"
		}
		if err := s.exec(ctx, fmt.Sprintf("CREATE TEMP %s %s AS SELECT * FROM %s", kind, name, parquet(s.dir, files, ", filename = true, file_row_number = true"))); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := s.judge(ctx); err != nil {
		return err
	}
	if err := s.sift(ctx); err != nil {
		return err
	}
	if s.keep {
		if err := s.remember(ctx); err != nil {
			return fmt.Errorf("doomed: %w", err)
		}
	}
	for _, name := range helpers {
		if err := s.remove(name); err != nil {
			return err
		}
	}
	return nil
}

// remember writes which records are doomed, for the runs that will go on from
// this one: what hangs on them may come later.
func (s *settler) remember(ctx context.Context) error {
	p := seal.Part{Dataset: seal.Doomed, File: "doomed-settled.parquet"}
	path := filepath.Join(s.dir, p.File)
	query := "SELECT feed, record_key, root, person_id, if(on_person = person_id, 0, on_person) AS on_person FROM doomed"
	if len(s.sets[seal.Doomed]) > 0 {
		query += " UNION ALL FROM (" + lasting + ") l WHERE NOT EXISTS (FROM doomed d WHERE d.feed = l.feed AND d.record_key = l.record_key)"
	}
	var err error
	if p.Rows, err = s.copied(ctx, query+" ORDER BY feed, record_key", path); err != nil {
		return err
	}
	p.Bytes, p.SHA256, err = durable(path)
	s.out.Parts = append(s.out.Parts, p)
	return err
}

// sift takes the rows that fall away out of every dataset.
func (s *settler) sift(ctx context.Context) error {
	names := s.names()
	if len(names) == 0 {
		return nil
	}
	total := make(map[string][]Tally)
	err := s.each(ctx, union(names, "SELECT '%s', feed, count(*) FILTER (part = 0), count(*) FROM %s GROUP BY feed"), func(scan func(...any) error) error {
		t := Tally{End: Kept}
		err := scan(&t.Dataset, &t.Feed, &t.Records, &t.Rows)
		total[t.Dataset] = append(total[t.Dataset], t)
		return err
	})
	if err != nil {
		return err
	}
	some, err := s.number(ctx, "SELECT (SELECT count(*) FROM barred) + (SELECT count(*) FROM fated)")
	if err != nil {
		return err
	}
	orders, err := s.orders(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		var gone []loss
		if some > 0 {
			gone, err = s.gone(ctx, name, orders[name])
		}
		if err == nil {
			err = s.settle(ctx, name, total[name], gone)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// settle takes the rows of one dataset that are gone out of it.
func (s *settler) settle(ctx context.Context, name string, total []Tally, gone []loss) error {
	ends, lost := make(map[Tally]Tally), make(map[string]int64)
	for _, l := range gone {
		end := Tally{Dataset: name, Feed: l.Feed, End: l.End, Reason: l.Reason}
		sum := ends[end]
		ends[end] = Tally{Records: sum.Records + l.Records, Rows: sum.Rows + l.Rows}
		lost[l.file] += l.Rows
		i := slices.IndexFunc(total, func(t Tally) bool { return t.Feed == l.Feed })
		total[i].Records, total[i].Rows = total[i].Records-l.Records, total[i].Rows-l.Rows
	}
	for end, sum := range ends {
		end.Records, end.Rows = sum.Records, sum.Rows
		total = append(total, end)
	}
	for _, t := range total {
		if t.Rows > 0 {
			s.out.Tallies = append(s.out.Tallies, t)
		}
	}
	for _, p := range s.sets[name] {
		p, err := s.rewrite(ctx, p, lost[filepath.Join(s.dir, p.File)])
		if err != nil {
			return err
		}
		if p.File != "" {
			s.out.Parts = append(s.out.Parts, p)
		}
	}
	return nil
}

// rewrite replaces a part by one without the rows that are gone, in the same
// order. It returns the part as it is when it loses none, and no part when it
// keeps none.
func (s *settler) rewrite(ctx context.Context, p seal.Part, lost int64) (seal.Part, error) {
	if lost == 0 {
		return p, nil
	}
	old := filepath.Join(s.dir, p.File)
	if p.Rows == lost {
		return seal.Part{}, os.Remove(old)
	}
	p.Rows -= lost
	p.File = strings.TrimSuffix(p.File, ".parquet") + "-settled.parquet"
	path := filepath.Join(s.dir, p.File)
	err := s.copyTo(ctx, fmt.Sprintf(`SELECT t.* EXCLUDE (file_row_number) FROM read_parquet(%s, file_row_number = true) t
		ANTI JOIN (SELECT file_row_number FROM gone WHERE filename = %[1]s) g USING (file_row_number)`, text(old)), path)
	if err != nil {
		return p, err
	}
	if p.Bytes, p.SHA256, err = durable(path); err != nil {
		return p, err
	}
	return p, os.Remove(old)
}

func (s *settler) remove(name string) error {
	for _, p := range s.sets[name] {
		if err := os.Remove(filepath.Join(s.dir, p.File)); err != nil {
			return err
		}
	}
	return nil
}

// union writes a query over several datasets, one after the other. %s in the
// query stands for the dataset.
func union(names []string, query string) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = strings.ReplaceAll(query, "%s", n)
	}
	return strings.Join(parts, " UNION ALL ")
}
