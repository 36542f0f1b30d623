package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"secondaryuse/deid"
	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/place"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// Settler decides which staged rows of a run fall away once all are staged.
type Settler interface {
	// Settle rewrites or drops parts in dir and returns those that stay, and
	// what became of the records it took out or left. Parts of the dataset
	// seal.Touched stay as they are. Where the run is kept for deltas, parts of the
	// datasets seal.Doomed and link are among those that stay.
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
	ID      string
	AsOf    time.Time
	Purpose string
	Stage   string // folder
	Keep    bool   // what later deltas need is kept
	Reload  bool   // everything is read, whatever has changed
	Basis   string // a digest of all that records are judged by, but for what is known of persons
	Judged  string // a digest of what the gates of records say
	Feeds   []Feed
	Gates   gate.Gates
	Rules   []string // which gate stands on which list
	Audit   string   // the head of the audit log

	// Check looks at what became of the records of a run of a kind of the ledger's
	// when all are accounted for, and nothing is sealed yet. Where it returns an
	// error nothing is published. What it returns is added to Rules.
	Check func(ctx context.Context, kind string) (rules []string, err error)

	Key      deid.Key
	Places   *place.Lookup
	Ledger   *ledger.Ledger
	Settler  Settler
	Marts    Publisher
	Progress Progress

	// Enrolled, where it is set, is told who is known once all persons are: as a
	// question that may be asked until the run has ended.
	Enrolled func(known func(identity.Number) bool)

	Withdrawals string // folder: who was affected by what a run took out or let in; see package withdrawal
}

// Result is what a run came to.
type Result struct {
	Snapshot string
	Persons  int // enrolled
	Account  Account
	Plan     Plan
	Resumed  bool   // an earlier run had read and staged all of it
	Delta    bool   // only what has changed was taken up
	Touched  int    // of a delta: persons whose rows were made anew
	Kind     string // which records were judged, as the ledger has it
	Again    int64  // of a delta: records that were read before

	affects judgement
}

// Go takes every record the whole path: source, gate, cross, stage, settle,
// seal, marts, snapshot. Where what is staged can be gone on from, only what has
// changed takes it (see delta). Nothing is published unless every step before
// has held, and what was published before stays served until then.
func (r *Run) Go(ctx context.Context) (Result, error) {
	live, plan, err := r.Plan(ctx)
	if err != nil {
		return Result{}, err
	}
	for _, f := range r.Feeds {
		if err := f.unbroken(); err != nil {
			return Result{}, err
		}
	}
	if err := r.ready(ctx); err != nil {
		return Result{}, err
	}
	if !plan.Whole {
		return r.delta(ctx, live, plan)
	}
	return r.whole(ctx, plan)
}

// whole takes everything there is.
func (r *Run) whole(ctx context.Context, plan Plan) (Result, error) {
	from, err := r.all()
	if err != nil {
		return Result{}, err
	}
	keeper := gate.NewKeeper(r.Gates)
	if r.Keep {
		keeper.Keep(r.Key.Roster())
	}
	if err := r.enrol(ctx, keeper, from); err != nil {
		return Result{}, err
	}
	keeper.Judge()
	r.enrolled(keeper)
	crossing, err := deid.NewCrossing(r.Key, keeper, r.Places, r.AsOf)
	if err != nil {
		return Result{}, err
	}
	all, result := r.newCrew(keeper, crossing, false), Result{Persons: keeper.Persons(), Account: newAccount(r), Plan: plan, Kind: ledger.Whole, affects: judgement{crossing: crossing}}
	if err := r.judged(ctx, keeper); err != nil {
		return result, err
	}
	if err := r.carry(ctx, all, &result.Account, from); err != nil {
		return result, err
	}
	lack(plan.marks, from)
	m := r.manifest(plan)
	m.Epoch = r.ID
	parts, state, err := r.complete(all, crossing, &result.Account, 0)
	if err != nil {
		return result, err
	}
	if !r.Keep {
		return r.finish(ctx, m, nil, parts, nil, result)
	}
	m.State = state
	return r.finish(ctx, m, keeper, parts, nil, result)
}

// enrolled tells who is known.
func (r *Run) enrolled(k *gate.Keeper) {
	if r.Enrolled != nil {
		r.Enrolled(func(n identity.Number) bool { _, is := k.Whose(n); return is })
	}
}

// complete stages what is only known once all records are read, and ends the
// parts.
func (r *Run) complete(all crew, c *deid.Crossing, account *Account, layer int64) (parts, state []seal.Part, err error) {
	if err := stage.Append(all[0].writer, c.Late()); err != nil {
		return nil, nil, err
	}
	return all.close(r.Feeds, layer, account)
}

// manifest is what the run will be sealed with.
func (r *Run) manifest(plan Plan) seal.Manifest {
	return seal.Manifest{
		Run: r.ID, AsOf: r.AsOf.Format(time.DateOnly), Purpose: r.Purpose, Key: r.Key.Fingerprint(), Rules: r.Rules, Audit: r.Audit,
		Marks: plan.marks, Basis: r.Basis, Judged: r.Judged,
	}
}

// finish settles what is staged, has every record accounted for, and
// publishes. known is whose roster is kept; nil: none is. lower is parts of lower
// layers, which are settled already.
func (r *Run) finish(ctx context.Context, m seal.Manifest, known *gate.Keeper, parts, lower []seal.Part, result Result) (Result, error) {
	r.Progress.Step("settle", 0)
	links, err := r.keepLinks(parts)
	if err != nil {
		return result, err
	}
	roster := r.keepRoster(known)
	parts, settled, err := r.Settler.Settle(ctx, seal.Dir(r.Stage, r.ID), parts)
	kept, failed := roster()
	if err != nil {
		err = fmt.Errorf("settle: %w", err)
	}
	if err := errors.Join(err, failed); err != nil {
		return result, err
	}
	result.Account.settle(settled)
	if err := errors.Join(r.Ledger.Account(ctx, r.ID, result.Kind, result.Account.Tallies(), result.Account.Organisations()), result.Account.Balance()); err != nil {
		return result, err
	}
	if m.Rules, err = r.checked(ctx, result.Kind, m.Rules); err != nil {
		return result, err
	}
	m.Parts = lower
	for _, p := range parts {
		if p.Layer = m.Layer; p.Dataset == seal.Doomed || p.Dataset == linkSet {
			m.State = append(m.State, p)
		} else {
			m.Parts = append(m.Parts, p)
		}
	}
	m.State = append(append(m.State, links...), kept...)
	if m, err = r.seal(m); err == nil {
		err = r.affected(m, result.affects)
	}
	if err == nil {
		result.Snapshot, err = r.publish(ctx, m)
	}
	return result, err
}

// checked has the run looked at, and adds to its rules what comes of that.
func (r *Run) checked(ctx context.Context, kind string, rules []string) ([]string, error) {
	if r.Check == nil {
		return rules, nil
	}
	more, err := r.Check(ctx, kind)
	if err != nil {
		return nil, err
	}
	return slices.Concat(rules, more), r.Ledger.Rules(ctx, r.ID, more)
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

func (r *Run) seal(m seal.Manifest) (seal.Manifest, error) {
	r.Progress.Step("seal", 0)
	return stage.Seal(r.Stage, m)
}

// publish publishes what is sealed.
func (r *Run) publish(ctx context.Context, m seal.Manifest) (string, error) {
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
