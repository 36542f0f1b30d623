// Package place turns a postcode into what may be stored of it: the lower
// layer super output area and its decile of deprivation. The postcode goes no
// further.
package place

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
)

// Area is what is kept of a postcode.
type Area struct {
	LSOA   term.LSOA
	Decile int32 // 1 is the most deprived tenth of England; 0 is unknown
}

// Lookup holds the area of every postcode.
type Lookup struct {
	areas   map[identity.Postcode]Area
	deciles map[term.LSOA]int32
	version string
}

var header = []byte("postcode,lsoa_code,imd_decile,lsoa_version,imd_version")

// Open reads a lookup file: CSV without quotes, with the columns
// postcode,lsoa_code,imd_decile,lsoa_version,imd_version. Every line must
// carry the same versions.
func Open(path string) (*Lookup, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("places: %w", err)
	}
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	if !bytes.Equal(bytes.TrimRight(first, "\r"), header) {
		return nil, fmt.Errorf("places: %s:1: the header is not %q", path, header)
	}
	l := &Lookup{areas: make(map[identity.Postcode]Area), deciles: make(map[term.LSOA]int32)}
	for line := 2; len(rest) > 0; line++ {
		first, rest, _ = bytes.Cut(rest, []byte("\n"))
		if err := l.add(bytes.TrimRight(first, "\r")); err != nil {
			return nil, fmt.Errorf("places: %s:%d: %w", path, line, err)
		}
	}
	if len(l.areas) == 0 {
		return nil, fmt.Errorf("places: %s: no lines", path)
	}
	return l, nil
}

func (l *Lookup) add(line []byte) error {
	f := bytes.Split(line, []byte(","))
	if len(f) != 5 {
		return errors.New("not five fields")
	}
	postcode, ok := identity.ParsePostcode(f[0])
	if !ok {
		return errors.New("postcode: not the shape of one")
	}
	lsoa, ok := term.LSOAOf(bytes.Clone(f[1]))
	if !ok {
		return errors.New("lsoa_code: not the shape of one")
	}
	decile, err := strconv.Atoi(string(f[2]))
	if err != nil || decile < 1 || decile > 10 {
		return errors.New("imd_decile: not 1 to 10")
	}
	version := "LSOA " + string(f[3]) + ", IMD " + string(f[4])
	if l.version == "" {
		l.version = version
	}
	if l.version != version {
		return errors.New("lsoa_version, imd_version: not those of the first line")
	}
	l.areas[postcode] = Area{lsoa, int32(decile)}
	l.deciles[lsoa] = int32(decile)
	return nil
}

// Area returns the area of a postcode; the zero Area where it is not known.
func (l *Lookup) Area(p identity.Postcode) Area {
	if l == nil {
		return Area{}
	}
	return l.areas[p]
}

// Decile returns the decile of an area; 0 where it is not known.
func (l *Lookup) Decile(a term.LSOA) int32 {
	if l == nil {
		return 0
	}
	return l.deciles[a]
}

// LSOAs yields every area that is known.
func (l *Lookup) LSOAs(yield func(term.LSOA) bool) {
	if l == nil {
		return
	}
	for a := range l.deciles {
		if !yield(a) {
			return
		}
	}
}

// Version names the editions of the areas and of the deciles.
func (l *Lookup) Version() string {
	if l == nil {
		return "none"
	}
	return l.version
}
