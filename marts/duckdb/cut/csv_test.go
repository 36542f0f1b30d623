package cut

import "testing"

// TestCSV holds what the cells of a CSV file are: nothing where there is no value, "" where
// a text is empty; quotes where a reader needs them; whole days; times to the microsecond,
// all of one form; LF at the end of each row, UTF-8 without a mark before it.
func TestCSV(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, 1)
	shown(t, c, Table{Name: "m", File: mart(t, dir, "1, 2"), Columns: columns})
	relation := `(SELECT person_id, * EXCLUDE (n, place) FROM (SELECT min(person_id) AS person_id, 0 AS place FROM m) JOIN (VALUES
		(1, 'plain', true, 1.50::DECIMAL(9,2), DATE '2026-01-31', TIMESTAMP '2026-01-31 08:00:00'),
		(2, NULL, NULL, NULL, NULL, TIMESTAMP '2026-01-31 08:00:00.5'),
		(3, '', false, 0, DATE '0987-01-01', NULL),
		(4, 'a,b "c"' || chr(10) || 'd' || chr(13) || 'é £', true, -3, DATE '2026-03-29', TIMESTAMP '2026-03-29 01:30:00'))
		v(n, text, yes, number, day, "time") ON place = 0)`
	got, n := written(t, c, relation, []string{"text", "yes", "number", "day", "time"}, nil, CSV)
	want := "text,yes,number,day,time\n" +
		"\"\",false,0.00,0987-01-01,\n" +
		"\"a,b \"\"c\"\"\nd\ré £\",true,-3.00,2026-03-29,2026-03-29 01:30:00.000000\n" +
		"plain,true,1.50,2026-01-31,2026-01-31 08:00:00.000000\n" +
		",,,,2026-01-31 08:00:00.500000\n"
	if n != 4 || string(got) != want {
		t.Errorf("%d rows:\n%q, want\n%q", n, got, want)
	}
}
