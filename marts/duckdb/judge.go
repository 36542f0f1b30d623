package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"secondaryuse/pipeline/stage/seal"
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
//	doomed  (feed, record_key, root, person_id, on_person)
//	                                             records excluded (root), and what hangs on them: whose that is,
//	                                             and whose what it hangs on is, if that is no root
func (s *settler) judge(ctx context.Context) error {
	for _, step := range []struct {
		helper, with, without string
	}{
		{"tombstone",
			"CREATE TEMP TABLE dead AS SELECT feed, record_key, CASE WHEN bool_or(" + unknown +
				") THEN TIMESTAMP '9999-12-31' ELSE max(version) END AS upto FROM tombstone GROUP BY feed, record_key",
			"CREATE TEMP TABLE dead (feed VARCHAR, record_key BIGINT, upto TIMESTAMP)"},
		{"exclusion",
			"CREATE TEMP TABLE doomed AS SELECT DISTINCT feed, record_key, true AS root, 0::BIGINT AS person_id, 0::BIGINT AS on_person FROM exclusion WHERE coalesce(record_key, 0) <> 0 AND coalesce(person_id, 0) = 0",
			"CREATE TEMP TABLE doomed (feed VARCHAR, record_key BIGINT, root BOOLEAN, person_id BIGINT, on_person BIGINT)"},
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
	if err := s.recall(ctx); err != nil {
		return fmt.Errorf("doomed: %w", err)
	}
	if err := s.spread(ctx); err != nil {
		return fmt.Errorf("links: %w", err)
	}
	return s.exec(ctx, "CREATE TEMP TABLE fated AS SELECT record_key FROM dead UNION SELECT record_key FROM newest UNION SELECT record_key FROM doomed")
}

// bar fills barred. The versions that exclusions hang on are looked up among
// all copies of their records only where there are such.
func (s *settler) bar(ctx context.Context) error {
	hanging, err := s.number(ctx, "SELECT count(*) FROM plea WHERE record_key <> 0")
	if err != nil {
		return err
	}
	copies := "SELECT NULL::VARCHAR AS feed, NULL::BIGINT AS record_key, NULL::TIMESTAMP AS v WHERE false"
	if names := s.names(); hanging > 0 && len(names) > 0 {
		copies = union(names, "SELECT feed, record_key, "+version+" AS v FROM %s WHERE part = 0 AND record_key IN (SELECT record_key FROM plea WHERE record_key <> 0)")
	}
	for _, query := range []string{
		"CREATE TEMP TABLE copies AS " + copies,
		`CREATE TEMP TABLE fallen AS
			SELECT p.feed, p.record_key, p.v FROM (SELECT DISTINCT feed, record_key, v, part FROM plea) p JOIN copies c USING (feed, record_key)
			GROUP BY p.feed, p.record_key, p.v, p.part HAVING max(c.v) > p.v OR count(*) FILTER (c.v = p.v) > p.part
			UNION SELECT p.feed, p.record_key, p.v FROM plea p JOIN dead d USING (feed, record_key) WHERE d.upto > p.v`,
		`CREATE TEMP TABLE barred AS SELECT person_id, min(reason) AS reason FROM (
			SELECT p.person_id, p.reason FROM plea p LEFT JOIN fallen f ON f.feed = p.feed AND f.record_key = p.record_key AND f.v = p.v
			GROUP BY p.person_id, p.reason HAVING bool_or(p.record_key = 0) OR bool_and(f.record_key IS NOT NULL)) GROUP BY person_id`,
	} {
		if err := s.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// choose fills newest. Only records read more than once are in it.
func (s *settler) choose(ctx context.Context) error {
	names := s.names()
	if len(s.repeats) == 0 || len(names) == 0 {
		return s.exec(ctx, "CREATE TEMP TABLE newest (feed VARCHAR, record_key BIGINT, v TIMESTAMP, person_id BIGINT)")
	}
	if err := s.exec(ctx, "CREATE TEMP TABLE again (record_key BIGINT)"); err != nil {
		return err
	}
	if err := s.insert("again", len(s.repeats), func(i int) []driver.Value { return []driver.Value{s.repeats[i]} }); err != nil {
		return err
	}
	return s.exec(ctx, "CREATE TEMP TABLE newest AS SELECT feed, record_key, v, person_id FROM ("+
		union(names, "SELECT feed, record_key, "+version+" AS v, person_id FROM %s WHERE part = 0 AND record_key IN (FROM again)")+
		") QUALIFY row_number() OVER (PARTITION BY feed, record_key ORDER BY v DESC, person_id) = 1"+
		" AND count(*) OVER (PARTITION BY feed, record_key) > 1")
}

// recall adds to doomed what was so before. What only hung on another record is
// judged anew if its person was touched: it stands here anew, or not at all.
func (s *settler) recall(ctx context.Context) error {
	if len(s.sets[seal.Doomed]) == 0 {
		return nil
	}
	touched := "SELECT 0::BIGINT AS person_id WHERE false"
	if len(s.touched) > 0 {
		touched = "SELECT person_id FROM " + parquet(s.dir, s.touched, "")
	}
	return s.exec(ctx, "INSERT INTO doomed SELECT feed, record_key, root, person_id, on_person FROM "+seal.Doomed+
		" k ANTI JOIN doomed d USING (feed, record_key) WHERE root OR person_id NOT IN ("+touched+")")
}

// spread adds to doomed what hangs on a doomed record, until nothing is added.
func (s *settler) spread(ctx context.Context) error {
	const current = ` NOT EXISTS (FROM newest n WHERE n.feed = t.feed AND n.record_key = t.record_key
		AND (n.v <> coalesce(nullif(t.version, TIMESTAMP '1970-01-01'), TIMESTAMP '0001-01-01') OR n.person_id <> t.person_id))`
	edges := union(s.names(), "SELECT t.feed, t.record_key, t.person_id, f.person_id AS on_person FROM %s t JOIN front f ON f.feed = t.feed AND f.record_key = t.encounter_key WHERE"+current)
	if len(s.sets["link"]) > 0 {
		edges = strings.TrimPrefix(edges+" UNION ALL ", " UNION ALL ") +
			"SELECT t.feed, t.record_key, t.person_id, f.person_id AS on_person FROM link t JOIN front f ON f.feed = t.feed AND f.record_key = t.to_key WHERE" + current
	}
	if edges == "" {
		return nil
	}
	if err := s.exec(ctx, "CREATE TEMP TABLE front AS SELECT feed, record_key, person_id FROM doomed"); err != nil {
		return err
	}
	for {
		n, err := s.number(ctx, "SELECT count(*) FROM front")
		if err != nil || n == 0 {
			return err
		}
		for _, query := range []string{
			"CREATE OR REPLACE TEMP TABLE front AS SELECT feed, record_key, min(person_id) AS person_id, min(on_person) AS on_person FROM (" + edges +
				") t ANTI JOIN doomed d USING (feed, record_key) GROUP BY feed, record_key",
			"INSERT INTO doomed SELECT feed, record_key, false, person_id, on_person FROM front",
		} {
			if err := s.exec(ctx, query); err != nil {
				return err
			}
		}
	}
}

// verdicts finds the rows of a dataset (1) that fall away, each with the first
// end that holds for it. The copies of a version are told apart by all their
// columns (2). 3 to 6 are the ends.
const verdicts = `CREATE OR REPLACE TEMP TABLE gone AS
	WITH hit AS (
		SELECT *, ` + version + ` AS v FROM %[1]s
		WHERE record_key IN (FROM fated) OR person_id IN (SELECT person_id FROM barred)
	),
	judged AS (
		SELECT t.filename, t.file_row_number, t.feed, t.part, b.reason,
			CASE
				WHEN b.person_id IS NOT NULL THEN %[3]d
				WHEN t.v <= d.upto THEN %[4]d
				WHEN n.v <> t.v OR n.person_id <> t.person_id OR n.v IS NOT NULL AND row_number() OVER (
					PARTITION BY t.feed, t.record_key, t.part, t.v, t.person_id ORDER BY %[2]s) > 1 THEN %[5]d
				WHEN x.record_key IS NOT NULL THEN %[6]d
			END AS way
		FROM hit t
		LEFT JOIN barred b ON b.person_id = t.person_id
		LEFT JOIN dead d ON d.feed = t.feed AND d.record_key = t.record_key
		LEFT JOIN newest n ON n.feed = t.feed AND n.record_key = t.record_key
		LEFT JOIN doomed x ON x.feed = t.feed AND x.record_key = t.record_key
	)
	SELECT filename, file_row_number, feed, part, way, CASE WHEN way = %[3]d THEN reason ELSE 0 END AS reason
	FROM judged WHERE way IS NOT NULL`

// gone makes the table of the rows of one dataset that fall away, and returns
// how many there are of each end.
func (s *settler) gone(ctx context.Context, name string) ([]Tally, error) {
	some, err := s.number(ctx, "SELECT (SELECT count(*) FROM barred) + (SELECT count(*) FROM fated)")
	if err != nil || some == 0 {
		return nil, err
	}
	order, err := s.columns(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := s.exec(ctx, fmt.Sprintf(verdicts, name, order, Barred, Deleted, Superseded, Linked)); err != nil {
		return nil, err
	}
	var out []Tally
	err = s.each(ctx, "SELECT feed, way, reason, count(*) FILTER (part = 0), count(*) FROM gone GROUP BY ALL", func(scan func(...any) error) error {
		t := Tally{Dataset: name}
		err := scan(&t.Feed, &t.End, &t.Reason, &t.Records, &t.Rows)
		out = append(out, t)
		return err
	})
	return out, err
}

// columns lists the stored columns of a dataset as the items of an ORDER BY.
func (s *settler) columns(ctx context.Context, name string) (string, error) {
	var out []string
	err := s.each(ctx, "SELECT column_name FROM (DESCRIBE "+name+")", func(scan func(...any) error) error {
		var c string
		err := scan(&c)
		if c != "filename" && c != "file_row_number" {
			out = append(out, `t."`+c+`" NULLS FIRST`)
		}
		return err
	})
	return strings.Join(out, ", "), err
}
