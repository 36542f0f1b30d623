package disclose

import (
	"strings"
	"testing"
)

// TestErrorsTellNothing: an error of the engine does not quote a record.
func TestErrorsTellNothing(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT range AS person_id, 'A' AS area, CASE WHEN range = 7 THEN 'Hildegard 4711' ELSE CAST(range AS VARCHAR) END AS word, range - 7 AS n FROM range(100)"})
	for _, v := range []string{
		"CAST(word AS BIGINT)",
		"CASE WHEN person_id = 7 THEN CAST(error('Hildegard has ' || word) AS BIGINT) ELSE 1 END",
		"CAST(CAST(word || '-01-01' AS DATE) = DATE '2026-01-01' AS BIGINT)",
		"CAST((4711 + person_id) * 1000000000000000 AS INTEGER)",
		"CAST(strptime(word, '%Y') IS NULL AS BIGINT)",
		"CASE WHEN word LIKE 'H%' THEN CAST(json_extract(word, '$.x') AS BIGINT) ELSE 1 END",
		"CAST(CAST(word AS STRUCT(a INTEGER)).a AS BIGINT)",
	} {
		for _, where := range []string{"", " WHERE " + v + " > 0"} {
			_, _, err := asks(t, r, "hes", "area", "n persons; m sum of v", "yes", "SELECT person_id, area, "+v+" AS v FROM population"+where)
			if err == nil || strings.Contains(err.Error(), "Hilde") || strings.Contains(err.Error(), "4711") && !strings.Contains(v, "4711") || !strings.Contains(err.Error(), "a value") {
				t.Errorf("%s: %v", v, err)
			}
		}
	}
	for sql, want := range map[string]string{
		"SELECT person_id, area, nothing AS v FROM population":         "nothing",
		"SELECT person_id, area, 1 AS v FROM nowhere":                  "nowhere",
		"SELECT person_id, area, 1 AS v FROM population WHERE":         "syntax error",
		"SELECT person_id, area, sum(area) AS v FROM population":       "sum",
		"SELECT person_id, area, 1 AS v FROM read_text('/etc/passwd')": "read_text",
	} {
		if _, _, err := asks(t, r, "hes", "area", "m sum of v", "no", sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: what the author can mend is told: %v", sql, err)
		}
	}
}
