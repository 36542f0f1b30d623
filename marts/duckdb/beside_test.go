package duckdb

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"secondaryuse/marts/catalogue"
)

// endless is a mart that is quick in January 1990, and never ready later.
const endless = `-- mart: endless
-- what: How many days there are.
-- domain: planning
-- reads: person, calendar
-- grain: person_id
-- refresh: persons
-- dates: person.version
-- release: never
-- columns:
--   person_id BIGINT: the person
--   days BIGINT: how many
-- checks:
--   there is a day:
--     SELECT days FROM endless WHERE days < 1
SELECT p.person_id, COUNT(*) AS days FROM person p CROSS JOIN calendar a CROSS JOIN calendar b CROSS JOIN calendar c CROSS JOIN calendar d
WHERE a.day >= b.day OR c.day >= d.day
GROUP BY p.person_id
`

// TestBesideEnds holds that a mart which fails ends the one that is built
// beside it, and that nobody goes on when the failure is known.
func TestBesideEnds(t *testing.T) {
	ages := strings.NewReplacer("births", "ages", "refresh: whole", "refresh: persons", "born = ''", "born = '1990-2'").Replace(births)
	marts, err := catalogue.Load(fstest.MapFS{"ages/mart.sql": {Data: []byte(ages)}, "endless/mart.sql": {Data: []byte(endless)}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	l := newLife(t, testEngine(t), t.TempDir(), "1990-01-03")
	born := func(month string) []told {
		return []told{{"person", map[string]string{"birth_year": "1990", "birth_month": month}}}
	}
	l.delta(t, map[int64][]told{1: born("1")})
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	before := Before{Folder: t.TempDir(), AsOf: "1990-01-03"}
	if _, err := Build(ctx, l.source(t, l.m, Before{}), marts, before.Folder, Limits{Temp: t.TempDir(), Threads: 2}); err != nil {
		t.Fatal(err)
	}
	l.delta(t, map[int64][]told{2: born("2")})
	l.m.AsOf = "2025-12-30"
	_, err = Build(ctx, l.source(t, l.m, before), marts, t.TempDir(), Limits{Temp: t.TempDir(), Threads: 2})
	if !errors.Is(err, ErrCheck) || !strings.HasPrefix(err.Error(), "ages: ") || ctx.Err() != nil {
		t.Errorf("%v (%v)", err, ctx.Err())
	}
}
