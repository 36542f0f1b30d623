package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Lint returns what in a mart's query and checks leaves the portable subset:
//
//   - one SELECT, with CTEs; names without quotes; no bare *;
//   - only functions that every engine has with the same meaning, and none
//     that depends on the moment or on chance;
//   - casts written CAST(x AS type); a quotient only by a literal with a
//     decimal point or by a CAST, so that no engine divides integers;
//   - ranges half open, by comparison: no BETWEEN;
//   - ORDER BY only where NULLS FIRST or NULLS LAST is said, and no LIMIT;
//   - no word of one dialect (QUALIFY, GROUP BY ALL, PIVOT, LATERAL ...);
//   - tables that the header lists, all of them, each right behind FROM or JOIN.
func Lint(m Mart) error {
	var errs []error
	used := make(map[string]bool)
	queries := append([]Check{{"query", m.SQL}}, m.Checks...)
	if m.Also != "" {
		queries = append(queries, Check{"also", m.Also})
	}
	for _, q := range queries {
		t := tokens(q.SQL)
		for _, why := range slices.Concat(words(t), calls(t), symbols(t), orders(t), joins(t)) {
			errs = append(errs, fmt.Errorf("%s: %s", q.Name, why))
		}
		known := append([]string{m.Name}, m.Reads...)
		if q.Name == "query" || q.Name == "also" {
			known = m.Reads
		}
		for _, name := range tables(t) {
			used[name] = true
			if !slices.Contains(known, name) {
				errs = append(errs, fmt.Errorf("%s: %s is not listed under reads", q.Name, name))
			}
		}
	}
	for _, name := range m.Reads {
		if !used[name] {
			errs = append(errs, fmt.Errorf("reads %s, but does not", name))
		}
	}
	return errors.Join(errs...)
}

// dialect holds words that not every engine knows, or that make a result
// depend on the moment, on chance or on the order of rows.
var dialect = strings.Fields(`QUALIFY PIVOT UNPIVOT LATERAL ASOF POSITIONAL SEMI ANTI ILIKE SIMILAR GLOB LIMIT OFFSET FETCH
	TOP SAMPLE TABLESAMPLE USING NATURAL FILTER RECURSIVE BETWEEN EXCLUDE REPLACES COLUMNS STRUCT MAP ARRAY LIST
	CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIMESTAMP TRY_CAST INSERT UPDATE DELETE CREATE DROP COPY ATTACH PRAGMA SET
	TIMESTAMPTZ TEXT STRING HUGEINT FLOAT REAL`)

func words(t []token) (why []string) {
	if len(t) == 0 || t[0].text != "WITH" && t[0].text != "SELECT" {
		why = append(why, "begins neither with WITH nor with SELECT")
	}
	for i, x := range t {
		if x.kind != 'w' {
			continue
		}
		if slices.Contains(dialect, x.text) {
			why = append(why, x.text+" is not portable")
		}
		if x.text == "BY" && at(t, i+1) == "ALL" || x.text == "DISTINCT" && at(t, i+1) == "ON" {
			why = append(why, x.text+" "+at(t, i+1)+" is not portable")
		}
	}
	return why
}

// functions are the calls a mart may make.
var functions = strings.Fields(`CAST COALESCE NULLIF COUNT SUM MIN MAX ROW_NUMBER RANK DENSE_RANK LAG LEAD EXTRACT DATE_TRUNC
	SUBSTRING LENGTH LOWER UPPER TRIM REPLACE ABS FLOOR ROUND GREATEST LEAST`)

// openers are words before a bracket that are not functions.
var openers = strings.Fields(`AS IN OVER EXISTS AND OR NOT ON WHEN THEN ELSE SELECT FROM WHERE HAVING JOIN ALL UNION INTERSECT EXCEPT DECIMAL CASE BY`)

func calls(t []token) (why []string) {
	for i, x := range t {
		if x.kind == 'w' && at(t, i+1) == "(" && !slices.Contains(functions, x.text) && !slices.Contains(openers, x.text) {
			why = append(why, "the function "+x.text+" is not portable")
		}
	}
	return why
}

func symbols(t []token) (why []string) {
	for i, x := range t {
		switch {
		case x.kind == 's' && x.text[0] == '"':
			why = append(why, "a name in quotes is not portable")
		case slices.Contains([]string{"::", "//", "->", "->>", "**", "%", "[", "]", "{", "}", "==", "!=", "?", "$", ";", "~", "^", "@"}, x.text) && x.kind == 's':
			why = append(why, x.text+" is not portable")
		case x.text == "/" && !decimal(t, i+1):
			why = append(why, "/ needs a CAST or a literal with a point on its right")
		case x.text == "*" && star(t, i):
			why = append(why, "a bare * hides which columns there are")
		}
	}
	return why
}

func decimal(t []token, i int) bool {
	return at(t, i) == "CAST" || i < len(t) && t[i].kind == 'n' && strings.Contains(t[i].text, ".")
}

// star reports whether the * at i stands for columns and is not in COUNT(*)
// or behind the name of a table.
func star(t []token, i int) bool {
	before := at(t, i-1)
	if before == "." {
		return false
	}
	if before == "(" {
		return at(t, i-2) != "COUNT"
	}
	return before == "SELECT" || before == "," || before == "DISTINCT"
}

// orders finds the items of an ORDER BY that do not say where nulls go.
func orders(t []token) (why []string) {
	for i, x := range t {
		if x.text != "ORDER" || at(t, i+1) != "BY" {
			continue
		}
		start := i + 2
		for j := start; ; j++ {
			ended := j >= len(t) || t[j].depth < x.depth || t[j].depth == x.depth && (t[j].text == "ROWS" || t[j].text == "RANGE")
			if ended || t[j].text == "," && t[j].depth == x.depth {
				if at(t, j-2) != "NULLS" {
					why = append(why, "ORDER BY "+at(t, start)+" does not say NULLS FIRST or NULLS LAST")
				}
				start = j + 1
			}
			if ended {
				break
			}
		}
	}
	return why
}

// joins finds tables that stand where tables would not see them.
func joins(t []token) (why []string) {
	clause := strings.Fields("WHERE GROUP HAVING ORDER UNION INTERSECT EXCEPT")
	for i, x := range t {
		if x.kind != 'w' || x.text != "FROM" && x.text != "JOIN" || extracting(t, i+1) {
			continue
		}
		if at(t, i+1) == "(" && at(t, i+2) != "SELECT" && at(t, i+2) != "WITH" {
			why = append(why, "tables in brackets are not portable")
		}
		for j := i + 1; j < len(t) && t[j].depth >= x.depth && !(t[j].depth == x.depth && slices.Contains(clause, t[j].text)); j++ {
			if x.text == "FROM" && t[j].text == "," && t[j].depth == x.depth {
				why = append(why, "a comma between tables is not portable: write CROSS JOIN")
			}
		}
	}
	return why
}

// tables returns the tables that are read and are not CTEs of the query. What
// stands in a CTE, or before it, by its name is a table.
func tables(t []token) (out []string) {
	own := make(map[string]int) // where the CTE ends
	for i, x := range t {
		if x.kind == 'w' && at(t, i+1) == "AS" && at(t, i+2) == "(" && (at(t, i-1) == "WITH" || at(t, i-1) == ",") {
			end := slices.IndexFunc(t[i+3:], func(y token) bool { return y.text == ")" && y.depth == x.depth })
			own[strings.ToLower(x.text)] = i + 3 + max(end, 0)
		}
	}
	for i, x := range t {
		if x.kind == 'w' && (at(t, i-1) == "FROM" || at(t, i-1) == "JOIN") && !extracting(t, i) {
			name := strings.ToLower(x.text)
			if end, ok := own[name]; !(ok && i > end) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// extracting reports whether the FROM before i is that of EXTRACT(x FROM y).
func extracting(t []token, i int) bool {
	return at(t, i-1) == "FROM" && at(t, i-3) == "(" && (at(t, i-4) == "EXTRACT" || at(t, i-4) == "TRIM")
}

func at(t []token, i int) string {
	if i < 0 || i >= len(t) {
		return ""
	}
	return t[i].text
}
