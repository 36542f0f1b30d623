package ledger

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"path/filepath"
)

// Name is how the file of a ledger is called.
const Name = "ledger.db"

// Held says whether a file may be opened by SQLite alone: a ledger, and the index of
// its log that processes share. A process that closes a file gives up every lock it
// has on it (POSIX, fcntl: record locks belong to the process); SQLite's would be gone
// below an open ledger, and the next process that closes it would take its log away.
func Held(path string) bool {
	name := filepath.Base(path)
	return name == Name || name == Name+"-shm"
}

// Pages reads the pages of a ledger, those included that are free and still hold what
// was deleted. It goes through SQLite: see Held.
func Pages(ctx context.Context, path string) (io.ReadCloser, error) {
	db, err := readOnly(path)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT data FROM sqlite_dbpage")
	if err != nil {
		db.Close()
		return nil, errors.New("it cannot be opened")
	}
	return &pages{db: db, rows: rows}, nil
}

type pages struct {
	db   *sql.DB
	rows *sql.Rows
	rest sql.RawBytes // of a page, until the next
}

func (p *pages) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if !p.rows.Next() {
			if p.rows.Err() != nil {
				return 0, errors.New("a page of it cannot be read")
			}
			return 0, io.EOF
		}
		if p.rows.Scan(&p.rest) != nil {
			return 0, errors.New("a page of it cannot be read")
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pages) Close() error { return errors.Join(p.rows.Close(), p.db.Close()) }
