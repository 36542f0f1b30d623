// Package area invents the places and organisations of the population: areas
// with a decile of deprivation, postcodes, practices in networks in boards,
// and the trusts and councils that people go to. Codes have the shape of real
// ones and are none: no postcode begins with Q, and areas count from E01900001.
package area

import (
	"math"

	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/figure"
)

// Postcodes is how many postcodes an area has.
const Postcodes = 5

// Area is a lower layer super output area.
type Area struct {
	Board  int // index of figure.ICBs
	Decile int // 1 is the most deprived tenth of England
	LSOA   string
	nth    int // within its board
}

// Map is the geography and the organisations of one seed.
type Map struct {
	Areas     []Area
	Practices []Practice
	Trusts    []Trust
	boards    [len(figure.ICBs)]span
	weights   [len(figure.ICBs)][]float64 // of practices, by list size
}

// span is where the areas and the practices of a board begin and how many
// there are.
type span struct{ area, areas, practice, practices int }

// Of returns the map of a seed.
func Of(seed uint64) *Map {
	m := &Map{}
	r := chance.Of(seed, 0, 0x4150)
	for board := range figure.ICBs {
		icb := &figure.ICBs[board]
		m.boards[board] = span{len(m.Areas), icb.Areas, len(m.Practices), icb.Practices}
		m.areas(&r, board)
		m.practices(&r, board)
	}
	m.Trusts = trusts()
	return m
}

// block is how many neighbouring areas are alike in deprivation.
const block = 12

// areas gives each board its areas. Neighbours have similar deciles, so that
// practices differ.
func (m *Map) areas(r *chance.Rand, board int) {
	icb := &figure.ICBs[board]
	blocks := (icb.Areas + block - 1) / block
	order := make([]int, blocks)
	for i := range order {
		j := r.Below(i + 1)
		order[i], order[j] = order[j], i
	}
	for i := range icb.Areas {
		// The rank of the block, a little blurred, decides the decile.
		rank := (float64(order[i/block]) + r.Float()) / float64(blocks)
		decile, sum := 1, icb.Deciles[0]
		for decile < 10 && rank >= sum {
			sum += icb.Deciles[decile]
			decile++
		}
		code := 900_001 + len(m.Areas)
		m.Areas = append(m.Areas, Area{board, decile, "E01" + digits(code, 6), i})
	}
}

func digits(n, width int) string {
	b := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

// letters may end a postcode.
const letters = "ABDEFGHJLNPQRSTUWXYZ"

// AppendPostcode appends the k-th postcode of an area, with a space.
func (m *Map) AppendPostcode(b []byte, area, k int) []byte {
	a := &m.Areas[area]
	n := a.nth*Postcodes + k // below 4,170
	b = append(b, 'Q', figure.ICBs[a.Board].Letter)
	b = append(b, digits(1+n%97, 1+b2i(n%97 > 8))...)
	n /= 97 // below 43
	return append(b, ' ', byte('0'+n%10), letters[(n/10*7+k)%len(letters)], letters[(n*3+k)%len(letters)])
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Home draws where a person lives and is registered: a board by its size, a
// practice by its list, an area near the practice.
func (m *Map) Home(r *chance.Rand) (board, practice, area, postcode int) {
	var people [len(figure.ICBs)]float64
	for i := range people {
		people[i] = figure.ICBs[i].People
	}
	board = r.Pick(people[:])
	s := m.boards[board]
	nth := r.Pick(m.weights[board])
	near := (float64(nth) + 2*r.Float() - 0.5) / float64(s.practices)
	area = int(math.Floor(near * float64(s.areas)))
	area = ((area % s.areas) + s.areas) % s.areas
	return board, s.practice + nth, s.area + area, r.Below(Postcodes)
}
