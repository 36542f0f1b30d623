package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tally is how many input records of a feed and dataset came to one end.
type Tally struct {
	Feed    string
	Dataset string
	Outcome string // kept, excluded, rejected, superseded, deleted, deletion, unused; or cut, which counts records again
	Gate    string // of what is excluded, or cut
	Reason  string // of what is excluded, cut or unused
	Records int64
}

// Holding is how many input records of an organisation a gate left out for a
// reason when they were read, or all let through, where Gate and Reason are
// empty. What only came out once all were read is not in it.
type Holding struct {
	Feed         string
	Organisation string // its ODS code; empty where the record names none
	Gate, Reason string
	Records      int64
}

// Compare orders holdings by all but their number.
func (h Holding) Compare(o Holding) int {
	return cmp.Or(cmp.Compare(h.Feed, o.Feed), cmp.Compare(h.Organisation, o.Organisation), cmp.Compare(h.Gate, o.Gate), cmp.Compare(h.Reason, o.Reason))
}

// Place is where an unreadable record lies.
type Place struct {
	Feed, File     string
	Line           int64
	Dataset, Field string
	Reason         string
}

// Account records which kind of run it was, its tallies, and those of the
// organisations whose records it read, replacing any it had.
func (l *Ledger) Account(ctx context.Context, run, kind string, tallies []Tally, held []Holding) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		if err := all(tx, []any{run, kind}, `DELETE FROM tally WHERE run = ?1`, `DELETE FROM holding WHERE run = ?1`, `UPDATE run SET kind = ?2 WHERE id = ?1`); err != nil {
			return err
		}
		for _, h := range held {
			if _, err := tx.Exec(`INSERT INTO holding VALUES (?,?,?,?,?,?)`, run, h.Feed, h.Organisation, h.Gate, h.Reason, h.Records); err != nil {
				return err
			}
		}
		for _, t := range tallies {
			if _, err := tx.Exec(`INSERT INTO tally VALUES (?,?,?,?,?,?,?)`,
				run, t.Feed, t.Dataset, t.Outcome, t.Gate, t.Reason, t.Records); err != nil {
				return err
			}
		}
		return nil
	})
}

// Quarantine records where unreadable records lie.
func (l *Ledger) Quarantine(ctx context.Context, run string, places []Place) error {
	if len(places) == 0 {
		return nil
	}
	return l.write(ctx, func(tx *sql.Tx) error {
		for _, p := range places {
			if _, err := tx.Exec(`INSERT INTO quarantine VALUES (?,?,?,?,?,?,?)`,
				run, p.Feed, p.File, p.Line, p.Dataset, p.Field, p.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// Runs returns the newest runs, newest first, at most n.
func (l *Ledger) Runs(ctx context.Context, n int) ([]Run, error) {
	return collect(ctx, l.db, scanRun, selectRun+` ORDER BY started DESC, id DESC LIMIT ?`, n)
}

// RunsOf returns the newest runs that are part of turns of a job, newest first,
// at most n.
func (l *Ledger) RunsOf(ctx context.Context, job string, n int) ([]Run, error) {
	return collect(ctx, l.db, scanRun, selectRun+` WHERE job = ? ORDER BY started DESC, id DESC LIMIT ?`, job, n)
}

const selectRun = `SELECT id, command, started, finished, status, as_of, purpose, snapshot, failure, job, due, step, kind, who, config, program FROM run`

func scanRun(s scanner, r *Run) error {
	var started, finished, snapshot, failure, due sql.NullString
	if err := s.Scan(&r.ID, &r.Command, &started, &finished, &r.Status, &r.AsOf, &r.Purpose, &snapshot, &failure, &r.Job, &due, &r.Step, &r.Kind, &r.Who, &r.Config, &r.Program); err != nil {
		return err
	}
	r.Snapshot, r.Failure = snapshot.String, failure.String
	var errs [3]error
	r.Started, errs[0] = instant(started)
	r.Finished, errs[1] = instant(finished)
	r.Due, errs[2] = instant(due)
	return errors.Join(errs[:]...)
}

// Tallies returns the tallies of a run, in a fixed order.
func (l *Ledger) Tallies(ctx context.Context, run string) ([]Tally, error) {
	return collect(ctx, l.db, func(s scanner, t *Tally) error {
		return s.Scan(&t.Feed, &t.Dataset, &t.Outcome, &t.Gate, &t.Reason, &t.Records)
	}, `SELECT feed, dataset, outcome, gate, reason, records FROM tally WHERE run = ? ORDER BY 1, 2, 3, 4, 5`, run)
}

// Organisations returns what the gates said of every organisation's records in a
// run, in a fixed order.
func (l *Ledger) Organisations(ctx context.Context, run string) ([]Holding, error) {
	return collect(ctx, l.db, func(s scanner, h *Holding) error {
		return s.Scan(&h.Feed, &h.Organisation, &h.Gate, &h.Reason, &h.Records)
	}, `SELECT feed, organisation, gate, reason, records FROM holding WHERE run = ? ORDER BY 1, 2, 3, 4`, run)
}

// RulesOf returns which gate stood on which list in a run.
func (l *Ledger) RulesOf(ctx context.Context, run string) ([]string, error) {
	return collect(ctx, l.db, func(s scanner, line *string) error { return s.Scan(line) },
		`SELECT line FROM rule WHERE run = ? ORDER BY rowid`, run)
}

// Places returns where the unreadable records of a run lie, at most n.
func (l *Ledger) Places(ctx context.Context, run string, n int) ([]Place, error) {
	return collect(ctx, l.db, func(s scanner, p *Place) error {
		return s.Scan(&p.Feed, &p.File, &p.Line, &p.Dataset, &p.Field, &p.Reason)
	}, `SELECT feed, file, line, dataset, field, reason FROM quarantine WHERE run = ? ORDER BY 1, 2, 3, 5 LIMIT ?`, run, n)
}

type scanner interface{ Scan(...any) error }

// querier is a database, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func collect[T any](ctx context.Context, db querier, read func(scanner, *T) error, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var t T
		if err := read(rows, &t); err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
		out = append(out, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return out, nil
}
