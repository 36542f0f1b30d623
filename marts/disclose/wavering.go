package disclose

import (
	"fmt"
	"regexp"
)

// gap is what may stand between the name of a function and its arguments.
const gap = `"?(?:\s|/\*(?s:.*?)\*/|--[^\n]*\n)*\(`

// wavering are the functions by which a SELECT can give other rows the next time, or
// find out which of the questions that are made of it is being asked: of time, of
// chance, and of the engine's own doings. Some are words that stand alone. error() is none:
// what it says is not told.
var wavering = regexp.MustCompile(`(?i)\b(?:(now|today|ago|age|random|uuid|uuidv4|uuidv7|gen_random_uuid|setseed|stats|sleep_ms|write_log|nextval|currval|` +
	`get_current_time|get_current_timestamp|transaction_timestamp|txid_current|current_[a-z_]+)` + gap +
	`|(current_date|current_time|current_timestamp|localtime|localtimestamp|tablesample|using\s+sample)\b)`)

// still checks that a SELECT gives the same rows however often, and whenever, it is asked.
func (q *Question) still() error {
	m := wavering.FindStringSubmatch(q.SQL)
	if m == nil {
		return nil
	}
	return fmt.Errorf("%w: the SELECT has %s%s, by which it could give other rows the next time it is asked; next: write the day, or whatever it stands for, into the question, as in day >= DATE '2026-10-01' (ohc-marts list has the day that the snapshot is of)", ErrRefused, m[1], m[2])
}
