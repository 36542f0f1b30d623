package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/practice"
	"secondaryuse/pipeline/stage/seal"
)

// Source is what marts are built from.
type Source struct {
	Stage     string        // folder
	Manifest  seal.Manifest // of a sealed run
	Practices []practice.Practice
	Key       domain.Key // of the domain of the marts
	Before    Before     // what the marts may go on from; the zero Before is nothing
}

// Before is an earlier snapshot of the same marts, by the same contracts, of
// the same domain and epoch and with the same practices: the rows of persons
// whose records are as they were may be taken from it. Its layer is not below
// the manifest's Since and not above its Layer, its day not after the
// manifest's, and its files are whole.
type Before struct {
	Folder string
	AsOf   string
	Layer  int64
}

// Built is a mart that was written.
type Built struct {
	Mart   catalogue.Mart
	File   string // in the folder it was built in
	Rows   int64
	Bytes  int64
	SHA256 string
}

// ErrCheck says that a mart is not what its contract promises.
var ErrCheck = errors.New("a check does not hold")

// Build builds the marts, which must be in an order in which each comes after
// those it reads, as Parquet files in dir. The same source gives the same
// bytes; and the same rows, in another order, where it goes on from an earlier
// snapshot: what was built anew may come last then. It fails, wrapping
// ErrCheck, when a mart breaks its contract: another column or type, an empty
// cell where none may be, two rows of one grain, or a check that returns a row.
// The files are durable on return.
func Build(ctx context.Context, src Source, marts []catalogue.Mart, dir string, lim Limits) ([]Built, error) {
	e, err := open(ctx, lim)
	if err != nil {
		return nil, err
	}
	built, err := e.build(ctx, src, marts, dir)
	return built, errors.Join(err, e.close())
}

func (e *engine) build(ctx context.Context, src Source, marts []catalogue.Mart, dir string) ([]Built, error) {
	asOf, err := time.Parse(time.DateOnly, src.Manifest.AsOf)
	if err != nil {
		return nil, errors.New("manifest: as_of is not a day")
	}
	if err := e.reference(ctx, src.Practices); err != nil {
		return nil, err
	}
	if err := e.touches(ctx, src); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	b := builder{engine: e, dir: dir, all: world{schema: "main", src: src, layer: src.Manifest.Layer, asOf: asOf}}
	if b.inputs, err = catalogue.Inputs(); err != nil {
		return nil, err
	}
	if src.Before.Folder != "" {
		return b.follow(ctx, marts)
	}
	return b.anew(ctx, marts)
}

// builder builds marts of one source into one folder.
type builder struct {
	*engine
	inputs []catalogue.Input
	dir    string
	all    world // everybody
	ready  bool  // all can be asked
}

// anew builds every mart from all that it reads.
func (b *builder) anew(ctx context.Context, marts []catalogue.Mart) ([]Built, error) {
	var out []Built
	for _, m := range marts {
		built, err := b.whole(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		out = append(out, built)
	}
	return out, nil
}

// everybody makes the world of all persons, once.
func (b *builder) everybody(ctx context.Context) error {
	if b.ready {
		return nil
	}
	b.ready = true
	if err := b.begin(ctx, b.all); err != nil {
		return err
	}
	var persons []string
	for _, in := range b.inputs {
		if all := b.all.src.layers(in.Name, none, b.all.layer); in.Staged() && len(all) > 0 {
			persons = append(persons, "SELECT person_id AS base FROM ("+b.all.src.union(all, []string{"person_id"})+")")
		}
	}
	if len(persons) > 0 {
		query := strings.Join(persons, " UNION ALL ")
		if err := b.enrol(ctx, query, b.all.src); err != nil {
			return fmt.Errorf("stage: persons: %w", err)
		}
		if err := b.admit(ctx, b.all, "SELECT base FROM main.persons"); err != nil {
			return fmt.Errorf("stage: persons: %w", err)
		}
	}
	for _, in := range b.inputs {
		var err error
		if in.Staged() {
			err = b.show(ctx, b.all, in, in.Name, none)
		} else if in.Unlinked() != "" {
			err = b.showAlone(ctx, b.all, in)
		}
		if err != nil {
			return fmt.Errorf("stage: %s: %w", in.Name, err)
		}
	}
	return nil
}

// whole writes a mart of everybody.
func (b *builder) whole(ctx context.Context, m catalogue.Mart) (Built, error) {
	if err := b.everybody(ctx); err != nil {
		return Built{}, err
	}
	if err := b.enter(ctx, b.all); err != nil {
		return Built{}, err
	}
	return b.mart(ctx, m, b.dir)
}

// mart writes one mart from what the names of its tables mean, shows it to
// those that read it, and checks it.
func (e *engine) mart(ctx context.Context, m catalogue.Mart, dir string) (Built, error) {
	b := Built{Mart: m, File: m.Name + ".parquet"}
	path := filepath.Join(dir, b.File)
	if err := e.codelists(ctx, m); err != nil {
		return b, err
	}
	if err := e.shape(ctx, m); err != nil {
		return b, err
	}
	if err := e.copyTo(ctx, sorted(m, m.SQL), path); err != nil {
		return b, err
	}
	if err := e.exec(ctx, fmt.Sprintf("CREATE VIEW %s AS FROM read_parquet(%s)", m.Name, text(path))); err != nil {
		return b, err
	}
	if err := e.check(ctx, promises(m)); err != nil {
		return b, err
	}
	if err := e.forget(ctx, m); err != nil {
		return b, err
	}
	return e.finish(ctx, b, dir)
}

// finish makes a mart's file durable and says how much it holds.
func (e *engine) finish(ctx context.Context, b Built, dir string) (Built, error) {
	path := filepath.Join(dir, b.File)
	var err error
	if b.Rows, err = e.number(ctx, "SELECT count(*) FROM read_parquet("+text(path)+")"); err == nil {
		b.Bytes, b.SHA256, err = durable(path)
	}
	return b, err
}

// sorted is a query with its columns in the order of the mart's contract and
// its rows in the order of the grain.
func sorted(m catalogue.Mart, query string) string {
	return fmt.Sprintf("SELECT %s FROM (%s) ORDER BY %s", list(m), query, strings.Join(m.Grain, ", "))
}

// list is the columns of a mart, in their order.
func list(m catalogue.Mart) string {
	var columns []string
	for _, c := range m.Columns {
		columns = append(columns, c.Name)
	}
	return strings.Join(columns, ", ")
}

// shape holds the columns of a mart's query to its contract.
func (e *engine) shape(ctx context.Context, m catalogue.Mart) error {
	var have, want []string
	for _, c := range m.Columns {
		want = append(want, c.Name+" "+c.Type)
	}
	err := e.each(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+m.SQL+")", func(scan func(...any) error) error {
		var name, kind string
		err := scan(&name, &kind)
		have = append(have, name+" "+kind)
		return err
	})
	if err != nil {
		return err
	}
	if h, w := strings.Join(have, ", "), strings.Join(want, ", "); h != w {
		return fmt.Errorf("%w: the query gives (%s), the contract says (%s)", ErrCheck, h, w)
	}
	return nil
}

// promises are the checks of a mart: first what follows from its columns, its
// grain and what it adds, then its own.
func promises(m catalogue.Mart) []catalogue.Check {
	out := []catalogue.Check{{
		Name: "one row for each " + strings.Join(m.Grain, ", "),
		SQL:  fmt.Sprintf("SELECT %s FROM %s GROUP BY %[1]s HAVING count(*) > 1", strings.Join(m.Grain, ", "), m.Name),
	}}
	for _, c := range m.Columns {
		if !c.Null {
			out = append(out, catalogue.Check{Name: c.Name + " is never empty", SQL: fmt.Sprintf("SELECT 1 FROM %s WHERE %s IS NULL", m.Name, c.Name)})
		} else if slices.Contains(m.Adds, c.Name) {
			out = append(out, catalogue.Check{Name: c.Name + " is empty instead of 0", SQL: fmt.Sprintf("SELECT 1 FROM %s WHERE %s = 0", m.Name, c.Name)})
		}
	}
	if len(m.Adds) > 0 {
		out = append(out, catalogue.Check{Name: "a row adds something", SQL: fmt.Sprintf("SELECT 1 FROM %s WHERE %s", m.Name, nothing(m))})
	}
	return append(out, m.Checks...)
}

// nothing is true of a row of which all that adds up is 0 or empty.
func nothing(m catalogue.Mart) string {
	var out []string
	for _, a := range m.Adds {
		out = append(out, "coalesce("+a+", 0) = 0")
	}
	return strings.Join(out, " AND ")
}

// check runs checks of a mart that is built, all in one statement: to plan and
// start one takes longer than most checks do.
func (e *engine) check(ctx context.Context, checks []catalogue.Check) error {
	if len(checks) == 0 {
		return nil
	}
	var all []string
	for i, c := range checks {
		all = append(all, fmt.Sprintf("SELECT %d, count(*) FROM (%s)", i, c.SQL))
	}
	found := slices.Repeat([]int64{-1}, len(checks)) // no answer
	err := e.each(ctx, strings.Join(all, "\nUNION ALL "), func(scan func(...any) error) error {
		var i, n int64
		err := scan(&i, &n)
		found[i] = n
		return err
	})
	if err != nil {
		return fmt.Errorf("checks: %w", err)
	}
	var errs []error
	for i, n := range found {
		if n != 0 {
			errs = append(errs, fmt.Errorf("%w: %q fails for %s", ErrCheck, checks[i].Name, someRows(n)))
		}
	}
	return errors.Join(errs...)
}

// Edition names the engine, and how this package asks it: where it changes,
// the same rows may give other bytes. The number is raised with every change
// here that does so.
const Edition = "duckdb-go v2.10505.0, 3"

// someRows is how many rows something was found in, as it may be told to a log:
// not exactly, and below 8 not at all.
func someRows(n int64) string {
	if n < 8 {
		return "fewer than 8 rows"
	}
	return fmt.Sprintf("about %d rows", (n+2)/5*5)
}
