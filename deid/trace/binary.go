package trace

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// ascii is the bits that no byte of ASCII has. One hash in 65,536 has none of them in
// its first 16 bytes, and is not found as bytes.
const ascii = 0x8080808080808080

// binary searches for numbers as integers and floating point numbers, and for hashes
// of them, at every byte.
func (s *Scanner) binary(b []byte) {
	for i := 0; i+8 <= len(b); i++ {
		x := binary.LittleEndian.Uint64(b[i:])
		if x == 0 {
			continue
		}
		y := bits.ReverseBytes64(x)
		if x>>34 == 0 {
			s.integer("integer", i, x)
		}
		if y>>34 == 0 {
			s.integer("integer", i, y)
		}
		if d := x >> 52; d >= 0x41c && d <= 0x420 {
			s.double(i, x)
		}
		if d := y >> 52; d >= 0x41c && d <= 0x420 {
			s.double(i, y)
		}
		if s.SQLite && y>>50 == 0 {
			s.integer("integer", i, y>>16)
		}
		if i+16 > len(b) || s.Packed {
			continue
		}
		if z := binary.LittleEndian.Uint64(b[i+8:]); (x|z)&ascii != 0 {
			if h := s.digest(x); s.digests.may(h) && s.digests.find(h) != 0 {
				s.tell(1<<Number, "bytes"+hashed, i, b[i:i+16])
			}
		}
	}
	if s.SQLite { // the last two bytes of the last integer stand for nothing
		for i := max(0, len(b)-7); i+6 <= len(b); i++ {
			y := uint64(binary.BigEndian.Uint16(b[i:]))<<32 | uint64(binary.BigEndian.Uint32(b[i+2:]))
			s.integer("integer", i, y)
		}
	}
}

// cut looks up what could be the first eight bytes of a hash, and nothing else.
func (s *Scanner) cut(form string, at int, x uint64) {
	if h := s.digest(x); s.digests.may(h) && s.digests.find(h) != 0 {
		s.tell(1<<Number, form+hashed, at, binary.LittleEndian.AppendUint64(nil, x))
	}
}

func (s *Scanner) double(i int, x uint64) {
	if f := math.Float64frombits(x); f >= 1e9 && f < 1e10 && f == math.Trunc(f) {
		s.integer("floating point", i, uint64(f))
	}
}
