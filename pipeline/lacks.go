package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"secondaryuse/pipeline/stage/seal"
)

// leaning is a source whose records refer to what lies beside them. Lacks lists
// what of that was not there for those that were read.
type leaning interface{ Lacks() []string }

// News is what deliveries of a feed say of what records refer to, such as a
// medicine, that those before them did not.
type News struct {
	Otherwise bool     // something that was there is another now
	Fresh     []string // what was not there, named as Lacks names it
}

// manyLacks is how much that is lacking is told apart.
const manyLacks = 1000

// lack takes down what the records of batches lack, besides what others did.
func lack(marks []seal.Mark, from []batch) {
	for _, b := range from {
		l, ok := b.src.(leaning)
		if !ok {
			continue
		}
		m := &marks[b.feed]
		names := slices.Clone(m.Lacks)
		for _, name := range l.Lacks() {
			names = append(names, lacking(name))
		}
		slices.Sort(names)
		if m.Lacks = slices.Compact(names); len(m.Lacks) > manyLacks {
			m.Lacks = []string{seal.Any}
		}
	}
}

// lacking is the hash of a name.
func lacking(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// leansOnNews reports whether deliveries after the one that is staged say
// something of what records lean on that are staged already.
func (f Feed) leansOnNews(was seal.Mark) (bool, error) {
	if f.News == nil {
		return false, nil
	}
	var before, since []string
	for _, d := range f.Landed {
		if empty(d.Dir) {
			continue
		}
		if d.Number > was.Delivery {
			since = append(since, d.Dir)
		} else {
			before = append(before, d.Dir)
		}
	}
	if len(since) == 0 {
		return false, nil
	}
	news, err := f.News(before, since)
	if err != nil {
		return false, told(err)
	}
	return news.Otherwise || slices.ContainsFunc(news.Fresh, func(name string) bool {
		return slices.Contains(was.Lacks, lacking(name)) || slices.Contains(was.Lacks, seal.Any)
	}), nil
}
