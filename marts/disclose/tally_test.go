package disclose

import (
	"strings"
	"testing"
)

// TestTallies: a mart that holds counts of persons, which were not controlled, carries
// none of them out, neither in a name nor in a figure.
func TestTallies(t *testing.T) {
	r := published(t, map[string]string{
		"population": "SELECT range AS person_id, 'A' || range % 4 AS area FROM range(200)",
		"tally":      "SELECT 'A1' AS area, CAST(3 AS BIGINT) AS persons",
	})
	for _, sql := range []string{
		"SELECT person_id, area || ' ' || (SELECT persons FROM tally) AS area, 1 AS v FROM population",
		"SELECT person_id, area, (SELECT persons FROM tally) AS v FROM population",
		"SELECT p.person_id, p.area, t.persons AS v FROM population p LEFT JOIN tally t ON t.area = p.area",
		"SELECT person_id, area, 1 AS v FROM population WHERE (SELECT persons FROM tally) = 3",
		"SELECT person_id, CASE WHEN area IN (SELECT area FROM tally WHERE persons < 8) THEN 'few' ELSE 'many' END AS area, 1 AS v FROM population",
	} {
		out, _, err := asks(t, r, "hes", "area", "n persons; m mean of v", "no", sql)
		if err == nil || !strings.Contains(err.Error(), "tally") {
			t.Errorf("%s: %v\n%s", sql, err, text(out))
		}
	}
}
