package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
// bytes. It fails, wrapping ErrCheck, when a mart breaks its contract: another
// column or type, an empty cell where none may be, two rows of one grain, or a
// check that returns a row. The files are durable on return.
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
	if err := e.stage(ctx, src, asOf); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	if err := e.reference(ctx, asOf, src.Practices); err != nil {
		return nil, err
	}
	var out []Built
	for _, m := range marts {
		b, err := e.mart(ctx, m, dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		out = append(out, b)
	}
	return out, nil
}

// mart writes one mart, shows it to those that read it, and checks it.
func (e *engine) mart(ctx context.Context, m catalogue.Mart, dir string) (Built, error) {
	b := Built{Mart: m, File: m.Name + ".parquet"}
	path := filepath.Join(dir, b.File)
	for _, l := range m.Codelists {
		if err := e.codelist(ctx, l); err != nil {
			return b, fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	if err := e.shape(ctx, m); err != nil {
		return b, err
	}
	if err := e.copyTo(ctx, sorted(m), path); err != nil {
		return b, err
	}
	if err := e.exec(ctx, fmt.Sprintf("CREATE VIEW %s AS FROM read_parquet(%s)", m.Name, text(path))); err != nil {
		return b, err
	}
	if err := e.check(ctx, m); err != nil {
		return b, err
	}
	for _, l := range m.Codelists {
		if err := e.exec(ctx, "DROP TABLE "+l.Name); err != nil {
			return b, err
		}
	}
	var err error
	if b.Rows, err = e.number(ctx, "SELECT count(*) FROM "+m.Name); err == nil {
		b.Bytes, b.SHA256, err = durable(path)
	}
	return b, err
}

// sorted is a mart's query with its columns in the order of the contract and
// its rows in the order of the grain.
func sorted(m catalogue.Mart) string {
	var columns []string
	for _, c := range m.Columns {
		columns = append(columns, c.Name)
	}
	return fmt.Sprintf("SELECT %s FROM (%s) ORDER BY %s", strings.Join(columns, ", "), m.SQL, strings.Join(m.Grain, ", "))
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

// check runs what a contract promises of a mart that is built: first what
// follows from its columns and grain, then its own checks.
func (e *engine) check(ctx context.Context, m catalogue.Mart) error {
	checks := []catalogue.Check{{
		Name: "one row for each " + strings.Join(m.Grain, ", "),
		SQL:  fmt.Sprintf("SELECT %s FROM %s GROUP BY %[1]s HAVING count(*) > 1", strings.Join(m.Grain, ", "), m.Name),
	}}
	for _, c := range m.Columns {
		if !c.Null {
			checks = append(checks, catalogue.Check{Name: c.Name + " is never empty", SQL: fmt.Sprintf("SELECT 1 FROM %s WHERE %s IS NULL", m.Name, c.Name)})
		}
	}
	var errs []error
	for _, c := range append(checks, m.Checks...) {
		n, err := e.number(ctx, "SELECT count(*) FROM ("+c.SQL+")")
		if err != nil {
			return fmt.Errorf("check %q: %w", c.Name, err)
		}
		if n > 0 {
			errs = append(errs, fmt.Errorf("%w: %q fails for %d rows", ErrCheck, c.Name, n))
		}
	}
	return errors.Join(errs...)
}
