package disclose

import "regexp"

// Question is a table that somebody asks for: the header of a QUERY.sql and
// the SELECT below it.
type Question struct {
	Name       string // of the release
	What       string // in one sentence
	Purpose    string
	Dimensions []dimension
	Measures   []measure
	Totals     bool   // over each dimension, and over all
	Rule       string // prose of the author for whoever reviews
	SQL        string
	Text       string // the whole file
}

// dimension is a column that the table is broken down by.
type dimension struct {
	Name    string
	Within  string // the dimension that each of its values lies in one value of; or empty
	Meaning string
}

// The kinds of measures.
const (
	persons = "persons" // distinct persons; of a column: those with a true value
	events  = "events"  // rows; of a column: the sum of whole numbers of at least 0
	sum     = "sum"     // of a column: numbers of at least 0
	mean    = "mean"    // of a column, over the rows that have a value
	median  = "median"  // of a column, over the rows that have a value
	rate    = "rate"    // one measure by another, per a number
	percent = "percent" // persons by persons
)

// measure is a figure in every cell of the table.
type measure struct {
	Name    string
	Kind    string
	Column  string // of the SELECT; empty for all rows, and for rates
	Of, By  string // of a rate: the measures above and below the line
	Per     int64  // of a rate
	Meaning string
}

var (
	column  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	release = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
)
