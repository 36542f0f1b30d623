package cut

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// few is how many texts a column may have that are written as numbers: each row group
// has all of them. Those of fewest are looked up one after the other, which is faster,
// for what Parquet has as a number already is looked up once.
const few, fewest = 1000, 32

// Few is a relation with the same rows, in which texts that a column has again and again
// are of a type of their own: they are sorted and written as numbers, for a sixth less
// time, and read as the texts that they are. texts names the columns, each with a
// relation that has exactly its texts: what is written tells of every one of these.
func (c *Cut) Few(ctx context.Context, relation string, texts map[string]string) (string, error) {
	var typed []string
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		column := quote(name, '"')
		words, err := c.words(ctx, column, texts[name])
		if err != nil {
			return "", err
		}
		if len(words) == 0 || len(words) > few {
			continue
		}
		kind, err := c.kind(ctx, words)
		if err != nil {
			return "", err
		}
		typed = append(typed, kind.of("r."+column, words)+" AS "+column)
	}
	if len(typed) == 0 {
		return relation, nil
	}
	return "(SELECT r.* REPLACE (" + strings.Join(typed, ", ") + ") FROM " + relation + " r)", nil
}

// words is the texts of a column as SQL writes them, in order; where they are not few,
// some.
func (c *Cut) words(ctx context.Context, column, from string) (out []string, err error) {
	rows, err := c.conn.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE %s IS NOT NULL LIMIT %d", column, from, column, few+1))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var word string
		if err := rows.Scan(&word); err != nil {
			return nil, err
		}
		out = append(out, word)
	}
	slices.Sort(out) // as DuckDB does, by bytes
	for i := range out {
		out[i] = quote(out[i], '\'')
	}
	return out, rows.Err()
}

// kind is the name of a type that has some words.
type kind string

func (c *Cut) kind(ctx context.Context, words []string) (kind, error) {
	c.kinds++
	k := kind(fmt.Sprintf("few_%d", c.kinds))
	_, err := c.conn.ExecContext(ctx, fmt.Sprintf("CREATE TYPE %s AS ENUM (%s)", k, strings.Join(words, ", ")))
	return k, err
}

// of is a text as one of the type, in SQL. Another text than its words is an error.
func (k kind) of(value string, words []string) string {
	cast := fmt.Sprintf("CAST(%s AS %s)", value, k)
	if len(words) > fewest {
		return cast
	}
	list := strings.Join(words, ", ")
	return fmt.Sprintf("COALESCE(map([%s], CAST([%s] AS %s[]))[%s], %s)", list, list, k, value, cast)
}
