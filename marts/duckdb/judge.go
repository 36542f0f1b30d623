package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// A version that is not known, which the stage has as zero, is older than any
// other.
const (
	version = "coalesce(nullif(version, TIMESTAMP '1970-01-01'), TIMESTAMP '0001-01-01')"
	unknown = "nullif(version, TIMESTAMP '1970-01-01') IS NULL"
)

// judge works out, without reading more columns than it must, which persons,
// records and versions fall away, and leaves that in four tables:
//
//	barred  (person_id, reason)                  persons that are excluded
//	dead    (feed, record_key, upto)             records deleted, up to which version
//	newest  (feed, record_key, v, person_id)     of records read more than once: the copy that stays
//	doomed  (feed, record_key, root)             records excluded (root), and what goes with them (see spread)
func (s *settler) judge(ctx context.Context) error {
	for _, step := range []struct {
		helper, with, without string
	}{
		{"tombstone",
			"CREATE TEMP TABLE dead AS SELECT feed, record_key, CASE WHEN bool_or(" + unknown +
				") THEN TIMESTAMP '9999-12-31' ELSE max(version) END AS upto FROM tombstone GROUP BY feed, record_key",
			"CREATE TEMP TABLE dead (feed VARCHAR, record_key BIGINT, upto TIMESTAMP)"},
		{"exclusion",
			"CREATE TEMP TABLE doomed AS SELECT DISTINCT feed, record_key, true AS root FROM exclusion WHERE coalesce(record_key, 0) <> 0 AND coalesce(person_id, 0) = 0",
			"CREATE TEMP TABLE doomed (feed VARCHAR, record_key BIGINT, root BOOLEAN)"},
		{"exclusion",
			"CREATE TEMP TABLE plea AS SELECT person_id, reason, coalesce(record_key, 0) AS record_key, feed, " + version +
				" AS v, part FROM exclusion WHERE person_id <> 0",
			"CREATE TEMP TABLE plea (person_id BIGINT, reason INTEGER, record_key BIGINT, feed VARCHAR, v TIMESTAMP, part INTEGER)"},
	} {
		query := step.without
		if len(s.sets[step.helper]) > 0 {
			query = step.with
		}
		if err := s.exec(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", step.helper, err)
		}
	}
	if err := s.bar(ctx); err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	if err := s.choose(ctx); err != nil {
		return fmt.Errorf("versions: %w", err)
	}
	if err := s.draw(ctx); err != nil {
		return fmt.Errorf("links: %w", err)
	}
	if err := s.recall(ctx); err != nil {
		return fmt.Errorf("doomed: %w", err)
	}
	if err := s.spread(ctx); err != nil {
		return fmt.Errorf("links: %w", err)
	}
	return s.exec(ctx, "CREATE TEMP TABLE fated AS SELECT record_key FROM dead UNION SELECT record_key FROM newest UNION SELECT record_key FROM doomed")
}

// bar fills barred. A plea of a person for one reason holds unless one of the
// versions that speak for the person (part above 0) stands; an accusation (part
// 0, with a record) holds if its version stands. The versions that exclusions hang on are looked up among
// all copies of their records only where there are such.
func (s *settler) bar(ctx context.Context) error {
	hanging, err := s.number(ctx, "SELECT count(*) FROM plea WHERE record_key <> 0")
	if err != nil {
		return err
	}
	copies := "SELECT feed, record_key, v FROM here WHERE part = 0 AND record_key IN (SELECT record_key FROM plea WHERE record_key <> 0)"
	if hanging == 0 {
		copies = "SELECT feed, record_key, v FROM held WHERE false"
	}
	for _, query := range []string{
		"CREATE TEMP TABLE copies AS " + copies,
		`CREATE TEMP TABLE fallen AS
			SELECT p.feed, p.record_key, p.v, p.part FROM (SELECT DISTINCT feed, record_key, v, part FROM plea) p JOIN copies c USING (feed, record_key)
			GROUP BY p.feed, p.record_key, p.v, p.part HAVING max(c.v) > p.v OR p.part > 0 AND count(*) FILTER (c.v = p.v) > p.part
			UNION SELECT p.feed, p.record_key, p.v, p.part FROM plea p JOIN dead d USING (feed, record_key) WHERE d.upto > p.v`,
		`CREATE TEMP TABLE barred AS SELECT person_id, min(reason) AS reason FROM (
			SELECT p.person_id, p.reason FROM plea p LEFT JOIN fallen f ON f.feed = p.feed AND f.record_key = p.record_key AND f.v = p.v AND f.part = p.part
			GROUP BY p.person_id, p.reason HAVING bool_or(p.record_key = 0 OR p.part = 0 AND f.record_key IS NULL)
				OR coalesce(bool_and(f.record_key IS NOT NULL) FILTER (p.part > 0), false)) GROUP BY person_id`,
	} {
		if err := s.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// choose fills newest. Only records read more than once are in it.
func (s *settler) choose(ctx context.Context) error {
	if len(s.repeats) == 0 {
		return s.exec(ctx, "CREATE TEMP TABLE newest (feed VARCHAR, record_key BIGINT, v TIMESTAMP, person_id BIGINT)")
	}
	if err := s.exec(ctx, "CREATE TEMP TABLE again (record_key BIGINT)"); err != nil {
		return err
	}
	if err := s.insert("again", len(s.repeats), func(i int) []driver.Value { return []driver.Value{s.repeats[i]} }); err != nil {
		return err
	}
	return s.exec(ctx, "CREATE TEMP TABLE newest AS SELECT feed, record_key, v, person_id FROM here WHERE part = 0 AND record_key IN (FROM again)"+
		" QUALIFY row_number() OVER (PARTITION BY feed, record_key ORDER BY v DESC, person_id) = 1"+
		" AND count(*) OVER (PARTITION BY feed, record_key) > 1")
}

// verdicts finds the rows that fall away, each with the first end that holds
// for it: 1 to 4. Of those of which there are several of one version, the twins,
// it does not say which one stays.
const verdicts = `CREATE TABLE gone AS
	WITH hit AS (
		SELECT * FROM here WHERE record_key IN (FROM fated) OR person_id IN (SELECT person_id FROM barred)
	),
	judged AS (
		SELECT t.dataset, t.filename, t.file_row_number, t.feed, t.record_key, t.v, t.encounter_key, t.part, b.reason,
			CASE
				WHEN b.person_id IS NOT NULL THEN %[1]d
				WHEN t.v <= d.upto THEN %[2]d
				WHEN n.v <> t.v OR n.person_id <> t.person_id THEN %[3]d
				WHEN x.record_key IS NOT NULL THEN %[4]d
			END AS way,
			n.v IS NOT NULL AND count(*) OVER (PARTITION BY t.dataset, t.feed, t.record_key, t.part, t.v, t.person_id) > 1 AS twin
		FROM hit t
		LEFT JOIN barred b ON b.person_id = t.person_id
		LEFT JOIN dead d ON d.feed = t.feed AND d.record_key = t.record_key
		LEFT JOIN newest n ON n.feed = t.feed AND n.record_key = t.record_key
		LEFT JOIN doomed x ON x.feed = t.feed AND x.record_key = t.record_key
	)
	SELECT dataset, filename, file_row_number, feed, record_key, v, encounter_key, part, way, CASE WHEN way = %[1]d THEN reason ELSE 0 END AS reason,
		twin AND coalesce(way, %[4]d) = %[4]d AS twin
	FROM judged WHERE way IS NOT NULL OR twin`

// gone makes the table of the rows that fall away, and returns how many there
// are. (Of twins that stay it holds the row as well, without an end.)
func (s *settler) gone(ctx context.Context) ([]loss, error) {
	if err := s.exec(ctx, fmt.Sprintf(verdicts, Barred, Deleted, Superseded, Linked)); err != nil {
		return nil, err
	}
	var names []string
	err := s.each(ctx, "SELECT DISTINCT dataset FROM gone WHERE twin", func(scan func(...any) error) error {
		names = append(names, "")
		return scan(&names[len(names)-1])
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := s.part(ctx, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s.tallies(ctx, "SELECT dataset, filename, feed, way, reason, count(*) FILTER (part = 0), count(*) FROM gone WHERE way IS NOT NULL GROUP BY ALL")
}

// part lets the first of the twins of a dataset stay, in the order of all stored
// columns.
func (s *settler) part(ctx context.Context, name string) error {
	order := ""
	err := s.each(ctx, `SELECT string_agg('t."' || column_name || '" NULLS FIRST', ', ') FROM (DESCRIBE SELECT * FROM `+s.files(name, "")+")",
		func(scan func(...any) error) error { return scan(&order) })
	if err != nil {
		return err
	}
	return s.exec(ctx, fmt.Sprintf(`UPDATE gone SET way = %[1]d FROM (
		SELECT t.filename, t.file_row_number, row_number() OVER (PARTITION BY t.feed, t.record_key, t.part, %[2]s, t.person_id ORDER BY %[3]s) AS nth
		FROM %[4]s t SEMI JOIN (FROM gone WHERE twin AND dataset = %[5]s) g USING (filename, file_row_number)
		) c WHERE c.nth > 1 AND gone.filename = c.filename AND gone.file_row_number = c.file_row_number`,
		Superseded, version, order, s.files(name, ", filename = true, file_row_number = true"), text(name)))
}
