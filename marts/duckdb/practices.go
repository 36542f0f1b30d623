package duckdb

import (
	"database/sql/driver"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

var practiceColumns = []string{"practice", "name", "pcn", "pcn_name", "icb", "valid_from", "valid_to"}

// readPractices reads practices.csv, if there is one. An empty cell is null.
func readPractices(path string) ([][]driver.Value, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return practices(f)
}

func practices(from io.Reader) ([][]driver.Value, error) {
	r := csv.NewReader(from)
	r.Comment = '#'
	head, err := r.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	if !slices.Equal(head, practiceColumns) {
		return nil, fmt.Errorf("the columns must be %s", strings.Join(practiceColumns, ","))
	}
	var out [][]driver.Value
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		row, err := practice(cells)
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		out = append(out, row)
	}
}

func practice(cells []string) ([]driver.Value, error) {
	row := make([]driver.Value, len(cells))
	for i, c := range cells {
		switch {
		case c == "":
		case strings.HasPrefix(practiceColumns[i], "valid_"):
			day, err := time.Parse(time.DateOnly, c)
			if err != nil {
				return nil, fmt.Errorf("%s is not a day", practiceColumns[i])
			}
			row[i] = day
		default:
			row[i] = c
		}
	}
	return row, nil
}
