// Package anonymity holds an extract to k-anonymity, l-diversity and the absence
// of outliers, and coarsens it by declared levels until it is, or refuses.
//
// # What is promised
//
// Of those columns by which somebody could be found, the quasi-identifiers, every
// combination of values that leaves is that of at least k persons: persons, and
// not rows. Where a table has many rows about a person, the rule says what an
// attacker knows: any one of them, together with all that is known of the person
// from tables of one row, or all of them.
//
// Among those who share a combination, each sensitive column has at least l
// values (or, for entropy, e to the entropy of its values is at least l). Of a
// table of many rows the value is the set of a person's values, and besides no
// value is one that all of them have. An empty value is a value like any other,
// here and above: it never stands for what it could have been, as it does in
// other programs, whose counts are larger for it.
//
// A number that is declared to have tails is cut at the value that at least k
// persons reach, above and below.
//
// # The means
//
// Every level of every quasi-identifier is declared, from the finest. The least
// coarsening is chosen: the fewest steps in all, and among equals the one that
// coarsens the column that was named first. The same data and rule give the same
// choice. What is still below k or l then, up to a declared share of all persons,
// has single values emptied, in the declared order; a person whom that does not
// hide is left out, and so is a row that finds somebody.
//
// Where anything was taken so, what comes of it is counted again before it is
// handed on, as it will leave.
//
// All of it is SQL over the relations of one DuckDB connection, which may spill:
// memory does not grow with the rows. Temporary tables named anonymity_... lie
// in that connection.
//
// # The limits
//
// Quasi-identifiers are those that were declared. k-anonymity says nothing of who
// knows more than these columns, nor of what is likely but not certain: see the
// package's tests for what is held, and the project's check for what is not
// declared.
package anonymity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Conn is one connection to DuckDB; *sql.Conn is one. Every call is made in it.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Data is what is to leave: relations of SQL (a table, a view, or a SELECT in
// brackets), each with the column Person.
type Data struct {
	Conn   Conn
	Person string // the column by which every table names a person
	Cohort string // everybody, each in one row; tables have rows of these alone
	Tables []Table
}

// Table is one relation.
type Table struct {
	Name     string // by which the rule names it
	Relation string
	Many     bool   // several rows about a person; else one at most
	Held     string // a shorter relation that has of each person each value of the sensitive columns; empty where there is none
}

// Rule is what an extract is held to.
type Rule struct {
	K           int
	Suppression float64 // the largest share of persons of whom something is emptied or left out
	AllRows     bool    // of a table of many rows an attacker knows all about a person, and not any one
	Quasi       []Quasi // what is named first is coarsened first, and emptied first
	Sensitive   []Sensitive
	Tails       []Tail
}

// Quasi is a quasi-identifier with its levels, from the finest.
type Quasi struct {
	Table, Column string
	Levels        []Level
}

// Sensitive is a column that must stay unknown of those who look alike.
type Sensitive struct {
	Table, Column string
	L             int
	Entropy       bool
}

// Tail is a number whose largest and smallest values could find somebody, among
// those who are equal in By, columns of the same table.
type Tail struct {
	Table, Column string
	By            []string
}

// ErrRefused is wrapped where no declared coarsening makes the data fit to leave.
var ErrRefused = errors.New("nothing leaves")

// Choose finds the least coarsening that holds the data to the rule. The error
// wraps ErrRefused, with a plain reason, where there is none.
func Choose(ctx context.Context, d Data, r Rule) (Plan, error) {
	p, err := choose(ctx, d, r)
	if err != nil {
		return Plan{}, fmt.Errorf("anonymity: %w", err)
	}
	return p, nil
}

func choose(ctx context.Context, d Data, r Rule) (Plan, error) {
	if err := check(d, r); err != nil {
		return Plan{}, err
	}
	w := &work{ctx: ctx, Data: d, Rule: r}
	if err := w.build(); err != nil {
		return Plan{}, err
	}
	levels, err := w.search()
	if err != nil {
		return Plan{}, err
	}
	p := Plan{work: w, levels: levels, Report: Report{K: r.K}}
	for i, q := range r.Quasi {
		p.Report.Levels = append(p.Report.Levels, Chosen{q.Table + "." + q.Column, q.Levels[levels[i]].Name, levels[i]})
	}
	return p, p.settle()
}

// Measure returns the risk of the data at given levels, one a quasi-identifier;
// those of the finest where it is nil.
func Measure(ctx context.Context, d Data, r Rule, levels []int) (Risk, error) {
	if levels == nil {
		levels = make([]int, len(r.Quasi))
	}
	w := &work{ctx: ctx, Data: d, Rule: r}
	err := check(d, r)
	if err == nil {
		err = w.build()
	}
	if err != nil {
		return Risk{}, fmt.Errorf("anonymity: %w", err)
	}
	return w.risk(levels)
}

// check refuses a rule that does not fit the data: what it names must be there.
func check(d Data, r Rule) error {
	if r.K < 1 || r.Suppression < 0 || r.Suppression >= 1 || len(r.Quasi) > 62 {
		return errors.New("k is at least 1, the share of suppression from 0 to below 1, and there are at most 62 quasi-identifiers")
	}
	for _, q := range r.Quasi {
		if len(q.Levels) == 0 || d.table(q.Table) == nil {
			return fmt.Errorf("%s.%s has no level, or its table is not there", q.Table, q.Column)
		}
	}
	for _, s := range r.Sensitive {
		if s.L < 1 || d.table(s.Table) == nil {
			return fmt.Errorf("%s.%s has no l, or its table is not there", s.Table, s.Column)
		}
	}
	for _, t := range r.Tails {
		if d.table(t.Table) == nil {
			return fmt.Errorf("%s.%s: its table is not there", t.Table, t.Column)
		}
		for _, q := range r.Quasi {
			if q.Table == t.Table && q.Column == t.Column {
				return fmt.Errorf("%s.%s is a quasi-identifier and has tails; it can be one of the two", t.Table, t.Column)
			}
		}
	}
	return nil
}

func (d Data) table(name string) *Table {
	for i, t := range d.Tables {
		if t.Name == name {
			return &d.Tables[i]
		}
	}
	return nil
}

// ident writes a name as one of SQL, text a literal.
func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
func text(s string) string  { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
