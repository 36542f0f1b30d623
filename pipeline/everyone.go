package pipeline

import (
	"context"
	"iter"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
)

// Everyone lists the numbers of all persons whom the feeds name, or who have an
// account, each once: those that person gates are asked about in a run. No gate is
// asked here, and nothing is written.
func (r *Run) Everyone(ctx context.Context) (iter.Seq[identity.Number], error) {
	for _, f := range r.Feeds {
		if err := f.unbroken(); err != nil {
			return nil, err
		}
	}
	from, err := r.all()
	if err != nil {
		return nil, err
	}
	keeper := gate.NewKeeper(r.Gates)
	if err := r.enrol(ctx, keeper, from); err != nil {
		return nil, err
	}
	return func(yield func(identity.Number) bool) {
		for who := range keeper.Persons() {
			if n, _ := keeper.Number(gate.Ordinal(who)); !yield(n) {
				return
			}
		}
	}, nil
}
