package anonymity

// SQL is the level of a column, given as SQL. table is where the pairs of a look-up
// lie, as fine and coarse; a level without pairs needs none.
func (l Level) SQL(column, table string) string { return l.expression(column, table) }
