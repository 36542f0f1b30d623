package postgres

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch"
)

// snapshot is one moment of the database.
type snapshot struct {
	conn *pgx.Conn
	tx   pgx.Tx
	at   time.Time
	mark mark
}

// begin opens the snapshot. It must be of the server that was read before, at
// a later time: numbers of transactions mean nothing elsewhere.
func (f *Fetcher) begin(ctx context.Context, old mark) (*snapshot, error) {
	conn, err := f.connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &snapshot{conn: conn, mark: mark{Tables: make(map[string]reach)}}
	if err = s.open(ctx, f.Timeout); err == nil {
		err = s.follows(old)
	}
	if err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

func (s *snapshot) open(ctx context.Context, timeout time.Duration) (err error) {
	if s.tx, err = s.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}); err != nil {
		return err
	}
	for _, set := range []string{
		"search_path = ''", "standard_conforming_strings = on", "datestyle = 'ISO, YMD'", "timezone = 'UTC'",
		"lock_timeout = '1min'", fmt.Sprintf("statement_timeout = %d", timeout.Milliseconds()),
	} {
		if _, err := s.tx.Exec(ctx, "SET LOCAL "+set); err != nil {
			return err
		}
	}
	var tells bool
	err = s.tx.QueryRow(ctx, `SELECT pg_snapshot_xmin(pg_current_snapshot())::text, clock_timestamp(), has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')`).
		Scan(&s.mark.Horizon, &s.at, &tells)
	if err == nil && tells {
		err = s.tx.QueryRow(ctx, "SELECT system_identifier::text FROM pg_catalog.pg_control_system()").Scan(&s.mark.Cluster)
	}
	return err
}

// follows holds that the snapshot is a later one of the same server.
func (s *snapshot) follows(old mark) error {
	if old.Tables == nil {
		return nil
	}
	before, _ := strconv.ParseUint(old.Horizon, 10, 64)
	now, err := strconv.ParseUint(s.mark.Horizon, 10, 64)
	switch {
	case err != nil:
		return err
	case old.Cluster != s.mark.Cluster:
		return fmt.Errorf("it is not the server that was read before: %w", fetch.ErrLost)
	case now < before:
		return fmt.Errorf("the server was set back to an earlier time: %w", fetch.ErrLost)
	case now-before > math.MaxInt32:
		return fmt.Errorf("too many transactions ago: %w", fetch.ErrLost)
	}
	return nil
}

// end ends the transaction and the connection; nothing was written.
func (s *snapshot) end() {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	s.conn.Close(ctx)
}

// Fetch reads every table.
func (f *Fetcher) Fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (fetch.Delivery, error) {
	d, err := f.fetch(ctx, last, dir, p)
	if err != nil {
		return fetch.Delivery{}, f.fail(ctx, err)
	}
	return d, nil
}

func (f *Fetcher) fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (d fetch.Delivery, err error) {
	old, err := parseMark(last.Mark)
	if err != nil {
		return d, fmt.Errorf("%w; %w", err, fetch.ErrLost)
	}
	if err := empty(dir); err != nil { // what was cut off was of another moment
		return d, err
	}
	s, err := f.begin(ctx, old)
	if err != nil {
		return d, err
	}
	defer s.end()
	f.step("snapshot")
	v := &visit{Fetcher: f, snapshot: s, old: old, dir: dir, p: p, again: make(map[string]pile), before: recall(last)}
	d = fetch.Delivery{At: s.at.UTC(), Whole: true}
	fresh := last.Mark == ""
	for _, t := range f.Tables {
		got, err := v.table(ctx, t)
		if err != nil {
			return d, err
		}
		d.Records += got.all.Rows
		d.Bytes += got.bytes
		d.Whole = d.Whole && got.whole
		fresh = fresh || got.all != v.before[t.String()]
	}
	if d.Mark = s.mark.text(); !fresh {
		return d, errors.Join(fetch.ErrNothing, empty(dir))
	}
	if err := ctx.Err(); err != nil {
		return d, err
	}
	return d, v.end()
}

// visit is one Fetch at work.
type visit struct {
	*Fetcher
	*snapshot
	old    mark
	dir    string
	p      fetch.Progress
	before map[string]pile // what the last said would be read again
	again  map[string]pile
}

// got is what came of a table.
type got struct {
	rows
	whole bool
}

// table reads one table.
func (v *visit) table(ctx context.Context, t Table) (g got, err error) {
	r, err := v.relation(ctx, t)
	if err != nil {
		return g, err
	}
	g, err = v.read(ctx, r)
	if err != nil {
		return g, &tableError{t.String(), err}
	}
	v.again[t.String()] = g.again
	return g, nil
}

func (v *visit) read(ctx context.Context, r relation) (g got, err error) {
	was := v.old.Tables[r.String()]
	if was.Shape != r.shape() {
		was = reach{}
	}
	now, err := v.reach(ctx, r, was)
	if err != nil {
		return g, err
	}
	where := "true"
	if was.Shape != "" {
		where = r.since(was.After, v.old.Horizon)
	}
	g.whole = where == "true"
	v.p.Step("table "+r.String(), 0)
	g.rows.tell = v.p.Add
	if err := v.copy(ctx, r.copyOut(where, r.since(now.After, v.mark.Horizon)), r.File, &g.rows); err != nil {
		return g, err
	}
	v.mark.Tables[r.String()] = now
	return g, v.still(ctx, r)
}

// reach is how far the table goes in this snapshot.
func (v *visit) reach(ctx context.Context, r relation, was reach) (reach, error) {
	now := reach{After: was.After, Shape: r.shape()}
	if r.After == "" {
		return now, nil
	}
	from, col := ident(r.Schema, r.Table.Table), ident(r.After)
	if r.Lag != "" || r.kind.name == "xid8" {
		var none bool
		if err := v.tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+from+" WHERE "+col+" IS NULL)").Scan(&none); err != nil {
			return now, err
		}
		if none {
			return now, fmt.Errorf("there are rows without %s, which would never be read again; next: fill it, or name another column", col)
		}
	}
	if r.kind.name == "xid8" {
		return now, nil
	}
	var high *string
	err := v.tx.QueryRow(ctx, "SELECT max("+col+")::text FROM "+from+" WHERE "+fmt.Sprintf(r.kind.sane, col)).Scan(&high)
	if err == nil && high != nil {
		now.After = *high
	}
	return now, err
}

// copy reads rows into a file with a dot name.
func (v *visit) copy(ctx context.Context, statement, file string, r *rows) error {
	f, err := os.OpenFile(v.half(file), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	r.to = w
	tag, err := v.conn.PgConn().CopyTo(ctx, r, statement)
	if err != nil {
		return err
	}
	v.step("copied")
	if err := r.end(tag.String()); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

func (v *visit) half(file string) string { return filepath.Join(v.dir, "."+file+".half") }

// still holds that what was read is what the snapshot had: a table that was
// truncated or rewritten after it began looks empty, as if all were deleted.
// Once read it is locked against that.
func (v *visit) still(ctx context.Context, r relation) error {
	var other bool
	err := v.tx.QueryRow(ctx, `
		WITH RECURSIVE parts(oid) AS (
			SELECT $1::oid
			UNION
			SELECT b.oid FROM parts JOIN LATERAL (
				SELECT d.refobjid AS oid FROM pg_catalog.pg_rewrite w
				JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
					AND d.refclassid = 'pg_catalog.pg_class'::regclass
				WHERE w.ev_class = parts.oid
				UNION ALL
				SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = parts.oid
			) b ON true)
		SELECT coalesce(bool_or(c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)), false)
		FROM parts JOIN pg_catalog.pg_class c ON c.oid = parts.oid WHERE c.relfilenode <> 0`, r.oid).Scan(&other)
	if err == nil && other {
		err = errors.New("it was truncated or rewritten while it was read; next: again")
	}
	return err
}

// end gives the files their names, durably.
func (v *visit) end() error {
	for _, t := range v.Tables {
		if err := os.Rename(v.half(t.File), filepath.Join(v.dir, t.File)); err != nil {
			return err
		}
	}
	text, err := json.Marshal(v.again)
	if err != nil {
		return err
	}
	path := filepath.Join(v.dir, againFile)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	return errors.Join(durable.Sync(path), durable.Sync(v.dir))
}

// againFile says which rows the next fetch will read again, as their sums.
const againFile = ".again"

// recall reads it. Without it everything that is read counts as new.
func recall(last fetch.Last) map[string]pile {
	var piles map[string]pile
	text, err := os.ReadFile(filepath.Join(last.Dir, againFile))
	if err != nil || last.Mark == "" || json.Unmarshal(text, &piles) != nil {
		return map[string]pile{}
	}
	return piles
}

// empty removes what a fetch has left; hidden files of others stay.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if name := e.Name(); name[0] != '.' || name == againFile || strings.HasSuffix(name, ".half") {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
		}
	}
	return err
}
