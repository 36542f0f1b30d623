package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/deid"
	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// Again applies the person gates to what is already staged, and publishes: a
// new opt-out or objection takes a person out of every mart, and off the disk,
// without the feeds being read. known is every number that the gates' lists
// name. When closed is set nobody else may stay. A part that is not as it was
// sealed ends it before anything is built from it.
func (r *Run) Again(ctx context.Context, known []identity.Number, closed bool) (Result, error) {
	live, err := seal.Current(r.Stage)
	if err != nil {
		return Result{}, err
	}
	if err := r.ready(ctx); err != nil {
		return Result{}, err
	}
	r.Progress.Step("verify", 0)
	if err := seal.Verify(ctx, r.Stage, live); err != nil {
		return Result{}, err
	}
	out, err := r.out(known)
	if err != nil {
		return Result{}, err
	}
	census, err := stage.Count(r.Stage, live)
	if err != nil {
		return Result{}, err
	}
	account := newAccount(r)
	for feed, n := range census.Records {
		account.feeds, account.read = append(account.feeds, string(feed)), append(account.read, n)
	}
	parts, err := r.link(live, live.Parts)
	if err != nil {
		return Result{}, err
	}
	w := stage.NewWriter(seal.Dir(r.Stage, r.ID), 0)
	if err := stage.Append(w, out.Out(census.Persons, closed)); err != nil {
		return Result{}, err
	}
	excluded, err := w.Close()
	if err != nil {
		return Result{}, err
	}
	m := r.manifest(Plan{})
	if m.Before = live.Marks; len(m.Before) == 0 {
		m.Before = live.Before
	}
	return r.finish(ctx, m, nil, append(parts, excluded...), nil, Result{Persons: len(census.Persons), Account: account, Kind: ledger.Staged, affects: judgement{out, closed}})
}

// out judges the persons that the lists name.
func (r *Run) out(known []identity.Number) (*deid.Crossing, error) {
	k := gate.NewKeeper(gate.Gates{Persons: r.Gates.Persons})
	persons := make([]record.Person, len(known))
	for i, n := range known {
		persons[i].Number = n
	}
	k.Enrol(record.Feed{}, persons)
	k.Judge()
	return deid.NewCrossing(r.Key, k, nil, r.AsOf)
}

// link puts parts of a sealed run into this run's folder, under names that no
// new part takes. They share the bytes until they are rewritten.
func (r *Run) link(live seal.Manifest, parts []seal.Part) ([]seal.Part, error) {
	out := make([]seal.Part, 0, len(parts))
	for i, p := range parts {
		from := filepath.Join(seal.Dir(r.Stage, live.Run), p.File)
		p.File = fmt.Sprintf("%s-kept-%04d%s", p.Dataset, i, filepath.Ext(p.File))
		if err := os.Link(from, filepath.Join(seal.Dir(r.Stage, r.ID), p.File)); err != nil {
			return nil, fmt.Errorf("%s: stage: %w", p.Dataset, err)
		}
		out = append(out, p)
	}
	return out, nil
}
