package duckdb

import (
	"context"
	"database/sql/driver"
	"fmt"

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

// recall adds to doomed what was so before, of the records that stand here or
// that one here hangs on: the others, which are most, can be of no effect.
func (s *settler) recall(ctx context.Context) error {
	if len(s.sets[seal.Doomed]) == 0 {
		return nil
	}
	touched, here := "SELECT 0::BIGINT AS person_id WHERE false", "SELECT 0::BIGINT AS record_key WHERE false"
	if len(s.touched) > 0 {
		touched = "SELECT person_id FROM " + parquet(s.dir, s.touched, "")
	}
	if names := s.names(); len(names) > 0 {
		here = union(names, "SELECT record_key FROM %s")
	}
	for _, query := range []string{
		"CREATE TEMP TABLE touched AS " + touched,
		"INSERT INTO doomed FROM (" + lasting + ") l WHERE record_key IN (" + here + " UNION ALL SELECT record_key FROM edge UNION ALL SELECT to_key FROM edge)" +
			" AND NOT EXISTS (FROM doomed d WHERE d.feed = l.feed AND d.record_key = l.record_key)",
	} {
		if err := s.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// lasting is what was doomed before and still is. What only hung on another
// record is judged anew if its person was touched: it stands here anew, or not at
// all.
const lasting = "SELECT feed, record_key, root, person_id, on_person FROM " + seal.Doomed + " WHERE root OR person_id NOT IN (FROM touched)"

// draw makes edge, of what hangs on what. Of a delta it is a table, which the
// steps of spread read again and again.
//
//	edge (feed, record_key, to_key, version, person_id)
func (s *settler) draw(ctx context.Context) error {
	kind, query := "VIEW", "SELECT NULL::VARCHAR AS feed, NULL::BIGINT AS record_key, NULL::BIGINT AS to_key, NULL::TIMESTAMP AS version, NULL::BIGINT AS person_id WHERE false"
	if s.small {
		kind = "TABLE"
	}
	if names := s.names(); len(names) > 0 {
		query += " UNION ALL " + union(names, "SELECT feed, record_key, encounter_key, version, person_id FROM %s WHERE encounter_key <> 0")
	}
	if len(s.sets["link"]) > 0 {
		query += " UNION ALL SELECT feed, record_key, to_key, version, person_id FROM link"
	}
	return s.exec(ctx, "CREATE TEMP "+kind+" edge AS "+query)
}

// spread adds to doomed what hangs on a doomed record, until nothing is added.
func (s *settler) spread(ctx context.Context) error {
	const edges = `SELECT t.feed, t.record_key, t.person_id, f.person_id AS on_person
		FROM edge t JOIN front f ON f.feed = t.feed AND f.record_key = t.to_key
		WHERE NOT EXISTS (FROM newest n WHERE n.feed = t.feed AND n.record_key = t.record_key
			AND (n.v <> coalesce(nullif(t.version, TIMESTAMP '1970-01-01'), TIMESTAMP '0001-01-01') OR n.person_id <> t.person_id))`
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

// loss is how many rows of a part of one feed come to one end.
type loss struct {
	file string
	Tally
}

// gone makes the table of the rows of one dataset that fall away, and returns
// how many there are.
func (s *settler) gone(ctx context.Context, name, order string) (out []loss, err error) {
	if err := s.exec(ctx, fmt.Sprintf(verdicts, name, order, Barred, Deleted, Superseded, Linked)); err != nil {
		return nil, err
	}
	err = s.each(ctx, "SELECT filename, feed, way, reason, count(*) FILTER (part = 0), count(*) FROM gone GROUP BY ALL", func(scan func(...any) error) error {
		l := loss{Tally: Tally{Dataset: name}}
		err := scan(&l.file, &l.Feed, &l.End, &l.Reason, &l.Records, &l.Rows)
		out = append(out, l)
		return err
	})
	return out, err
}

// orders lists the stored columns of each dataset as the items of an ORDER BY.
func (s *settler) orders(ctx context.Context) (map[string]string, error) {
	out := make(map[string]string)
	err := s.each(ctx, "SELECT table_name, string_agg('t.\"' || column_name || '\" NULLS FIRST', ', ' ORDER BY column_index) FROM duckdb_columns() "+
		"WHERE database_name = 'temp' AND column_name NOT IN ('filename', 'file_row_number') GROUP BY table_name", func(scan func(...any) error) error {
		var name, order string
		err := scan(&name, &order)
		out[name] = order
		return err
	})
	return out, err
}
