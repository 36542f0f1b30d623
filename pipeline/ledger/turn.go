package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Turn is a logical time of a job, and what became of it. Times that were given
// up together are one turn, which stands for those from First to At.
type Turn struct {
	Job     string
	At      time.Time // the logical time, an instant: the key, with the job
	First   time.Time // At, but for times that were given up together
	Times   int       // how many logical times it stands for
	Status  string    // what package clock says: waiting, running, done, failed or missed
	Tries   int
	Seen    time.Time // since when it could begin
	Again   time.Time // it is not begun before, where it waits
	Holder  string    // who has it, or had it last
	Lease   time.Time // until when a holder of which nothing is heard still has it
	Ended   time.Time // zero unless it is settled
	Kind    string    // of the last failure
	Failure string    // the last one, without any identifier; or why it was given up
	Done    []string  // the steps that are done
	Runs    []string  // the ids of the runs it made, in order
}

// Run is the id of the newest run that the turn made; empty where there is none.
func (t Turn) Run() string {
	if len(t.Runs) == 0 {
		return ""
	}
	return t.Runs[len(t.Runs)-1]
}

// Past is what the ledger knows of a job.
type Past struct {
	Seen   time.Time // when the job was first seen; zero where it never was
	Newest time.Time // the newest logical time of which there is or was anything, of those that have come
	Forgot time.Time // the newest logical time that has ended and is forgotten: what has no turn up to it had, or was not due
	Open   []Turn    // the turns that are not settled, oldest first
	Asked  Turn      // the turn that was asked for, or the one that stands for it; zero where there is none
}

// Past returns what is known of a job now, and of its turn at a logical time
// where that is not the zero time. It writes nothing.
func (l *Ledger) Past(ctx context.Context, job string, at, now time.Time) (Past, error) {
	tx, err := l.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Past{}, fmt.Errorf("ledger: %w", err)
	}
	defer tx.Rollback()
	p, err := past(ctx, tx, job, at, now)
	if err != nil {
		return Past{}, fmt.Errorf("ledger: %w", err)
	}
	return p, nil
}

// Decide has f look at what is known of a job, and writes the turns that f
// returns: all of it in one transaction, so that of several processes that
// decide on one thing each sees what those before it have decided. Where f
// returns an error nothing is written. A job that was never seen has been
// first seen now.
func (l *Ledger) Decide(ctx context.Context, job string, at, now time.Time, f func(Past) ([]Turn, error)) error {
	var own error
	err := l.write(ctx, func(tx *sql.Tx) error {
		p, err := past(ctx, tx, job, at, now)
		if err != nil {
			return err
		}
		turns, err := f(p)
		if err != nil {
			own = err
			return err
		}
		if p.Seen.IsZero() {
			if _, err := tx.Exec(`INSERT INTO job (name, seen) VALUES (?,?)`, job, stamp(now)); err != nil {
				return err
			}
		}
		for _, t := range turns {
			if err := put(tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if own != nil {
		return own
	}
	return err
}

// Turns returns the newest turns of a job, newest first, at most n.
func (l *Ledger) Turns(ctx context.Context, job string, n int) ([]Turn, error) {
	return collect(ctx, l.db, scanTurn, selectTurn+` WHERE job = ? ORDER BY at DESC LIMIT ?`, job, n)
}

const turnColumns = `job, at, first, times, status, tries, seen, again, holder, lease, ended, kind, failure, done, runs`

const selectTurn = `SELECT ` + turnColumns + ` FROM turn`

func past(ctx context.Context, tx *sql.Tx, job string, at, now time.Time) (p Past, err error) {
	var seen, newest, forgot sql.NullString
	// Of what was given up together a part may be to come, where the clock of the
	// machine was set back.
	err = tx.QueryRowContext(ctx, `SELECT (SELECT seen FROM job WHERE name = :job), (SELECT forgot FROM job WHERE name = :job),
		(SELECT min(at, :now) FROM turn WHERE job = :job AND first <= :now ORDER BY at DESC LIMIT 1)`, sql.Named("job", job), sql.Named("now", stamp(now))).Scan(&seen, &forgot, &newest)
	if err != nil {
		return p, err
	}
	var errs [5]error
	p.Seen, errs[0] = instant(seen)
	p.Newest, errs[1] = instant(newest)
	p.Open, errs[2] = collect(ctx, tx, scanTurn, selectTurn+` WHERE job = ? AND ended IS NULL ORDER BY at`, job)
	if p.Forgot, errs[4] = instant(forgot); p.Forgot.After(p.Newest) {
		p.Newest = p.Forgot
		if now = now.UTC().Truncate(time.Millisecond); p.Newest.After(now) {
			p.Newest = now
		}
	}
	if !at.IsZero() {
		var found []Turn
		found, errs[3] = collect(ctx, tx, scanTurn, selectTurn+` WHERE job = ? AND at >= ? ORDER BY at LIMIT 1`, job, stamp(at))
		if len(found) > 0 && !found[0].First.After(at) {
			p.Asked = found[0]
		}
	}
	return p, errors.Join(errs[:]...)
}

func put(tx *sql.Tx, t Turn) error {
	if t.First.IsZero() {
		t.First, t.Times = t.At, 1
	}
	_, err := tx.Exec(`INSERT OR REPLACE INTO turn (`+turnColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		t.Job, stamp(t.At), stamp(t.First), t.Times, t.Status, t.Tries, stamp(t.Seen), stampOrNone(t.Again), t.Holder, stampOrNone(t.Lease),
		stampOrNone(t.Ended), t.Kind, t.Failure, strings.Join(t.Done, "\n"), strings.Join(t.Runs, "\n"))
	return err
}

func scanTurn(s scanner, t *Turn) error {
	var at, first, seen, again, lease, ended sql.NullString
	var done, runs string
	err := s.Scan(&t.Job, &at, &first, &t.Times, &t.Status, &t.Tries, &seen, &again, &t.Holder, &lease, &ended, &t.Kind, &t.Failure, &done, &runs)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range []struct {
		to   *time.Time
		text sql.NullString
	}{{&t.At, at}, {&t.First, first}, {&t.Seen, seen}, {&t.Again, again}, {&t.Lease, lease}, {&t.Ended, ended}} {
		var err error
		*f.to, err = instant(f.text)
		errs = append(errs, err)
	}
	t.Done, t.Runs = lines(done), lines(runs)
	return errors.Join(errs...)
}

func lines(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return l == "" })
}

// instant reads a time; the zero time where there is none.
func instant(s sql.NullString) (time.Time, error) {
	if !s.Valid {
		return time.Time{}, nil
	}
	return time.Parse(layout, s.String)
}

func stampOrNone(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}
