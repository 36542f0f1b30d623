package disclose

import "strconv"

// Total stands for a dimension that is totalled, in the rows of a table.
const Total = total

// exact writes the true figures of every row, for those who decide on the table.
func (t *table) exact(asText bool) (out [][]string) {
	for _, c := range t.rows(asText) {
		var row []string
		for _, v := range c.at {
			row = append(row, cmpOr(v, Total))
		}
		out = append(out, append(row, t.figures(c)...))
	}
	return out
}

func (t *table) figures(c *cell) []string {
	out, number := make([]string, len(c.figures)), make([]float64, len(c.figures))
	for m, f := range c.figures {
		number[m] = float64(f.value)
		switch kind := t.q.Measures[m].Kind; {
		case kind == mean:
			number[m] /= 100 * float64(max(f.rows, 1))
		case kind != persons && kind != events:
			number[m] /= 100
		}
	}
	for m, measure := range t.q.Measures {
		if t.uses[m] < 0 {
			by := number[t.index(measure.By)]
			if by == 0 {
				continue // it is nobody's rate
			}
			number[m] = number[t.index(measure.Of)] / by * float64(measure.Per)
		}
		out[m] = strconv.FormatFloat(number[m], 'f', -1, 64)
	}
	return out
}
