package project

import (
	"context"
	"errors"
	"fmt"

	"secondaryuse/marts/duckdb/reader"
)

// CheckCohort puts the cohort to the marts, through the reader, which answers
// one SELECT over marts and nothing else. It must give person_id, each person
// once, as many as k at least, and the same each time.
func (p Project) CheckCohort(ctx context.Context, r *reader.Reader) ([]Finding, error) {
	at := func(what, next string) ([]Finding, error) {
		return []Finding{{p.place.text.Line("cohort"), "cohort", what, next}}, nil
	}
	res, err := r.Query(ctx, p.Cohort)
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, reader.ErrTime):
		return nil, err
	case err != nil:
		return at(fmt.Sprintf("the marts do not answer it: %v", err), "write one SELECT of person_id over the marts; try it with ohc-marts query")
	}
	columns := res.Columns
	if err := res.Close(); err != nil {
		return nil, err
	}
	if len(columns) != 1 || columns[0].Name != "person_id" || columns[0].Type != "BIGINT" {
		return at("it gives other columns than person_id alone", "select person_id and nothing else")
	}
	persons, rows, sum, err := sizes(ctx, p, r)
	if err != nil {
		return nil, err
	}
	_, _, again, err := sizes(ctx, p, r)
	switch {
	case err != nil:
		return nil, err
	case sum != again:
		return at("it gives others each time it is asked", "write days as they are, and take everybody who fits")
	case persons < rows:
		return at("it gives somebody twice, or nobody's id", "write SELECT DISTINCT, WHERE person_id IS NOT NULL, or a join that does not repeat")
	case persons < int64(p.Anonymity.K):
		return at(fmt.Sprintf("fewer than k (%d) persons are in it", p.Anonymity.K), "widen it")
	}
	return nil, nil
}

// sizes counts the persons of a cohort, and its rows; sum is another for other persons.
// The line break ends a comment that the cohort may end with.
func sizes(ctx context.Context, p Project, r *reader.Reader) (persons, rows int64, sum string, err error) {
	res, err := r.Query(ctx, "WITH cohort AS (\n"+p.Cohort+"\n) SELECT count(DISTINCT person_id) AS persons, count(*) AS rows, CAST(sum(hash(person_id)) AS VARCHAR) AS sum FROM cohort")
	if err != nil {
		return 0, 0, "", fmt.Errorf("cohort: %w", err)
	}
	err = res.Each(func(row []any) error {
		persons, rows, sum = row[0].(int64), row[1].(int64), fmt.Sprint(row[2])
		return nil
	})
	return persons, rows, sum, err
}
