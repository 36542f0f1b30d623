package disclose

import (
	"context"
	"fmt"
	"strings"
)

// weights finds figures that add up the same of everybody but a few, who give something
// else by more than rounding blurs: who knows that the others give the same reads what
// these give off the figure. So a question can weigh one person, and what it makes of
// their record is told with a sum of a thousand. Reviewers see whether it does.
func (in *Input) weights(ctx context.Context, t *table) (out []Finding, err error) {
	for i, m := range t.q.Measures {
		if t.gives[i] < 0 || m.Kind == median {
			continue
		}
		err := in.ask(ctx, t.weighing(i, in.Profile.few(), in.Profile.blurs(m.Kind)), func(row []any) error {
			if n, _ := row[0].(int64); n > 0 {
				out = append(out, Finding{Rule: "weights", Figures: int(n), Text: fmt.Sprintf("%d figures of %s are of persons who all give the same, but for a few who give something else by more than rounding blurs: what these give can be told from it; look whether the question weighs somebody", n, m.Name)})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// blurs is how much of a figure rounding leaves open, as values are added up.
func (p *Profile) blurs(kind string) int64 {
	if kind == events {
		return p.Base
	}
	return 100 * p.Base
}

// weighing is the question for how many cells there are of which all but a few give the
// same to a measure.
func (t *table) weighing(measure int, few, blurs int64) string {
	dims, value := strings.Join(t.dims(&t.levels[0]), ", "), fmt.Sprintf("value_%d", measure)
	shares := fmt.Sprintf("SELECT %s, %s AS v, count(*) AS n FROM (%s) AS person WHERE %s > 0 GROUP BY %s, %s", dims, value, t.statement(0), value, dims, value)
	usual := fmt.Sprintf("SELECT *, first_value(v) OVER (PARTITION BY %s ORDER BY n DESC, v) AS usual FROM (%s) AS shares", dims, shares)
	cells := fmt.Sprintf("SELECT sum(n) AS people, max(n) AS most, max(abs(v - usual)) AS far FROM (%s) AS cells GROUP BY %s", usual, dims)
	return fmt.Sprintf("SELECT count(*) FROM (%s) AS odd WHERE people - most BETWEEN 1 AND %d AND most > %d AND far > %d", cells, few, few, blurs)
}
