package plot

import "math"

// grid is a field of Braille cells, two dots wide and four high.
type grid struct {
	width, height int // in cells
	cells         []rune
}

func newGrid(width, height int) *grid {
	return &grid{width, height, make([]rune, width*height)}
}

// dots are the bits of the dots of a Braille cell, by column and row.
var dots = [2][4]rune{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

func (g *grid) set(x, y int) {
	if x < 0 || y < 0 || x >= 2*g.width || y >= 4*g.height {
		return
	}
	g.cells[y/4*g.width+x/2] |= dots[x%2][y%4]
}

// line draws the points from left to right, evenly spaced, joined where both
// neighbours are known.
func (g *grid) line(points []Point, least, most float64) {
	place := func(i int) (float64, float64) {
		x := 0.0
		if len(points) > 1 {
			x = float64(i) / float64(len(points)-1) * float64(2*g.width-1)
		}
		return x, (most - points[i].Value) / (most - least) * float64(4*g.height-1)
	}
	for i, p := range points {
		if math.IsNaN(p.Value) {
			continue
		}
		x, y := place(i)
		g.set(int(math.Round(x)), int(math.Round(y)))
		if i+1 < len(points) && !math.IsNaN(points[i+1].Value) {
			u, v := place(i + 1)
			g.segment(x, y, u, v)
		}
	}
}

func (g *grid) segment(x, y, u, v float64) {
	n := int(max(math.Abs(u-x), math.Abs(v-y))) + 1
	for k := range n {
		f := float64(k) / float64(n)
		g.set(int(math.Round(x+(u-x)*f)), int(math.Round(y+(v-y)*f)))
	}
}

// rows returns the grid as lines of text.
func (g *grid) rows() []string {
	out := make([]string, g.height)
	for y := range out {
		row := make([]rune, g.width)
		for x := range row {
			row[x] = ' '
			if c := g.cells[y*g.width+x]; c != 0 {
				row[x] = 0x2800 + c
			}
		}
		out[y] = string(row)
	}
	return out
}
