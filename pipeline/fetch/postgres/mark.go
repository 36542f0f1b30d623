package postgres

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// mark is how far a database has been read.
type mark struct {
	Cluster string           `json:"cluster"` // which server it is, where it says so
	Horizon string           `json:"horizon"` // the oldest transaction that had not ended
	Tables  map[string]reach `json:"tables"`
}

// reach is how far a table has been read.
type reach struct {
	After string `json:"after"` // the highest watermark, as text
	Shape string `json:"shape"` // what was read of it
}

var errMark = errors.New("the mark of the last delivery cannot be read")

func parseMark(text string) (m mark, err error) {
	if text == "" {
		return m, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if d.Decode(&m) != nil || m.Tables == nil {
		return mark{}, errMark
	}
	if _, err := d.Token(); err != io.EOF {
		return mark{}, errMark
	}
	if _, err := strconv.ParseUint(m.Horizon, 10, 64); err != nil {
		return mark{}, errMark
	}
	return m, nil
}

func (m mark) text() string {
	b, _ := json.Marshal(m) // a struct of strings
	return string(b)
}

// shape changes when other columns of a table are wanted: then it is read whole.
func (t Table) shape() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", t.File, t.Columns, t.After))
	return fmt.Sprintf("%x", sum[:8])
}

// pile is a number of rows, and a sum that does not depend on their order.
type pile struct {
	Rows int64  `json:"rows"`
	Lo   uint64 `json:"lo"`
	Hi   uint64 `json:"hi"`
}

func (p *pile) add(row []byte) {
	sum := sha256.Sum256(row)
	p.Rows++
	p.Lo += binary.LittleEndian.Uint64(sum[:8])
	p.Hi += binary.LittleEndian.Uint64(sum[8:16])
}
