// Package ledger remembers what the pipeline did: runs, what became of every
// input record, which gate stood on which list, and where unreadable records
// lie. It is one SQLite file, readable while a run is going on. It holds no
// identifier: places are file, line and field, never values.
package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver named sqlite
)

// Ledger is an open ledger. Its methods may be used from several goroutines.
// What a method has written is durable when it returns.
type Ledger struct{ db *sql.DB }

const schema = `
CREATE TABLE IF NOT EXISTS run (
	id TEXT PRIMARY KEY, started TEXT NOT NULL, finished TEXT, status TEXT NOT NULL,
	as_of TEXT NOT NULL, purpose TEXT NOT NULL, snapshot TEXT, failure TEXT);
CREATE TABLE IF NOT EXISTS tally (
	run TEXT NOT NULL REFERENCES run(id), feed TEXT NOT NULL, dataset TEXT NOT NULL,
	outcome TEXT NOT NULL, gate TEXT NOT NULL, reason TEXT NOT NULL, records INTEGER NOT NULL,
	PRIMARY KEY (run, feed, dataset, outcome, gate, reason)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holding (
	run TEXT NOT NULL REFERENCES run(id), feed TEXT NOT NULL, organisation TEXT NOT NULL,
	gate TEXT NOT NULL, reason TEXT NOT NULL, records INTEGER NOT NULL,
	PRIMARY KEY (run, feed, organisation, gate, reason)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdict (
	run TEXT NOT NULL REFERENCES run(id), gate TEXT NOT NULL, reason TEXT NOT NULL, persons INTEGER NOT NULL,
	PRIMARY KEY (run, gate, reason)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule (
	run TEXT NOT NULL REFERENCES run(id), line TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS rule_run ON rule(run);
CREATE TABLE IF NOT EXISTS quarantine (
	run TEXT NOT NULL REFERENCES run(id), feed TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL,
	dataset TEXT NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS quarantine_run ON quarantine(run);
CREATE TABLE IF NOT EXISTS step (
	run TEXT NOT NULL REFERENCES run(id), nth INTEGER NOT NULL, name TEXT NOT NULL, began TEXT NOT NULL, ended TEXT,
	status TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (run, nth)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (name TEXT PRIMARY KEY, seen TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turn (
	job TEXT NOT NULL, at TEXT NOT NULL, first TEXT NOT NULL, times INTEGER NOT NULL, status TEXT NOT NULL, tries INTEGER NOT NULL,
	seen TEXT NOT NULL, again TEXT, holder TEXT NOT NULL, lease TEXT, ended TEXT, kind TEXT NOT NULL, failure TEXT NOT NULL,
	done TEXT NOT NULL, runs TEXT NOT NULL, PRIMARY KEY (job, at)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS turn_open ON turn(job, at) WHERE ended IS NULL;
CREATE TABLE IF NOT EXISTS anchor (one INTEGER PRIMARY KEY CHECK (one = 1), line INTEGER NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gone (
	what TEXT NOT NULL, job TEXT NOT NULL, status TEXT NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL,
	PRIMARY KEY (what, job, status, kind)) WITHOUT ROWID;
`

// added are the columns that newer ledgers have.
var added = []struct{ table, name, kind string }{
	{"run", "command", "TEXT NOT NULL DEFAULT 'run'"},
	{"run", "job", "TEXT NOT NULL DEFAULT ''"},
	{"run", "due", "TEXT"},
	{"run", "step", "TEXT NOT NULL DEFAULT ''"},
	{"run", "kind", "TEXT NOT NULL DEFAULT ''"},
	{"run", "who", "TEXT NOT NULL DEFAULT ''"},
	{"run", "config", "TEXT NOT NULL DEFAULT ''"},
	{"run", "program", "TEXT NOT NULL DEFAULT ''"},
	{"step", "bytes", "INTEGER NOT NULL DEFAULT 0"},
	{"job", "forgot", "TEXT"},
}

// Open opens the ledger at path, and makes it when there is none.
func Open(path string) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	if err := prepare(db); err != nil {
		db.Close()
		return nil, fmt.Errorf("ledger: %s: %w; %s", path, err, unopened(err))
	}
	return &Ledger{db}, nil
}

// prepare makes the tables that are not there, and adds to those of an older
// ledger what they have not; all at once, so that of several processes that open
// it one does so.
func prepare(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing once committed
	if _, err := tx.Exec(schema); err != nil {
		return err
	}
	for _, c := range added {
		if err := widen(tx, c.table, c.name, c.kind); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Close closes the ledger.
func (l *Ledger) Close() error { return l.db.Close() }

// Run is one run as the ledger knows it.
type Run struct {
	ID       string
	Command  string // what was called: run, publish
	Started  time.Time
	Finished time.Time // zero while it is going on, or when it was cut off
	Status   string    // one of the constants below
	AsOf     string
	Purpose  string
	Snapshot string // what it has published
	Failure  string // what went wrong, without any identifier

	Job  string    // whose turn it is part of; empty when it was called by hand
	Due  time.Time // the logical time of that turn
	Step string    // what it does for it

	Kind    string // which records it judged: one of the constants below; empty where none
	Who     string // the user of the operating system who called for it
	Config  string // SHA-256 of the configuration file
	Program string // which program it was
}

// Which records a run judged. What became of them can be compared between runs of
// one kind.
const (
	Whole  = "whole"  // all there are
	Delta  = "delta"  // those of persons of whom something had changed
	Staged = "staged" // those that were staged, by the lists of persons alone
)

// How a run stands.
const (
	Running     = "running"
	Published   = "published"
	Done        = "done" // it does not publish
	Failed      = "failed"
	Refused     = "refused"
	Interrupted = "interrupted"
	CutOff      = "cut off"
)

// Begin records that a run has begun.
func (l *Ledger) Begin(ctx context.Context, r Run) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO run (id, command, started, status, as_of, purpose, job, due, step, who, config, program) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`,
			r.ID, r.Command, stamp(r.Started), Running, r.AsOf, r.Purpose, r.Job, stampOrNone(r.Due), r.Step, r.Who, r.Config, r.Program)
		return err
	})
}

// Recover records what became of runs that died: those that still count as
// running, while none is. The one that the current snapshot is of had
// published it; the others were cut off before.
func (l *Ledger) Recover(ctx context.Context, run, snapshot string) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE run SET status = ?, snapshot = ?, failure = ? WHERE status = ? AND id = ?`,
			Published, snapshot, Late, Running, run)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE run SET status = ? WHERE status = ?`, CutOff, Running)
		return err
	})
}

// Late is the failure of a run that died when it had published.
const Late = "it was cut off after it had published; what it has published is whole"

// Finish records how a run ended.
func (l *Ledger) Finish(ctx context.Context, r Run) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE run SET finished = ?, status = ?, snapshot = ?, failure = ? WHERE id = ?`,
			stamp(r.Finished), r.Status, r.Snapshot, r.Failure, r.ID)
		return err
	})
}

// Rules records which gate stood on which list.
func (l *Ledger) Rules(ctx context.Context, run string, lines []string) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		for _, line := range lines {
			if _, err := tx.Exec(`INSERT INTO rule VALUES (?,?)`, run, line); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *Ledger) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	defer tx.Rollback() // does nothing once committed
	if err := f(tx); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

const layout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(layout) }
