package disclose

import (
	"bytes"
	"encoding/json"
	"errors"
)

// sealed is a Released as it is kept between a request and its approval.
type sealed struct {
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	Record  Record     `json:"record"`
}

// errBroken says that what was sealed is not what is read.
var errBroken = errors.New("disclose: this is not the table that was sealed")

// Seal writes a Released, to be kept until it was decided upon.
func (r Released) Seal() ([]byte, error) {
	if r.columns == nil {
		return nil, errNothing
	}
	return json.Marshal(sealed{r.columns, r.rows, r.record})
}

// Unseal reads what Seal wrote of the Released that has the digest, and of no other.
// So what Control has made on one day can leave on another, and nothing else can.
func Unseal(text []byte, digest string) (Released, error) {
	var s sealed
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Released{}, errBroken
	}
	r := Released{columns: s.Columns, rows: s.Rows, record: s.Record}
	if again, err := r.Seal(); err != nil || !bytes.Equal(again, text) {
		return Released{}, errBroken
	}
	if is, err := r.Digest(); err != nil || is != digest {
		return Released{}, errBroken
	}
	return r, nil
}
