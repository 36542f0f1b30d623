package stage

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// ErrUnfit says that a part holds text that no stored row may hold. The run is
// not sealed.
var ErrUnfit = errors.New("a column holds text that is no code, unit or word")

// inspect looks at every distinct text of a part, after all code that could
// have put it there has run: each must be a term of its column's type, and none
// may be an NHS number or a postcode. It costs little, because text columns are
// dictionaries.
func inspect(p *parquet.File) error {
	for _, group := range p.RowGroups() {
		for i, chunk := range group.ColumnChunks() {
			if chunk.Type().Kind() != parquet.ByteArray {
				continue
			}
			name := p.Schema().Columns()[i][0]
			if err := inspectChunk(chunk, columns[name]); err != nil {
				return fmt.Errorf("column %s: %w", name, err)
			}
		}
	}
	return nil
}

// check reports whether a text may stand in a column. A nil check is of a
// column that no row has: no text may stand there.
type check func(b []byte) bool

// fit reports whether b is nothing, or a term that names no person. The
// identifier of a SNOMED CT concept may have the check digit of an NHS number
// by chance; its own check digit tells it apart.
func (is check) fit(b []byte) bool {
	return len(b) == 0 || is != nil && is(b) && !term.Personal(b)
}

// columns holds the check of every column of text that a stored row has.
var columns = checks(row.Person{}, row.Problem{}, row.Observation{}, row.Medication{}, row.Allergy{}, row.Immunisation{},
	row.Encounter{}, row.Procedure{}, row.Referral{}, row.Appointment{}, row.CarePlan{}, row.SelfRecord{}, row.Reading{},
	row.Link{}, row.Tombstone{}, row.Exclusion{}, row.Touched{}, row.Unlinked{})

func checks(rows ...any) map[string]check {
	out := make(map[string]check)
	for _, r := range rows {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(r)) {
			if f.Type.Kind() == reflect.String {
				name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
				out[name] = checkOf(f.Type)
			}
		}
	}
	return out
}

// checkOf returns the check of a type of package term, and nil for any other.
func checkOf(t reflect.Type) check {
	switch reflect.Zero(t).Interface().(type) {
	case term.Code:
		return func(b []byte) bool { return term.Code(b).Valid() }
	case term.System:
		return func(b []byte) bool { return term.System(b).Valid() }
	case term.ODS:
		return func(b []byte) bool { return term.ODS(b).Valid() }
	case term.LSOA:
		return func(b []byte) bool { return term.LSOA(b).Valid() }
	case term.Unit:
		return func(b []byte) bool { return term.Unit(b).Valid() }
	case term.Word:
		return func(b []byte) bool { return term.Word(b).Valid() }
	}
	return nil
}

func inspectChunk(chunk parquet.ColumnChunk, is check) error {
	known := false
	return pages(chunk, func(p parquet.Page) error {
		switch d := p.Dictionary(); {
		case d == nil:
			return inspectValues(p.Values(), is)
		case !known:
			known = true
			return inspectDictionary(d, is)
		}
		return nil
	})
}

func inspectDictionary(d parquet.Dictionary, is check) error {
	for i := range d.Len() {
		if !is.fit(d.Index(int32(i)).ByteArray()) {
			return ErrUnfit
		}
	}
	return nil
}

func inspectValues(r parquet.ValueReader, is check) error {
	values := make([]parquet.Value, 1024)
	for {
		n, err := r.ReadValues(values)
		for _, v := range values[:n] {
			if !v.IsNull() && !is.fit(v.ByteArray()) {
				return ErrUnfit
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
