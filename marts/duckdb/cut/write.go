package cut

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"secondaryuse/pipeline/guard"
)

// Format is how rows are written.
type Format string

// The formats. A row group of Parquet is as many rows as DuckDB reads at a time. It has
// no filter to find values by, which takes room and shortens no question here: rows
// come by person.
const (
	Parquet Format = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, WRITE_BLOOM_FILTER false"
	CSV     Format = "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', NULLSTR '', TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S.%f'"
)

// Write writes the columns of a relation to w, and says how many rows there were.
// person_id, a place in the relation, is written as the number that the person is to
// have. The same rows give the same bytes, whatever their order was: they come by
// that number and then by unique, columns by which no two are alike, or where that
// is nil by all columns.
func (c *Cut) Write(ctx context.Context, w io.Writer, relation string, columns, unique []string, as Format) (int64, error) {
	from, to, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var beside guard.Group
	var wrote error
	beside.Go(func() { wrote = drain(w, from, stop) })
	query := fmt.Sprintf("COPY (SELECT %s FROM %s r JOIN main.person p ON p.place = r.person_id ORDER BY %s) TO '/dev/fd/%d' (%s, USE_TMP_FILE false)", leaving(columns), relation, order(columns, unique), to.Fd(), as)
	rows, err := c.copied(ctx, query)
	err = errors.Join(err, to.Close()) // the reader has all once no one else can write
	if beside.Wait(); wrote != nil {   // then the engine was only told to stop
		err = wrote
	}
	return rows, errors.Join(err, from.Close())
}

// leaving is the columns as they are written.
func leaving(columns []string) string {
	out := slices.Clone(columns)
	for i, n := range out {
		if out[i] = "r." + quote(n, '"'); n == "person_id" {
			out[i] = "p.id AS person_id"
		}
	}
	return strings.Join(out, ", ")
}

func (c *Cut) copied(ctx context.Context, query string) (int64, error) {
	done, err := c.conn.ExecContext(ctx, query)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// drain gives w all that comes. Where w takes no more it has the engine stopped,
// and takes what still comes, so that the engine never waits, nor writes to nobody.
func drain(w io.Writer, from io.Reader, stop func()) error {
	err := guard.Try(func() error {
		_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{from}, make([]byte, 1<<18)) // with that buffer, and none of its own
		return err
	})
	if err != nil {
		stop()
		_, _ = io.Copy(io.Discard, from)
	}
	return err
}
