package disclose

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// common is a value that is a number, a day or a month: of such one can make few
// that are somebody's alone.
var common = regexp.MustCompile(`^(true|false|[0-9]{1,4}|[0-9]{4}-[0-9]{2}(-[0-9]{2}( 00:00:00)?)?)$`)

// spoken checks that no value stands in the table, with nothing shown of it, that the
// SELECT has put together: a hash of an id, or what a record says written one after
// the other. What few have has a name that the author wrote, and reviewers read, or
// that is a mart's own.
func (in *Input) spoken(ctx context.Context, t *table) error {
	for d, dimension := range t.q.Dimensions {
		left := slices.DeleteFunc(t.bare(d), func(v string) bool {
			return v == unknown || common.MatchString(v) || strings.Contains(t.q.SQL, literal(v))
		})
		left, err := in.foreign(ctx, left)
		if err != nil {
			return err
		}
		if n := len(left); n > 0 {
			return fmt.Errorf("%w: %d values of %s that so few have that nothing is shown of them are put together by the SELECT, and might tell of somebody by their name alone; next: write them out in the question (CASE ... THEN 'text'), take a mart's column as it is, or leave these rows out", ErrRefused, n, dimension.Name)
		}
	}
	return nil
}

func literal(v string) string { return "'" + strings.ReplaceAll(v, "'", "''") + "'" }

// foreign leaves out the values that stand in a column of text of a mart.
func (in *Input) foreign(ctx context.Context, values []string) ([]string, error) {
	if len(values) == 0 {
		return nil, nil
	}
	marts, err := in.first(ctx, "SHOW TABLES", "")
	for _, mart := range marts {
		columns, err := in.first(ctx, "DESCRIBE "+quoted(mart), "VARCHAR")
		if err != nil {
			return nil, err
		}
		for _, column := range columns {
			if len(values) == 0 {
				return nil, nil
			}
			var list []string
			for _, v := range values {
				list = append(list, literal(v))
			}
			own, err := in.first(ctx, "SELECT DISTINCT "+quoted(column)+" FROM "+quoted(mart)+" WHERE "+quoted(column)+" IN ("+strings.Join(list, ", ")+")", "")
			if err != nil {
				return nil, err
			}
			values = slices.DeleteFunc(values, func(v string) bool { return slices.Contains(own, v) })
		}
	}
	return values, err
}

// first returns the first column of an answer: of the rows whose second is the kind,
// where one is given.
func (in *Input) first(ctx context.Context, question, kind string) (out []string, err error) {
	err = in.ask(ctx, question, func(row []any) error {
		if kind == "" || row[1] == any(kind) {
			v, _ := row[0].(string)
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// bare are the values of a dimension of which nothing is shown but perhaps zeros.
func (t *table) bare(d int) (out []string) {
	shown := make(map[string]bool)
	t.all(func(l *level, c *cell) {
		if !l.by[d] {
			return
		}
		shown[c.at[d]] = shown[c.at[d]]
		for m, f := range c.figures {
			if f.hidden == "" && c.number[m] != 0 {
				shown[c.at[d]] = true
			}
		}
	})
	for v, is := range shown {
		if !is {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}
