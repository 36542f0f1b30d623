package ledger

import (
	"context"
	"database/sql"
)

// Verdict is how many of the persons who were known to a run a gate left out for
// a reason by what was known of them before their records were read; or how many
// it let through, where Gate and Reason are empty. It is of everybody, whatever
// part of the records the run has judged.
type Verdict struct {
	Gate, Reason string
	Persons      int64
}

// Judge records what the gates said of the persons, replacing what they had.
func (l *Ledger) Judge(ctx context.Context, run string, verdicts []Verdict) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM verdict WHERE run = ?`, run)
		for _, v := range verdicts {
			if err == nil {
				_, err = tx.Exec(`INSERT INTO verdict VALUES (?,?,?,?)`, run, v.Gate, v.Reason, v.Persons)
			}
		}
		return err
	})
}

// Verdicts returns what the gates said of the persons in a run, in a fixed order.
func (l *Ledger) Verdicts(ctx context.Context, run string) ([]Verdict, error) {
	return collect(ctx, l.db, func(s scanner, v *Verdict) error { return s.Scan(&v.Gate, &v.Reason, &v.Persons) },
		`SELECT gate, reason, persons FROM verdict WHERE run = ? ORDER BY 1, 2`, run)
}

// Before returns the newest run before another that has published, and has judged
// records of the same kind for the same purpose; the zero Run where there is none.
func (l *Ledger) Before(ctx context.Context, id, kind, purpose string) (Run, error) {
	runs, err := collect(ctx, l.db, scanRun, selectRun+` WHERE id < ? AND kind = ? AND kind <> '' AND purpose = ? AND status = ?
		ORDER BY id DESC LIMIT 1`, id, kind, purpose, Published)
	if err != nil || len(runs) == 0 {
		return Run{}, err
	}
	return runs[0], nil
}

// Find returns a run by its id; the zero Run where there is none of that id.
func (l *Ledger) Find(ctx context.Context, id string) (Run, error) {
	runs, err := collect(ctx, l.db, scanRun, selectRun+` WHERE id = ?`, id)
	if err != nil || len(runs) == 0 {
		return Run{}, err
	}
	return runs[0], nil
}
