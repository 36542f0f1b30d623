package stage

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
)

// ErrUnfit says that a part holds text that no stored row may hold. The run is
// not sealed.
var ErrUnfit = errors.New("a column holds text that is no code, unit or word")

// inspect looks at every distinct text of a part, after all code that could
// have put it there has run: each must have the shape of a term, and none may
// be an NHS number. It costs little, because text columns are dictionaries.
func inspect(f *os.File, size int64) error {
	p, err := parquet.OpenFile(f, size)
	if err != nil {
		return err
	}
	for _, group := range p.RowGroups() {
		for i, chunk := range group.ColumnChunks() {
			if chunk.Type().Kind() != parquet.ByteArray {
				continue
			}
			if err := inspectChunk(chunk); err != nil {
				return fmt.Errorf("column %s: %w", p.Schema().Columns()[i][0], err)
			}
		}
	}
	return nil
}

func inspectChunk(chunk parquet.ColumnChunk) error {
	pages := chunk.Pages()
	defer pages.Close()
	known := false
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if d := page.Dictionary(); d == nil {
			err = inspectValues(page.Values())
		} else if !known {
			known, err = true, inspectDictionary(d)
		}
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
}

func inspectDictionary(d parquet.Dictionary) error {
	for i := range d.Len() {
		if !fit(d.Index(int32(i)).ByteArray()) {
			return ErrUnfit
		}
	}
	return nil
}

func inspectValues(r parquet.ValueReader) error {
	values := make([]parquet.Value, 1024)
	for {
		n, err := r.ReadValues(values)
		for _, v := range values[:n] {
			if !v.IsNull() && !fit(v.ByteArray()) {
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

// fit reports whether b has the shape of a term and is not an NHS number. A
// ten-digit SNOMED CT identifier may pass the number's check digit by chance;
// its own check digit then tells it apart.
func fit(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	_, code := term.CodeOf(b)
	_, unit := term.UnitOf(b)
	if !code && !unit {
		return false
	}
	_, err := identity.Parse(b)
	return err != nil || verhoeff(b)
}

// verhoeff reports whether the digits b end in their Verhoeff check digit, as
// every SNOMED CT identifier does.
func verhoeff(b []byte) bool {
	c := 0
	for i := range b {
		d := int(b[len(b)-1-i] - '0')
		for range i % 8 {
			d = permute[d]
		}
		c = dihedral(c, d)
	}
	return c == 0
}

var permute = [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}

// dihedral multiplies in the group of the symmetries of a pentagon.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b)%5
	case b < 5:
		return 5 + (a-b)%5
	}
	return (a - b + 5) % 5
}
