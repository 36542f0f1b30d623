package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/pipeline/stage/seal"
)

// draw makes edge, of what refers to what. Where it is whole the two are parts
// of one whole, as a record and its encounter are. Of a delta it is a table.
// The links of what was not stored are nobody's, and each version of it counts.
//
//	edge (feed, record_key, to_key, v, person_id, whole)
func (s *settler) draw(ctx context.Context) error {
	kind, query := "VIEW", "SELECT feed, record_key, encounter_key AS to_key, v, person_id, true AS whole FROM here WHERE encounter_key <> 0"
	if s.small {
		kind = "TABLE"
	}
	if len(s.sets["link"]) > 0 {
		query += " UNION ALL SELECT feed, record_key, to_key, " + version + ", person_id, whole FROM link"
	}
	return s.exec(ctx, "CREATE TEMP "+kind+" edge AS "+query)
}

// recall adds to doomed what was so before and still is, of the records that
// stand here or that one here refers to: the others, which are most, can be of
// no effect.
func (s *settler) recall(ctx context.Context) error {
	if len(s.sets[seal.Doomed]) == 0 {
		return nil
	}
	for _, query := range []string{
		"CREATE TEMP TABLE anew AS SELECT record_key FROM here UNION SELECT record_key FROM edge",
		"INSERT INTO doomed SELECT feed, record_key, bool_or(root) FROM (" + lasting + `) l
			WHERE (record_key IN (FROM anew) OR record_key IN (SELECT to_key FROM edge))
			AND NOT EXISTS (FROM doomed d WHERE d.feed = l.feed AND d.record_key = l.record_key) GROUP BY feed, record_key`,
	} {
		if err := s.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// lasting is what was doomed before and still is. What only went with another
// record is judged anew if the record whose link that was stands here anew.
const lasting = "SELECT feed, record_key, root, up, on_key FROM " + seal.Doomed + " WHERE root OR if(up, on_key, record_key) NOT IN (FROM anew)"

// reached are the persons of whom a link leads to or from a record that is
// doomed, or all where it was looked for them often enough.
const reached = `SELECT person_id FROM edge WHERE %t OR to_key IN (SELECT record_key FROM front) OR whole AND record_key IN (SELECT record_key FROM front)`

// closely are the links of some persons that count: those of the newest version
// of a record, and those of what is not stored.
const closely = `SELECT feed, record_key, to_key, whole FROM edge t WHERE person_id IN (FROM fresh) AND (person_id = 0 OR NOT EXISTS (FROM newest n
	WHERE n.feed = t.feed AND n.record_key = t.record_key AND (n.v <> t.v OR n.person_id <> t.person_id)))`

// further is what goes with what is doomed, on the ways that are near.
const further = `WITH RECURSIVE d AS (SELECT feed, record_key FROM doomed
	UNION SELECT n.feed, n.takes FROM d JOIN near n ON n.feed = d.feed AND n.goes = d.record_key) FROM d ANTI JOIN doomed USING (feed, record_key)`

// manyTurns is how often it is looked whose records are reached before all are
// taken to be: with each turn taint goes over to another person.
const manyTurns = 16

// spread adds to doomed what goes with a doomed record, to any depth: what
// refers to it and, where the two are parts of one whole, what it refers to.
// How deep that is costs little, since it is looked for among the records of
// those who have a record that is reached; those are near. What memory has no
// room for is put on the disk.
//
//	near (feed, goes, takes, up)    up: takes is what goes refers to
func (s *settler) spread(ctx context.Context) error {
	for _, query := range []string{
		"CREATE TEMP TABLE near (feed VARCHAR, goes BIGINT, takes BIGINT, up BOOLEAN)",
		"CREATE TEMP TABLE known (person_id BIGINT)",
		"CREATE TEMP TABLE front AS SELECT feed, record_key FROM doomed",
	} {
		if err := s.exec(ctx, query); err != nil {
			return err
		}
	}
	for turn := 0; ; turn++ {
		more, err := s.reach(ctx, turn >= manyTurns)
		if err != nil || !more {
			return err
		}
		for _, query := range []string{
			"CREATE OR REPLACE TEMP TABLE close AS " + closely,
			"INSERT INTO near SELECT feed, to_key, record_key, false FROM close UNION ALL SELECT feed, record_key, to_key, true FROM close WHERE whole",
			"CREATE OR REPLACE TEMP TABLE front AS " + further,
			"INSERT INTO doomed SELECT feed, record_key, false FROM front",
		} {
			if err := s.exec(ctx, query); err != nil {
				return err
			}
		}
	}
}

// reach makes a table of the persons who are reached from front, and were not
// before: fresh. It reports whether there are any.
func (s *settler) reach(ctx context.Context, all bool) (bool, error) {
	n, err := s.number(ctx, "SELECT count(*) FROM front")
	if err != nil || n == 0 {
		return false, err
	}
	for _, query := range []string{
		"CREATE OR REPLACE TEMP TABLE fresh AS SELECT DISTINCT person_id FROM (" + fmt.Sprintf(reached, all) + ") ANTI JOIN known USING (person_id)",
		"INSERT INTO known FROM fresh",
	} {
		if err := s.exec(ctx, query); err != nil {
			return false, err
		}
	}
	n, err = s.number(ctx, "SELECT count(*) FROM fresh")
	return n > 0, err
}

// remember writes which records are doomed, for the runs that will go on from
// this one: what hangs on them may come later. Beside that it writes, as links, of
// what encounters the records were whose rows fall away though nothing dooms them:
// that may be doomed later, and they with it.
func (s *settler) remember(ctx context.Context) error {
	if !s.keep {
		return nil
	}
	query := `SELECT feed, record_key, true AS root, false AS up, 0::BIGINT AS on_key FROM doomed WHERE root
		UNION ALL SELECT DISTINCT n.feed, n.takes, false, n.up, if(g.root AND NOT n.up, 0, n.goes) FROM near n
			JOIN doomed t ON t.feed = n.feed AND t.record_key = n.takes JOIN doomed g ON g.feed = n.feed AND g.record_key = n.goes WHERE NOT t.root`
	if len(s.sets[seal.Doomed]) > 0 {
		query += " UNION ALL FROM (" + lasting + ") l WHERE NOT (root AND EXISTS (FROM doomed d WHERE d.root AND d.feed = l.feed AND d.record_key = l.record_key))"
	}
	if err := s.write(ctx, seal.Doomed, query+" ORDER BY feed, record_key"); err != nil || !s.lost {
		return err
	}
	return s.write(ctx, "link", fmt.Sprintf(`SELECT DISTINCT 0::BIGINT AS person_id, feed, '' AS recorder, record_key, 0::INTEGER AS part, 0::BIGINT AS encounter_key,
		v AS version, TIMESTAMP '1970-01-01' AS recorded_at, encounter_key AS to_key, true AS whole
		FROM gone WHERE encounter_key <> 0 AND part = 0 AND way IN (%d, %d)`, Barred, Deleted))
}

// write writes a part of what is remembered.
func (s *settler) write(ctx context.Context, dataset, query string) (err error) {
	p := seal.Part{Dataset: dataset, File: dataset + "-settled.parquet"}
	path := filepath.Join(s.dir, p.File)
	p.Rows, err = s.copied(ctx, query, path)
	if err == nil && p.Rows == 0 && dataset != seal.Doomed {
		return os.Remove(path)
	}
	if err == nil {
		p.Bytes, p.SHA256, err = durable(path)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", dataset, err)
	}
	s.out.Parts = append(s.out.Parts, p)
	return nil
}
