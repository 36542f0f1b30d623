package disclose

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"secondaryuse/marts/disclose/differ"
)

// Released is a table that may leave. Control alone makes one; Unseal gives back
// one that Control has made, by the digest that its reviewers have signed. The
// zero Released holds nothing and is not written.
type Released struct {
	columns []string
	rows    [][]string
	record  Record
	sheet   *differ.Sheet
	figures []differ.Figure
}

// ErrRefused is wrapped where a table may not leave. The findings say why.
var ErrRefused = errors.New("the table may not leave")

var errNothing = errors.New("there is no released table")

// Columns returns the names of the columns.
func (r Released) Columns() []string { return slices.Clone(r.columns) }

// Rows returns the table as it is shown: hidden figures are the profile's mark.
// It is a copy.
func (r Released) Rows() [][]string {
	out := make([][]string, len(r.rows))
	for i, row := range r.rows {
		out[i] = slices.Clone(row)
	}
	return out
}

// Record returns what was done to the table, for the file beside it.
func (r Released) Record() Record {
	out := r.record
	out.Rules = slices.Clone(out.Rules)
	return out
}

// WriteCSV writes the table: the same table is always the same bytes.
func (r Released) WriteCSV(w io.Writer) error {
	if r.columns == nil {
		return errNothing
	}
	out := csv.NewWriter(w)
	return errors.Join(out.Write(r.columns), out.WriteAll(r.rows))
}

// Digest returns the SHA-256 of the table and of its record: what reviewers
// have seen is what leaves where it is equal.
func (r Released) Digest() (string, error) {
	h := sha256.New()
	if err := r.WriteCSV(h); err != nil {
		return "", err
	}
	if err := json.NewEncoder(h).Encode(r.record); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Kept returns the SHA-256 of what Keep writes under id: the same table of the same
// people has the same.
func (r Released) Kept(id string) (string, error) {
	if r.sheet == nil {
		return "", errNothing
	}
	return r.sheet.Kept(id, r.figures)
}

// Keep notes under id, durably, whom each figure counts, so that later
// releases are compared with this one. Call it before the table leaves: a
// table that was kept and did not leave makes later ones more careful, and one
// that left and was not kept could be differenced. It closes what is released.
func (r Released) Keep(id string) error {
	if r.sheet == nil {
		return errNothing
	}
	return errors.Join(r.sheet.Keep(id, r.figures), r.sheet.Close())
}

// Close removes what was written to compare the table with earlier ones, except
// what was kept.
func (r Released) Close() error {
	if r.sheet == nil {
		return nil
	}
	return r.sheet.Close()
}
