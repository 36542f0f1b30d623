package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Count is how many turns of a job, or runs, stand in one way.
type Count struct {
	Job    string
	Status string
	Kind   string // of the last failure, of turns that have failed
	Number int64
}

// Ends returns the newest turn of a job that is done, and the newest that has
// ended in any way; the zero Turn where there is none.
func (l *Ledger) Ends(ctx context.Context, job string) (done, ended Turn, err error) {
	one := func(where string, args ...any) (t Turn) {
		turns, failed := collect(ctx, l.db, scanTurn, selectTurn+where+` ORDER BY ended DESC, at DESC LIMIT 1`, args...)
		if err = errors.Join(err, failed); len(turns) > 0 {
			t = turns[0]
		}
		return t
	}
	done = one(` WHERE job = ? AND status = ? AND ended IS NOT NULL`, job, Done)
	return done, one(` WHERE job = ? AND ended IS NOT NULL`, job), err
}

// CountTurns counts the logical times of all jobs that are settled, by how they
// ended; those that are forgotten too.
func (l *Ledger) CountTurns(ctx context.Context) ([]Count, error) {
	return collect(ctx, l.db, scanCount, `SELECT job, status, why, sum(number) FROM (
		SELECT job, status, CASE WHEN status = ? THEN kind ELSE '' END AS why, times AS number FROM turn WHERE ended IS NOT NULL
		UNION ALL SELECT job, status, kind, number FROM gone WHERE what = 'turn') GROUP BY job, status, why ORDER BY 1, 2, 3`, Failed)
}

// CountRuns counts the runs that have ended, by the job that they were for and
// by how they ended; those that are forgotten too.
func (l *Ledger) CountRuns(ctx context.Context) ([]Count, error) {
	return collect(ctx, l.db, scanCount, `SELECT job, status, '', sum(number) FROM (
		SELECT job, status, 1 AS number FROM run WHERE status <> ?
		UNION ALL SELECT job, status, number FROM gone WHERE what = 'run') GROUP BY job, status ORDER BY 1, 2`, Running)
}

func scanCount(s scanner, c *Count) error { return s.Scan(&c.Job, &c.Status, &c.Kind, &c.Number) }

// Newest returns the newest run of each command that has ended well.
func (l *Ledger) Newest(ctx context.Context) ([]Run, error) {
	return collect(ctx, l.db, scanRun, selectRun+` WHERE id IN (SELECT max(id) FROM run
		WHERE status IN (?, ?) AND finished IS NOT NULL GROUP BY command) ORDER BY command`, Done, Published)
}

// Weigh records how many bytes the step that a run has come to has taken so far.
// It does nothing where none is going on.
func (l *Ledger) Weigh(ctx context.Context, run string, bytes int64) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE step SET bytes = ? WHERE run = ? AND ended IS NULL`, bytes, run)
		return err
	})
}

// widen adds a column to a table of an older ledger that has not got it.
func widen(tx *sql.Tx, table, column, kind string) error {
	var has int
	err := tx.QueryRow(fmt.Sprintf(`SELECT count(*) FROM pragma_table_info('%s') WHERE name = ?`, table), column).Scan(&has)
	if err == nil && has == 0 {
		_, err = tx.Exec(`ALTER TABLE ` + table + ` ADD COLUMN ` + column + ` ` + kind)
	}
	return err
}
