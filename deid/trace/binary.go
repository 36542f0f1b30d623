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
func (s *Scanner) binary(form string, b []byte, p *place) {
	for i := 0; i+8 <= len(b); i++ {
		x := binary.LittleEndian.Uint64(b[i:])
		if x == 0 {
			continue
		}
		y := bits.ReverseBytes64(x)
		if x>>34 == 0 {
			s.integer(p.told("integer"), p.at(i), x)
		}
		if y>>34 == 0 {
			s.integer(p.told("integer"), p.at(i), y)
		}
		if d := x >> 52; d >= 0x41c && d <= 0x420 {
			s.double(i, x, p)
		}
		if d := y >> 52; d >= 0x41c && d <= 0x420 {
			s.double(i, y, p)
		}
		if s.SQLite && y>>50 == 0 {
			s.integer("integer", p.at(i), y>>16)
		}
		if i+16 > len(b) || s.Packed {
			continue
		}
		if z := binary.LittleEndian.Uint64(b[i+8:]); (x|z)&ascii != 0 {
			h := s.digest(x, z)
			if s.digests.may(h) && s.digests.find(h) != 0 {
				s.tell(1<<Number, p.told("bytes")+" of an unkeyed hash", p.at(i))
			}
		}
	}
	if s.SQLite { // the last two bytes of the last integer stand for nothing
		for i := max(0, len(b)-7); i+6 <= len(b); i++ {
			y := uint64(binary.BigEndian.Uint16(b[i:]))<<32 | uint64(binary.BigEndian.Uint32(b[i+2:]))
			s.integer("integer", p.at(i), y)
		}
	}
}

func (s *Scanner) double(i int, x uint64, p *place) {
	if f := math.Float64frombits(x); f >= 1e9 && f < 1e10 && f == math.Trunc(f) {
		s.integer(p.told("floating point"), p.at(i), uint64(f))
	}
}
