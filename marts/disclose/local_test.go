package disclose

import (
	"errors"
	"strings"
	"testing"

	"secondaryuse/marts/duckdb/reader"
)

// visits are of 200 persons of four areas, of whom three have something rare; and a
// mart that is not of persons.
func visits(t *testing.T) *reader.Reader {
	return published(t, map[string]string{
		"population": "SELECT range AS person_id, 'A' || range % 4 AS area, range IN (3, 50, 101) AS rare FROM range(200)",
		"visit":      "SELECT p.range AS person_id, DATE '2026-01-01' + CAST(v.range AS INTEGER) AS day, 1.1 * (p.range * 7 + v.range * 13) % 91 AS cost FROM range(200) p, range(5) v",
		"place":      "SELECT 'A' || range AS area, 'North' AS side FROM range(4)",
	})
}

// TestOthersInARow: what a row says of other persons than its own does not leave, in
// whatever column and by whatever function.
func TestOthersInARow(t *testing.T) {
	r := visits(t)
	all := "SELECT person_id, area, 1 AS v FROM population"
	for _, sql := range []string{
		"SELECT person_id, area || ' (' || count(*) FILTER (WHERE rare) OVER (PARTITION BY area) || ')' AS area, 1 AS v FROM population",
		"SELECT person_id, area || (SELECT string_agg(CAST(person_id AS VARCHAR), ' ' ORDER BY person_id) FROM population WHERE rare) AS area, 1 AS v FROM population",
		"SELECT person_id, area || CAST((SELECT list(person_id ORDER BY person_id) FROM population WHERE rare) AS VARCHAR) AS area, 1 AS v FROM population",
		"SELECT person_id, area || (SELECT arg_max(area, cost) FROM population NATURAL JOIN visit WHERE person_id = 50) AS area, 1 AS v FROM population",
		"SELECT person_id, area, (SELECT max(cost) FROM visit) AS v FROM population",
		"SELECT person_id, area, (SELECT min(cost + person_id) FROM visit WHERE person_id >= 50) AS v FROM population",
		"SELECT person_id, area, (SELECT median(cost) FROM visit NATURAL JOIN population WHERE rare) AS v FROM population",
		"SELECT person_id, area, (SELECT quantile_cont(cost, 0.99) FROM visit) AS v FROM population",
		"SELECT person_id, area, (SELECT first(cost ORDER BY day) FROM visit WHERE person_id = 50) AS v FROM population",
		"SELECT person_id, area || (SELECT mode(area) FROM population WHERE rare) AS area, 1 AS v FROM population",
		"SELECT person_id, area, (SELECT any_value(cost) FROM visit WHERE person_id = 50 AND day = DATE '2026-01-02') AS v FROM population",
		"SELECT person_id, area, lag(person_id, 1, 0) OVER (ORDER BY person_id) AS v FROM population",
		"SELECT person_id, area, row_number() OVER (ORDER BY person_id) AS v FROM population",
		all + " WHERE area IN (SELECT area FROM population GROUP BY area HAVING count(*) FILTER (WHERE rare) = 1)",
		all + " WHERE EXISTS (SELECT 1 FROM population WHERE person_id = 50 AND rare)",
		all + " ORDER BY person_id LIMIT 60",
		"SELECT person_id, CASE WHEN (SELECT rare FROM population WHERE person_id = 50) THEN area ELSE 'other' END AS area, 1 AS v FROM population",
		"SELECT person_id, area, CASE WHEN (SELECT rare FROM population WHERE person_id = 50) THEN 2 ELSE 3 END AS v FROM main.population",
		"SELECT p.person_id, p.area, o.cost AS v FROM population p JOIN visit o ON o.person_id = (p.person_id + 1) % 200 AND o.day = DATE '2026-01-01'",
		all + " UNION ALL SELECT 7, 'A0', 1",
	} {
		if _, _, err := asks(t, r, "hes", "area", "n persons; m sum of v", "no", sql); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "records of others") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestRowsOfTheirOwn: what a row says of its own person leaves, with all that SQL can
// do with the records of one, and with marts that are of nobody.
func TestRowsOfTheirOwn(t *testing.T) {
	r := visits(t)
	for _, sql := range []string{
		"SELECT person_id, area, cost AS v FROM population NATURAL JOIN visit",
		"SELECT person_id, area, v FROM population NATURAL JOIN (SELECT person_id, avg(CAST(cost AS DOUBLE)) / 3 AS v FROM visit GROUP BY person_id)",
		"SELECT person_id, area, v FROM population NATURAL JOIN (SELECT person_id, sum(CAST(cost AS FLOAT)) AS v FROM visit GROUP BY person_id HAVING count(*) > 2)",
		"SELECT person_id, area, cost AS v FROM population NATURAL JOIN (SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY day DESC) AS n FROM visit) WHERE n = 1",
		"SELECT person_id, area, (SELECT max(cost) FROM visit o WHERE o.person_id = p.person_id) AS v FROM population p",
		"SELECT person_id, side || area AS area, CASE WHEN rare THEN NULL ELSE 2 + person_id END AS v FROM population NATURAL JOIN place",
	} {
		if _, _, err := asks(t, r, "hes", "area", "n persons; m sum of v", "yes", sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestOneHalfOnly: what was asked of halves does not stay so.
func TestOneHalfOnly(t *testing.T) {
	r := visits(t)
	for range 3 {
		out, _, err := asks(t, r, "hes", "area", "n persons", "no", "SELECT person_id, 'all' AS area FROM population")
		if err != nil || text(out) != "area,n\nall,200\n" {
			t.Fatalf("%v\n%s", err, text(out))
		}
	}
}
