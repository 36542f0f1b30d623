package ledger

import (
	"errors"

	"modernc.org/sqlite"
)

// unopened says what to do where a ledger cannot be opened. Only one that is damaged is
// ever to be moved away: with it goes what ran, what was fetched, and what of the audit
// log can be proved.
func unopened(err error) string {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return "next: see to its folder, and call it again"
	}
	switch e.Code() & 0xff { // sqlite.org/rescode.html
	case 3, 8, 14: // PERM, READONLY, CANTOPEN
		return "next: call it as the user whom the work folder belongs to, on a disk that can be written"
	case 10, 13: // IOERR, FULL
		return "next: make room on that disk, or see to it, and call it again"
	case 11, 26: // CORRUPT, NOTADB
		return "next: copy it back from the backup; without one move it away, and the next run begins a new one, which knows nothing of what ran before"
	}
	return "next: see to its folder, and call it again"
}
