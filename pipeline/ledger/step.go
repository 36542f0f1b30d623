package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Step is a part of a run.
type Step struct {
	Name   string
	Began  time.Time
	Ended  time.Time // zero while it is going on, or when it was cut off
	Status string    // Running, Done, or how the run ended in it
	Note   string    // without any identifier
	Bytes  int64     // that it has read or fetched, where it counts them
}

// BeginStep records that a run has come to its next step: the one before is done.
func (l *Ledger) BeginStep(ctx context.Context, run, name string, began time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE step SET ended = ?, status = ? WHERE run = ? AND ended IS NULL`, stamp(began), Done, run)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO step (run, nth, name, began, status, note)
			VALUES (?, (SELECT count(*) FROM step WHERE run = ?), ?, ?, ?, '')`, run, run, name, stamp(began), Running)
		return err
	})
}

// EndStep records how the step that a run had come to has ended; it does
// nothing where none is going on.
func (l *Ledger) EndStep(ctx context.Context, run, status, note string, ended time.Time) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE step SET ended = ?, status = ?, note = ? WHERE run = ? AND ended IS NULL`, stamp(ended), status, note, run)
		return err
	})
}

// Steps returns the steps of a run, in order.
func (l *Ledger) Steps(ctx context.Context, run string) ([]Step, error) {
	return collect(ctx, l.db, func(s scanner, t *Step) error {
		var began, ended sql.NullString
		if err := s.Scan(&t.Name, &began, &ended, &t.Status, &t.Note, &t.Bytes); err != nil {
			return err
		}
		var err1, err2 error
		t.Began, err1 = instant(began)
		t.Ended, err2 = instant(ended)
		return errors.Join(err1, err2)
	}, `SELECT name, began, ended, status, note, bytes FROM step WHERE run = ? ORDER BY nth`, run)
}
