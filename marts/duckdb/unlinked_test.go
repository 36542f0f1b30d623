package duckdb

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/pipeline/stage/seal"
)

// loose is a mart of what may be used without its persons only.
func loose(t *testing.T) catalogue.Mart {
	t.Helper()
	marts, err := catalogue.Load(fstest.MapFS{"loose/mart.sql": {Data: []byte(`-- mart: loose
-- what: Medicines that are kept without their persons, by month.
-- domain: planning
-- reads: unlinked_medication
-- grain: month, code
-- refresh: whole
-- release: never
-- columns:
--   month TIMESTAMP: the month
--   code VARCHAR: the medicine
--   items BIGINT: how many
-- checks:
--   some:
--     SELECT month FROM loose WHERE items < 1
SELECT COALESCE(m.at, CAST('1990-01-01' AS TIMESTAMP)) AS month, m.code, COUNT(*) AS items
FROM unlinked_medication m WHERE m.part = 0 GROUP BY COALESCE(m.at, CAST('1990-01-01' AS TIMESTAMP)), m.code
`)}})
	if err != nil {
		t.Fatal(err)
	}
	return marts[0]
}

// TestUnlinked holds that a record which may be used without its person only is
// in no table that has persons, that nothing else leads to it, that the table
// without persons has it, by month, and that it follows what it is about: when
// that is put right it is its person's again.
func TestUnlinked(t *testing.T) {
	ctx, e := context.Background(), testEngine(t)
	l := newLife(t, e, t.TempDir(), "2026-11-01")
	medicine := func(key, code string) told {
		return told{"medication", cells("record_key", key, "code", "'"+code+"'", "kind", "'request'", "at", "TIMESTAMP '2026-03-17 10:00:00'", "provider", "'M82002'")}
	}
	unlinked := func(key string) told { return told{seal.Unlinked, cells("record_key", key)} }
	encounter := told{"encounter", cells("record_key", "20", "kind", "'outpatient'", "start_at", "TIMESTAMP '2026-03-17 10:00:00'")}
	inside := told{"observation", cells("record_key", "30", "encounter_key", "20", "code", "'4548-4'")}
	elsewhere := told{"observation", cells("record_key", "31", "encounter_key", "21", "code", "'4548-4'")}
	ask := func(what, query string, want int64) {
		t.Helper()
		e := testEngine(t)
		src := l.source(t, l.m, Before{})
		if err := e.touches(ctx, src); err != nil {
			t.Fatal(err)
		}
		b := builder{engine: e, all: world{schema: "main", src: src, layer: l.m.Layer, asOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}
		b.inputs = l.inputs
		if err := b.everybody(ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := e.number(ctx, query); err != nil || n != want {
			t.Errorf("%s: %d, want %d, error %v", what, n, want, err)
		}
	}
	l.delta(t, map[int64][]told{
		1: {medicine("10", "a"), medicine("11", "b"), unlinked("11"), encounter, unlinked("20"), inside, elsewhere},
		2: {medicine("11", "c")}, // another's, under the same key
	})
	for range 2 {
		ask("with persons", "SELECT count(*) FROM medication", 2)
		ask("the one", "SELECT count(*) FROM medication WHERE code = 'b'", 0)
		ask("encounters", "SELECT count(*) FROM encounter", 0)
		ask("in it", "SELECT count(*) FROM observation WHERE encounter_key IS NOT NULL", 1)
		ask("in another", "SELECT count(*) FROM observation WHERE encounter_key = 21", 1)
		ask("without persons", "SELECT count(*) FROM unlinked_medication WHERE code = 'b' AND \"at\" = TIMESTAMP '2026-03-01'", 1)
		ask("no other", "SELECT count(*) FROM unlinked_medication", 1)
		ask("nothing of whose", fmt.Sprintf("SELECT count(*) FROM (DESCRIBE unlinked_medication) WHERE column_name IN (%s)", "'person_id', 'record_key', 'encounter_key', 'provider', 'version', 'recorded_at'"), 0)
		ask("encounters without persons", "SELECT count(*) FROM unlinked_encounter WHERE start_at = TIMESTAMP '2026-03-01'", 1)
		l.delta(t, map[int64][]told{2: {medicine("11", "c")}})
	}
	l.delta(t, map[int64][]told{1: {medicine("10", "a"), medicine("11", "b"), unlinked("11"), encounter, inside, elsewhere}})
	ask("put right", "SELECT count(*) FROM encounter", 1)
	ask("in it again", "SELECT count(*) FROM observation WHERE encounter_key = 20", 1)
	ask("not any more", "SELECT count(*) FROM unlinked_encounter", 0)
	ask("still", "SELECT count(*) FROM unlinked_medication", 1)
	l.compact(t)
	ask("in one layer", "SELECT count(*) FROM encounter", 1)
	ask("the other in one layer", "SELECT count(*) FROM medication WHERE code = 'b'", 0)
	l.delta(t, map[int64][]told{1: nil})
	ask("gone", "SELECT count(*) FROM unlinked_medication", 0)
}
