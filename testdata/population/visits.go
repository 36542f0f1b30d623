package population

import (
	"errors"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"

	"secondaryuse/testdata/population/internal/hes"
)

// visits is the outpatient table, a Parquet file.
type visits struct {
	file *os.File
	w    *parquet.GenericWriter[hes.Visit]
	rows int
}

// rowGroup is how many rows a row group holds.
const rowGroup = 100_000

// open begins the file.
func (v *visits) open(path string) (err error) {
	if v.file, err = os.Create(path); err != nil {
		return err
	}
	v.w = parquet.NewGenericWriter[hes.Visit](v.file, parquet.Compression(&snappy.Codec{}), parquet.CreatedBy("ohc-population", "1", "0"))
	return nil
}

// write appends rows; a row group ends after a fixed number of rows.
func (v *visits) write(rows []hes.Visit) error {
	for len(rows) > 0 {
		n := min(len(rows), rowGroup-v.rows%rowGroup)
		if _, err := v.w.Write(rows[:n]); err != nil {
			return err
		}
		rows, v.rows = rows[n:], v.rows+n
		if v.rows%rowGroup == 0 {
			if err := v.w.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// close ends the file, if it was begun.
func (v *visits) close() error {
	if v.file == nil {
		return nil
	}
	return errors.Join(v.w.Close(), v.file.Close())
}
