// Package reader answers questions put to one snapshot, in SQL that anybody
// may have written. A question sees the marts and nothing else, by three walls,
// each of which would do:
//
//   - the text is parsed by DuckDB and may be one SELECT, or DESCRIBE, SHOW or
//     EXPLAIN of one, over marts and its own CTEs, calling no function that
//     reaches outside;
//   - the statement DuckDB prepares must be of the type SELECT or EXPLAIN;
//   - the engine may read the Parquet files of the marts and no other, cannot
//     use the network, load extensions or change its own settings.
//
// Memory and threads are limited; time is limited by the caller's context. What does
// not fit into memory is spilled in clear to a folder that only its owner can read,
// who can read the marts as well, and that is removed at the end: this build of DuckDB
// has no cipher to write with (with temp_file_encryption every question that spills
// fails). What a process that is killed leaves of it, ohc-marts-* where TMPDIR says, the
// next reader removes.
package reader

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	duck "github.com/duckdb/duckdb-go/v2"

	"secondaryuse/marts/format"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/durable"
)

// Limits is how much a reader may take.
type Limits struct {
	Memory  string // as DuckDB writes it; 2GB when empty
	Threads int    // one a core when zero
}

// Reader is an open snapshot.
type Reader struct {
	db      *sql.DB
	conn    *sql.Conn
	temp    string
	leave   func() error
	marts   map[string]bool
	files   map[string]string // of each mart, its Parquet, quoted
	persons map[string]bool   // of each mart that was looked at, whether it is about persons
	gone    map[string]string // why marts were taken out
}

// Open opens the snapshot in folder.
func Open(ctx context.Context, folder string, lim Limits) (*Reader, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	m, err := snapshot.Read(folder)
	if err != nil {
		return nil, err
	}
	temp, leave, err := durable.Room("ohc-marts-")
	if err != nil {
		return nil, err
	}
	connector, err := duck.NewConnector("", nil)
	if err != nil {
		return nil, errors.Join(err, leave())
	}
	r := &Reader{db: sql.OpenDB(connector), temp: temp, leave: leave, marts: make(map[string]bool), files: make(map[string]string), persons: make(map[string]bool), gone: make(map[string]string)}
	if r.conn, err = r.db.Conn(ctx); err == nil {
		err = r.lock(ctx, folder, m, lim)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open snapshot: %w", timed(ctx, err)), r.Close())
	}
	return r, nil
}

// lock shows the marts and then takes everything else away, for good.
func (r *Reader) lock(ctx context.Context, folder string, m snapshot.Manifest, lim Limits) error {
	if lim.Memory == "" {
		lim.Memory = "2GB"
	}
	if lim.Threads == 0 {
		lim.Threads = runtime.NumCPU()
	}
	var queries, paths []string
	for _, f := range m.Files {
		if f.Mart == "" {
			continue
		}
		path := quote(filepath.Join(folder, filepath.Base(f.Name)), '\'')
		queries = append(queries, fmt.Sprintf("CREATE VIEW %s AS FROM read_parquet(%s)", quote(f.Mart, '"'), path))
		paths = append(paths, path)
		r.marts[f.Mart], r.files[f.Mart] = true, path
	}
	queries = append(queries,
		"SET memory_limit = "+quote(lim.Memory, '\''),
		fmt.Sprintf("SET threads = %d", lim.Threads),
		"SET temp_directory = "+quote(r.temp, '\''),
		"SET max_temp_directory_size = '20GB'",
		"SET TimeZone = 'Europe/London'",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET allow_persistent_secrets = false",
		"SET allowed_paths = ["+strings.Join(paths, ", ")+"]",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	)
	for _, q := range queries {
		if _, err := r.conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the reader and removes what it has spilled.
func (r *Reader) Close() error {
	var err error
	if r.conn != nil {
		err = r.conn.Close()
	}
	return errors.Join(err, r.db.Close(), r.leave())
}

// Query runs one question. An error wraps ErrRefused when it is not one that
// may be asked.
func (r *Reader) Query(ctx context.Context, question string) (*Result, error) {
	if err := r.judge(ctx, question); err != nil {
		return nil, spoken(question, timed(ctx, err))
	}
	if err := r.typed(question); err != nil {
		return nil, spoken(question, err)
	}
	rows, err := r.conn.QueryContext(ctx, question)
	if err != nil {
		return nil, spoken(question, timed(ctx, err))
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	res := &Result{ctx: ctx, question: question, rows: rows, temp: r.temp}
	for _, t := range types {
		res.Columns = append(res.Columns, format.Column{Name: t.Name(), Type: t.DatabaseTypeName()})
	}
	return res, nil
}

// typed asks DuckDB itself what kind of statement it is.
func (r *Reader) typed(question string) error {
	return r.conn.Raw(func(c any) error {
		s, err := c.(*duck.Conn).Prepare(question)
		if err != nil {
			return err
		}
		defer s.Close()
		kind, err := s.(*duck.Stmt).StatementType()
		if err != nil {
			return err
		}
		if kind != duck.STATEMENT_TYPE_SELECT && kind != duck.STATEMENT_TYPE_EXPLAIN {
			return refused("only SELECT, DESCRIBE, SHOW TABLES and EXPLAIN can be asked")
		}
		return nil
	})
}

// ErrTime says that a question took longer than it may.
var ErrTime = errors.New("the question took longer than it may")

func timed(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return ErrTime
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	return err
}

func quote(s string, q byte) string {
	return string(q) + strings.ReplaceAll(s, string(q), string(q)+string(q)) + string(q)
}

// Result is the answer to a question. It is read once.
type Result struct {
	Columns  []format.Column
	ctx      context.Context
	question string
	rows     *sql.Rows
	temp     string // where the reader spills
}

// Close ends the result. To read it to its end closes it too.
func (r *Result) Close() error { return r.rows.Close() }

// Each calls f with every row, in the values that format.Rows names. f may end
// the reading by an error of its own.
func (r *Result) Each(f func(row []any) error) error {
	return r.raw(func(row []any) error {
		plain := make([]any, len(row))
		for i, v := range row {
			plain[i] = plainly(v, r.Columns[i].Type)
		}
		return f(plain)
	})
}

func (r *Result) raw(f func([]any) error) error {
	defer r.rows.Close()
	row := make([]any, len(r.Columns))
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	for r.rows.Next() {
		if err := r.rows.Scan(into...); err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	if err := r.rows.Err(); err != nil {
		return spoken(r.question, timed(r.ctx, err))
	}
	return timed(r.ctx, r.ctx.Err())
}
