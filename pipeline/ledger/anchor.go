package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Anchor returns the number and the hash of the newest line of the audit log, as
// far as is known here; 0 where nothing is.
func (l *Ledger) Anchor(ctx context.Context) (line int64, sha256 string, err error) {
	err = l.db.QueryRowContext(ctx, `SELECT line, sha256 FROM anchor`).Scan(&line, &sha256)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, "", fmt.Errorf("ledger: %w", err)
	}
	return line, sha256, nil
}

// SetAnchor records which line of the audit log is the newest.
func (l *Ledger) SetAnchor(ctx context.Context, line int64, sha256 string) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO anchor VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET line = excluded.line, sha256 = excluded.sha256`, line, sha256)
		return err
	})
}
