package reader

import "context"

// Only has the marts show the rows of those persons alone of whose person_id the
// condition is true, until it is called again; of everybody where it is empty. A
// mart that is not about persons stays as it is. The condition is the caller's
// own, and never an asker's.
func (r *Reader) Only(ctx context.Context, condition string) error {
	for mart, path := range r.files {
		view := "CREATE OR REPLACE VIEW " + quote(mart, '"') + " AS FROM read_parquet(" + path + ")"
		if of, err := r.ofPersons(ctx, mart, path); err != nil {
			return timed(ctx, err)
		} else if of && condition != "" {
			view += " WHERE " + condition
		}
		if _, err := r.conn.ExecContext(ctx, view); err != nil {
			return timed(ctx, err)
		}
	}
	return nil
}

// ofPersons says that a file has a column person_id.
func (r *Reader) ofPersons(ctx context.Context, mart, path string) (of bool, err error) {
	if of, known := r.persons[mart]; known {
		return of, nil
	}
	err = r.conn.QueryRowContext(ctx, "SELECT count(*) > 0 FROM (DESCRIBE FROM read_parquet("+path+")) WHERE column_name = 'person_id'").Scan(&of)
	if err == nil {
		r.persons[mart] = of
	}
	return of, err
}
