package postgres

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// againColumn is the last column of what is read, which is not passed on.
const againColumn = "again"

// rows passes the records of a CSV table on, without their last column, and
// counts them.
type rows struct {
	to     io.Writer
	part   []byte // a record that has not come to its end
	quotes bool   // it ends within quotes
	headed bool
	all    pile // of what is read now
	again  pile // of what the next fetch will read again
	bytes  int64
	tell   func(int64)
}

var errTorn = errors.New("the server's text breaks off")

// Write takes the next bytes.
func (r *rows) Write(b []byte) (int, error) {
	r.bytes += int64(len(b))
	r.tell(int64(len(b)))
	for rest := b; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		line := rest[:end]
		if end == 0 {
			line = rest
		}
		rest = rest[len(line):]
		r.part = append(r.part, line...)
		if bytes.Count(line, []byte{'"'})%2 == 1 {
			r.quotes = !r.quotes
		}
		if end == 0 || r.quotes {
			continue
		}
		if err := r.record(r.part); err != nil {
			return 0, err
		}
		r.part = r.part[:0]
	}
	return len(b), nil
}

// record passes one record on.
func (r *rows) record(text []byte) error {
	cut := bytes.LastIndexByte(text, ',')
	if cut < 0 {
		return errTorn
	}
	last := text[cut+1 : len(text)-1]
	text = append(text[:cut], '\n')
	switch {
	case !r.headed && string(last) == againColumn:
		r.headed = true
	case r.headed && string(last) == "t":
		r.again.add(text)
		r.all.add(text)
	case r.headed && string(last) == "f":
		r.all.add(text)
	default:
		return errTorn
	}
	_, err := r.to.Write(text)
	return err
}

// end holds that the table came to its end.
func (r *rows) end(tag string) error {
	if n, ok := bytes.CutPrefix([]byte(tag), []byte("COPY ")); !r.headed || len(r.part) > 0 || !ok || string(n) != strconv.FormatInt(r.all.Rows, 10) {
		return errTorn
	}
	return nil
}
