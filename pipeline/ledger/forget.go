package ledger

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Forget takes away turns and runs that ended before a time, and what is known of
// such runs. How many there were is still counted, and a turn that is forgotten
// is not done again: see Past.
//
// What is needed stays: whatever has not ended; of each job the newest turn of
// that time, by which is known what it owes and what others wait for, and its
// newest that is done and that is not; what an older turn that is still open may
// wait for; the runs of turns that stay; the newest run, and of each command the
// newest that ended well; and the runs that are named.
func (l *Ledger) Forget(ctx context.Context, before time.Time, runs ...string) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		if err := forgetTurns(ctx, tx, before); err != nil {
			return err
		}
		return forgetRuns(ctx, tx, before, runs)
	})
}

const oldTurns = selectTurn + ` WHERE at < :before AND ended < :before
	AND (job, at) NOT IN (SELECT job, max(at) FROM turn WHERE at < :before GROUP BY job)
	AND (job, at) NOT IN (SELECT job, at FROM (SELECT job, at,
		row_number() OVER (PARTITION BY job, status = 'done' ORDER BY ended DESC, at DESC) AS nth FROM turn WHERE ended IS NOT NULL) WHERE nth = 1)
	AND NOT EXISTS (SELECT 1 FROM turn open WHERE open.ended IS NULL AND open.at < :before
		AND (turn.at >= (SELECT max(at) FROM turn need WHERE need.job = turn.job AND need.at <= open.at) OR turn.first <= open.at AND turn.at >= open.at))
	ORDER BY at`

func forgetTurns(ctx context.Context, tx *sql.Tx, before time.Time) error {
	old, err := collect(ctx, tx, scanTurn, oldTurns, sql.Named("before", stamp(before)))
	if err != nil {
		return err
	}
	for _, t := range old {
		kind := ""
		if t.Status == Failed {
			kind = t.Kind
		}
		err := all(tx, []any{t.Job, stamp(t.At), t.Status, kind, t.Times},
			`DELETE FROM turn WHERE job = ?1 AND at = ?2`,
			`UPDATE job SET forgot = ?2 WHERE name = ?1 AND coalesce(forgot, '') < ?2`,
			`INSERT INTO gone VALUES ('turn', ?1, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET number = number + ?5`)
		if err != nil {
			return err
		}
	}
	return nil
}

const oldRuns = selectRun + ` WHERE status <> 'running' AND started < :before AND coalesce(finished, '') < :before
	AND id NOT IN (SELECT max(id) FROM run WHERE status IN ('done', 'published') AND finished IS NOT NULL GROUP BY command)
	AND id <> (SELECT id FROM run ORDER BY started DESC, id DESC LIMIT 1)
	AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.job = run.job AND turn.at = run.due)`

func forgetRuns(ctx context.Context, tx *sql.Tx, before time.Time, but []string) error {
	old, err := collect(ctx, tx, scanRun, oldRuns, sql.Named("before", stamp(before)))
	if err != nil {
		return err
	}
	for _, r := range old {
		if slices.Contains(but, r.ID) {
			continue
		}
		err := all(tx, []any{r.ID, r.Job, r.Status},
			`DELETE FROM tally WHERE run = ?1`, `DELETE FROM holding WHERE run = ?1`, `DELETE FROM verdict WHERE run = ?1`, `DELETE FROM rule WHERE run = ?1`, `DELETE FROM quarantine WHERE run = ?1`, `DELETE FROM step WHERE run = ?1`,
			`DELETE FROM run WHERE id = ?1`,
			`INSERT INTO gone VALUES ('run', ?2, ?3, '', 1) ON CONFLICT DO UPDATE SET number = number + 1`)
		if err != nil {
			return err
		}
	}
	return nil
}

// all executes statements, each with the same arguments.
func all(tx *sql.Tx, args []any, statements ...string) error {
	for _, s := range statements {
		if _, err := tx.Exec(s, args...); err != nil {
			return err
		}
	}
	return nil
}
