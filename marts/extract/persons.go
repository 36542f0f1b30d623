package extract

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/pipeline/guard"
)

// persons is whose rows are taken, and how many are not.
type persons struct {
	all        []cut.Person
	ineligible int64 // of the cohort, who may not be used now
}

// persons asks the cohort of the marts, and takes of it whoever may be used now,
// under the numbers of the project's domain.
func (b *basis) persons(ctx context.Context) (persons, error) {
	cohort, err := b.cohort(ctx)
	if err != nil {
		return persons{}, fmt.Errorf("extract: %s: %w", b.project.Where("cohort"), err)
	}
	base := both(cohort, b.ids)
	if len(base) == 0 {
		return persons{}, refused("%s: nobody of the cohort may be used now", b.project.Where("cohort"))
	}
	ids, err := b.key.Map(base)
	if err != nil {
		return persons{}, fmt.Errorf("extract: %w", err)
	}
	shift := shifts(b.key, b.project.Period.Shift)
	out := persons{all: make([]cut.Person, len(base)), ineligible: int64(len(cohort) - len(base))}
	guard.Share(len(base), func(from, to int) {
		for i := from; i < to; i++ {
			out.all[i] = cut.Person{Base: base[i], ID: ids[i], Shift: shift(base[i])}
		}
	})
	slices.SortFunc(out.all, func(a, b cut.Person) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// cohort is the persons whom the project's query names, in order, each once. It is a
// question like an analyst's: it sees the marts and nothing else. One thread answers it:
// of several, what depends on the order in which rows come (the first of a group, a rank
// among equals) is another each time, and an extract is the same for the same snapshot.
func (b *basis) cohort(ctx context.Context) (out []int64, err error) {
	r, err := reader.Open(ctx, b.folder, reader.Limits{Memory: cmp.Or(b.Memory, cut.Enough()), Threads: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	res, err := r.Query(ctx, b.project.Cohort)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	if len(res.Columns) != 1 || res.Columns[0].Name != "person_id" || res.Columns[0].Type != "BIGINT" {
		return nil, errors.New("the query gives other columns than person_id; next: correct the cohort")
	}
	err = res.Each(func(row []any) error {
		id, ok := row[0].(int64)
		if !ok {
			return errors.New("the query gives a person_id that is empty; next: correct the cohort")
		}
		out = append(out, id)
		return nil
	})
	slices.Sort(out)
	return slices.Compact(out), err
}

// both is what two lists in order have in common.
func both(a, b []int64) (out []int64) {
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0], b[0]) {
		case -1:
			a = a[1:]
		case 1:
			b = b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return out
}

// shifts returns the function that says by how many days a person's dates are moved:
// from -most to most, by HMAC-SHA-256 of their number in the snapshot's domain, under
// a key of its own that is derived from the project's. It does not change from one
// extract of the project to the next, and no other project has the same.
func shifts(key domain.Key, most int) func(base int64) int {
	if most == 0 {
		return func(int64) int { return 0 }
	}
	derived := key.MAC("date-shift", nil)
	own, err := domain.New(derived[:])
	if err != nil {
		panic("extract: " + err.Error()) // a sum is as long as a key
	}
	return func(base int64) int {
		sum := own.MAC("offset", binary.BigEndian.AppendUint64(nil, uint64(base)))
		return int(binary.BigEndian.Uint64(sum[:])%uint64(2*most+1)) - most
	}
}
