package reader

import (
	"context"
	"errors"
	"slices"
)

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

// Without takes marts out for good. Who asks for one is told why.
func (r *Reader) Without(ctx context.Context, why string, marts ...string) error {
	for _, mart := range marts {
		if !r.marts[mart] {
			continue
		}
		if _, err := r.conn.ExecContext(ctx, "DROP VIEW "+quote(mart, '"')); err != nil {
			return timed(ctx, err)
		}
		r.marts[mart], r.gone[mart] = false, why
		delete(r.files, mart)
	}
	return nil
}

// Impersonal returns the marts that have no person_id, in order.
func (r *Reader) Impersonal(ctx context.Context) (out []string, err error) {
	for mart, path := range r.files {
		of, e := r.ofPersons(ctx, mart, path)
		if err = errors.Join(err, e); !of {
			out = append(out, mart)
		}
	}
	slices.Sort(out)
	return out, timed(ctx, err)
}
