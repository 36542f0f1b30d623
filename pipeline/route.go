package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"secondaryuse/deid"
	"secondaryuse/deid/gate"
	"secondaryuse/deid/place"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// Feed is one feed of a run.
type Feed struct {
	record.Feed
	Source source.Source
	// Private says that the feed's file names may name a person (a file for
	// each, an account as a folder): they are then told by their place in the
	// feed's order, never by name.
	Private bool
}

// Settler decides which staged rows of a run fall away once all are staged.
type Settler interface {
	// Settle rewrites or drops parts in dir and returns those that stay, and
	// what became of the records it took out or left.
	Settle(ctx context.Context, dir string, parts []seal.Part) ([]seal.Part, []Settled, error)
}

// Settled is how many records of a feed and dataset came to one end when a run
// was settled. Outcome is kept, superseded, deleted or excluded; Reason tells
// why, where excluded.
type Settled struct {
	Dataset, Feed, Outcome string
	Reason                 gate.Reason
	Records                int64
}

// Publisher makes a snapshot of marts of a sealed run. When Publish returns,
// the snapshot is whole, durable and the current one.
type Publisher interface {
	Publish(ctx context.Context, stage string, m seal.Manifest) (snapshot string, err error)
}

// Progress is told how far a run is. Its methods may be called from several
// goroutines.
type Progress interface {
	Step(name string, bytes int64) // a step begins that will read this many bytes, or 0
	Add(bytes int64)
}

// Run is one run of the pipeline: everything it needs, opened.
type Run struct {
	ID       string
	AsOf     time.Time
	Purpose  string
	Stage    string // folder
	Feeds    []Feed
	Gates    gate.Gates
	Rules    []string // which gate stands on which list
	Key      deid.Key
	Places   *place.Lookup
	Ledger   *ledger.Ledger
	Settler  Settler
	Marts    Publisher
	Progress Progress
}

// Result is what a run came to.
type Result struct {
	Snapshot string
	Persons  int // enrolled
	Account  Account
}

// Go takes every record the whole path: source, gate, cross, stage, settle,
// seal, marts, snapshot. Nothing is published unless every step before has
// held, and what was published before stays served until then.
func (r *Run) Go(ctx context.Context) (Result, error) {
	if err := r.ready(ctx); err != nil {
		return Result{}, err
	}
	keeper := gate.NewKeeper(r.Gates)
	if err := r.enrol(ctx, keeper); err != nil {
		return Result{}, err
	}
	keeper.Judge()
	crossing, err := deid.NewCrossing(r.Key, keeper, r.Places, r.AsOf)
	if err != nil {
		return Result{}, err
	}
	parts, account, err := r.carry(ctx, keeper, crossing)
	if err != nil {
		return Result{}, err
	}
	return r.finish(ctx, parts, Result{Persons: keeper.Persons(), Account: account})
}

// finish settles what is staged, has every record accounted for, and
// publishes.
func (r *Run) finish(ctx context.Context, parts []seal.Part, result Result) (Result, error) {
	r.Progress.Step("settle", 0)
	parts, settled, err := r.Settler.Settle(ctx, seal.Dir(r.Stage, r.ID), parts)
	if err != nil {
		return result, fmt.Errorf("settle: %w", err)
	}
	result.Account.settle(settled)
	if err := errors.Join(r.Ledger.Account(ctx, r.ID, result.Account.Tallies()), result.Account.Balance()); err != nil {
		return result, err
	}
	result.Snapshot, err = r.publish(ctx, parts)
	return result, err
}

// Sweep removes from the stage what runs that died have left. No run may be
// going on.
func Sweep(stage string) error {
	live, err := seal.Current(stage)
	if err != nil && !errors.Is(err, seal.ErrNone) {
		return err
	}
	return seal.Sweep(stage, live.Run)
}

// ready makes the run's folder.
func (r *Run) ready(ctx context.Context) error {
	if err := r.Fits(); err != nil {
		return err
	}
	if err := seal.Make(r.Stage, r.ID); err != nil {
		return err
	}
	return r.Ledger.Rules(ctx, r.ID, r.Rules)
}

// Fits returns an error that wraps ErrKey when what is staged was made with
// another key.
func (r *Run) Fits() error {
	live, err := seal.Current(r.Stage)
	switch {
	case errors.Is(err, seal.ErrNone):
		return nil
	case err == nil && live.Key != r.Key.Fingerprint():
		return fmt.Errorf("stage: %w", ErrKey)
	}
	return err
}

func (r *Run) publish(ctx context.Context, parts []seal.Part) (string, error) {
	r.Progress.Step("seal", 0)
	m, err := stage.Seal(r.Stage, seal.Manifest{
		Run: r.ID, AsOf: r.AsOf.Format(time.DateOnly), Purpose: r.Purpose, Key: r.Key.Fingerprint(), Parts: parts, Rules: r.Rules,
	})
	if err != nil {
		return "", err
	}
	// The stage goes first: were it to stay behind the marts, a publication
	// after a crash would bring back whom this run has taken out.
	if err := seal.SetCurrent(r.Stage, r.ID); err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	r.Progress.Step("marts", 0)
	snapshot, err := r.Marts.Publish(ctx, r.Stage, m)
	if err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	return snapshot, seal.Sweep(r.Stage, r.ID)
}

// ErrKey says that what is there was made with another key. Its persons would
// not be known again: objections would find nobody, and every pseudonym would
// change without anybody having meant it.
var ErrKey = errors.New("made with another key; put that key back, or move the work and marts folders away to begin anew")
