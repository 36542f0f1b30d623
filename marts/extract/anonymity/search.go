package anonymity

import (
	"fmt"
	"slices"
	"strings"
)

// search finds the least coarsening at which no more persons are below k or l
// than may be suppressed.
//
// To coarsen more never puts anybody below k or l who was not before (but for
// entropy, where somebody else's class may join one's own). So a level that does
// not do with every other column at its coarsest does with none, and the search
// begins at the finest that do.
func (w *work) search() ([]int, error) {
	persons, err := w.everybody()
	if err != nil {
		return nil, err
	}
	most := int64(w.Suppression * float64(persons))
	finest := make([]int, len(w.Quasi)) // which often does
	if n, err := w.below(finest); err != nil || n <= most {
		return finest, err
	}
	coarsest := make([]int, len(w.Quasi))
	for i, q := range w.Quasi {
		coarsest[i] = len(q.Levels) - 1
	}
	n, err := w.below(coarsest)
	if err != nil {
		return nil, err
	}
	if n > most && !w.tangled() {
		return nil, w.refusal(n, most, persons)
	}
	floor, err := w.floor(coarsest, most)
	if err != nil {
		return nil, err
	}
	for steps := sum(floor); steps <= sum(coarsest); steps++ {
		for _, levels := range choices(floor, coarsest, steps) {
			if n, err = w.below(levels); err != nil {
				return nil, err
			}
			if n <= most {
				return levels, nil
			}
		}
	}
	return nil, w.refusal(n, most, persons)
}

// floor is the finest level of each column that could do: that does with every other
// column at its coarsest.
func (w *work) floor(coarsest []int, most int64) ([]int, error) {
	floor := make([]int, len(coarsest))
	if w.tangled() {
		return floor, nil
	}
	for i := range floor {
		at := slices.Clone(coarsest)
		for at[i] = 0; at[i] < coarsest[i]; at[i]++ {
			if n, err := w.below(at); err != nil {
				return nil, err
			} else if n <= most {
				break
			}
		}
		floor[i] = at[i]
	}
	return floor, nil
}

// tangled says that to coarsen more may put somebody below l.
func (w *work) tangled() bool {
	return w.Suppression > 0 && slices.ContainsFunc(w.Sensitive, func(s Sensitive) bool { return s.Entropy })
}

func sum(x []int) (n int) {
	for _, v := range x {
		n += v
	}
	return n
}

// choices are the levels from low to high with so many steps in all, those first
// that coarsen what was named first.
func choices(low, high []int, steps int) (out [][]int) {
	if len(low) == 0 {
		if steps == 0 {
			return [][]int{{}}
		}
		return nil
	}
	for at := min(high[0], steps); at >= low[0]; at-- {
		for _, rest := range choices(low[1:], high[1:], steps-at) {
			out = append(out, append([]int{at}, rest...))
		}
	}
	return out
}

// refusal says why nothing leaves, and what would help.
func (w *work) refusal(n, most, persons int64) error {
	var at []string
	for _, q := range w.Quasi {
		at = append(at, fmt.Sprintf("%s.%s at %s", q.Table, q.Column, q.Levels[len(q.Levels)-1].Name))
	}
	return fmt.Errorf("%w: even at the coarsest levels that are declared (%s), %d of %d persons are among fewer than %d who look alike, or among such as are too alike in a sensitive column, and of at most %d may values be emptied; declare coarser levels, leave a column out, or widen the cohort",
		ErrRefused, strings.Join(at, ", "), n, persons, w.K, most)
}
