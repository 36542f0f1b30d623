package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/source"
)

// picked is a source of which is read what was picked: records where they lie,
// and whole files where they cannot be told apart.
type picked struct {
	source.Source
	shards []source.Shard
	files  map[string]int // the places of files among those of the delivery
}

// Shards lists what was picked; for who the persons are, of the files that say so.
func (p picked) Shards(ctx context.Context, pass source.Pass) ([]source.Shard, error) {
	if pass == source.Rows {
		return p.shards, nil
	}
	all, err := p.Source.Shards(ctx, pass)
	return slices.DeleteFunc(slices.Clone(p.shards), func(s source.Shard) bool {
		return !slices.ContainsFunc(all, func(of source.Shard) bool { return of.File == s.File })
	}), err
}

// picks has of each batch that read which lies at the places.
func (r *Run) picks(ctx context.Context, from []batch, places map[delivery]map[locator.Place]bool) ([]batch, error) {
	var out []batch
	left := maps.Clone(places)
	for _, b := range from {
		d := delivery{b.feed, b.Number}
		delete(left, d)
		if len(places[d]) == 0 {
			continue
		}
		all, err := b.src.Shards(ctx, source.Rows)
		if err == nil {
			b.src, err = pick(b.src, all, places[d])
		}
		if err != nil {
			return nil, fmt.Errorf("feed %s: what is read again: %w", r.Feeds[b.feed].Name, told(err))
		}
		b.again = true
		out = append(out, b)
	}
	for d := range left {
		return nil, fmt.Errorf("feed %s: delivery %d: %w", r.Feeds[d.feed].Name, d.number, errMissing)
	}
	return out, nil
}

// together is how many records one goroutine reads again at a time.
const together = 1000

// pick has of a source that read which lies at the places. all is its shards.
func pick(src source.Source, all []source.Shard, at map[locator.Place]bool) (picked, error) {
	p := picked{src, nil, make(map[string]int)}
	byFile := make(map[int][]source.Shard)
	for _, s := range all {
		if _, ok := p.files[s.File]; !ok {
			p.files[s.File] = len(p.files)
		}
		byFile[p.files[s.File]] = append(byFile[p.files[s.File]], s)
	}
	places := slices.SortedFunc(maps.Keys(at), func(a, b locator.Place) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.From, b.From))
	})
	for len(places) > 0 {
		n := 1
		for n < len(places) && places[n].File == places[0].File {
			n++
		}
		of := byFile[places[0].File]
		if len(of) == 0 {
			return p, errMissing
		}
		if slices.ContainsFunc(places[:n], whole) {
			p.shards = append(p.shards, of...)
		} else {
			for some := range slices.Chunk(places[:n], together) {
				p.shards = append(p.shards, these(of[0].File, some))
			}
		}
		places = places[n:]
	}
	return p, nil
}

// whole reports whether a place is a file that can only be read as a whole.
func whole(p locator.Place) bool { return p.Size == 0 }

// these is a shard of the records of one file that lie at the places.
func these(file string, places []locator.Place) source.Shard {
	spans, s := make([]source.Span, len(places)), source.Shard{File: file}
	for i, p := range places {
		spans[i] = source.Span{From: p.From, Size: p.Size}
		s.Bytes += p.Size
	}
	s.Picked = &spans
	return s
}
