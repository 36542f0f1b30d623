package reader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrRefused is wrapped when a question is not one that may be asked.
var ErrRefused = errors.New("the question sees the marts and nothing else")

func refused(why string) error { return fmt.Errorf("%w: %s", ErrRefused, why) }

// explain is what may stand before a SELECT.
var explain = regexp.MustCompile(`(?i)^\s*EXPLAIN(\s+ANALYZE)?\s+`)

// judge has DuckDB parse the question without running it, and walks what it
// parsed.
func (r *Reader) judge(ctx context.Context, question string) error {
	question = question[len(explain.FindString(question)):]
	if strings.TrimSpace(question) == "" {
		return refused("there is no question")
	}
	var text string
	err := r.conn.QueryRowContext(ctx, "SELECT CAST(json_serialize_sql("+quote(question, '\'')+") AS VARCHAR)").Scan(&text)
	if err != nil {
		return timed(ctx, err)
	}
	var parsed struct {
		Error      bool
		Type       string `json:"error_type"`
		Message    string `json:"error_message"`
		Statements []any
	}
	if err := json.Unmarshal([]byte(text), &parsed); err != nil {
		return err
	}
	if parsed.Error && parsed.Type == "parser" {
		return errors.New(parsed.Message)
	}
	if parsed.Error {
		return refused("only SELECT, DESCRIBE, SHOW TABLES and EXPLAIN can be asked")
	}
	if len(parsed.Statements) != 1 {
		return refused("one question at a time")
	}
	j := judge{known: r.marts, gone: r.gone, ctes: make(map[string]bool)}
	j.collect(parsed.Statements[0])
	j.walk(parsed.Statements[0])
	return j.err
}

type judge struct {
	known, ctes map[string]bool
	gone        map[string]string
	err         error
}

// node is an object of DuckDB's parse tree.
type node = map[string]any

func children(x any) (out []any) {
	switch x := x.(type) {
	case node:
		for _, v := range x {
			out = append(out, v)
		}
	case []any:
		out = x
	}
	return out
}

func (j *judge) fail(format string, args ...any) {
	if j.err == nil {
		j.err = refused(fmt.Sprintf(format, args...))
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// collect notes the names of the question's own CTEs. They must be plain
// words, so that none can be read as the name of a file.
func (j *judge) collect(x any) {
	if n, ok := x.(node); ok {
		if m, ok := n["cte_map"].(node); ok {
			for _, entry := range children(m["map"]) {
				e, _ := entry.(node)
				name, _ := e["key"].(string)
				if !plainName.MatchString(name) {
					j.fail("%q is not a plain name", name)
				}
				j.ctes[strings.ToLower(name)] = true
			}
		}
	}
	for _, c := range children(x) {
		j.collect(c)
	}
}

// walk refuses tables, table functions and functions that are not for a
// question.
func (j *judge) walk(x any) {
	if n, ok := x.(node); ok {
		switch n["type"] {
		case "BASE_TABLE":
			j.table(n)
		case "TABLE_FUNCTION":
			f, _ := n["function"].(node)
			if name := lower(f, "function_name"); !slices.Contains(makers, name) || lower(f, "schema") != "" || lower(f, "catalog") != "" {
				j.fail("%s cannot be read from", name)
			}
		case "SHOW_REF":
			if n["query"] == nil && n["table_name"] != `"tables"` {
				j.fail("SHOW TABLES and DESCRIBE of a mart are what can be shown")
			}
		}
		if name := lower(n, "function_name"); slices.Contains(reaching, name) || strings.HasPrefix(name, "pg_") || strings.HasPrefix(name, "__internal") {
			j.fail("%s cannot be called", name)
		}
	}
	for _, c := range children(x) {
		j.walk(c)
	}
}

func (j *judge) table(n node) {
	name := lower(n, "table_name")
	here := slices.Contains([]string{"", "main"}, lower(n, "schema_name")) && slices.Contains([]string{"", "memory"}, lower(n, "catalog_name"))
	own := j.ctes[name] && lower(n, "schema_name") == ""
	if why := j.gone[name]; here && !own && why != "" {
		j.fail("%s %s", name, why)
	}
	if !here || !j.known[name] && !own {
		j.fail("there is no mart %q", name)
	}
}

func lower(n node, key string) string {
	s, _ := n[key].(string)
	return strings.ToLower(s)
}

// makers are the functions that a question may read rows from: they make them
// out of nothing.
var makers = []string{"range", "generate_series", "unnest", "json_each", "json_tree"}

// reaching are the functions that reach past the question: to settings and
// variables, to the log, to other SQL, or that only wait.
var reaching = []string{
	"current_setting", "getvariable", "getenv", "setseed", "nextval", "currval", "write_log", "sleep_ms", "query", "query_table",
	"json_serialize_plan", "json_serialize_sql", "json_deserialize_sql", "json_execute_serialized_sql", "in_search_path",
	"current_query", "current_schemas", "col_description", "obj_description", "shobj_description",
}
