// Package practice reads the look-up of GP practices: to which primary care
// network and which board each belongs, and from when to when. It is a CSV
// file with the columns
//
//	practice,name,pcn,pcn_name,icb,valid_from,valid_to
//
// where an empty cell says that nothing is known. Lines that begin with # are
// passed over. A practice may have several lines, one for each time.
package practice

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Practice is one line of the look-up.
type Practice struct {
	Code, Name, PCN, PCNName, ICB string
	From, To                      time.Time // days; zero where not known
}

var columns = []string{"practice", "name", "pcn", "pcn_name", "icb", "valid_from", "valid_to"}

// Read reads the look-up at path; there is none where path is empty. An error
// names the file, the line and the column, and nothing that stands in them.
func Read(path string) ([]Practice, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("practices: %w", err)
	}
	defer f.Close()
	list, line, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("practices: %s:%d: %w", path, line, err)
	}
	return list, nil
}

// read returns the lines of a look-up, or the line at fault.
func read(from io.Reader) (list []Practice, line int, err error) {
	r := csv.NewReader(from)
	r.Comment = '#'
	head, err := r.Read()
	switch {
	case err == io.EOF:
		return nil, 1, errors.New("it is empty")
	case err != nil:
		return nil, lineOf(err), fault(err)
	case !slices.Equal(head, columns):
		return nil, 1, fmt.Errorf("the columns are not %s", strings.Join(columns, ","))
	}
	for {
		cells, err := r.Read()
		switch {
		case err == io.EOF && len(list) == 0:
			return nil, 2, errors.New("it has no lines")
		case err == io.EOF:
			return list, 0, nil
		case err != nil:
			return nil, lineOf(err), fault(err)
		}
		p, err := practice(cells)
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, line, err
		}
		list = append(list, p)
	}
}

func practice(cells []string) (Practice, error) {
	p := Practice{Code: cells[0], Name: cells[1], PCN: cells[2], PCNName: cells[3], ICB: cells[4]}
	if p.Code == "" {
		return p, errors.New("practice: it is empty")
	}
	for i, day := range []*time.Time{&p.From, &p.To} {
		text := cells[5+i]
		if text == "" {
			continue
		}
		var err error
		if *day, err = time.Parse(time.DateOnly, text); err != nil {
			return p, fmt.Errorf("%s: not a day written YYYY-MM-DD", columns[5+i])
		}
	}
	return p, nil
}

// lineOf and fault tell where and why a line cannot be read.
func lineOf(err error) int {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Line
	}
	return 1
}

func fault(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) && errors.Is(p.Err, csv.ErrFieldCount) {
		return fmt.Errorf("not %d cells", len(columns))
	}
	if errors.As(err, &p) {
		return errors.New("its quotes do not match")
	}
	return err
}
